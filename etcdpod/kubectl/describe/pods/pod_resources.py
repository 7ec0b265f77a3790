"""The requests and limits of a whole pod, by the scheduler's rules.

Containers that run concurrently add up; init containers run one after another before them, so only
the largest counts, together with the sidecars started before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.describe.fields import dig
from etcdpod.kubectl.describe.quantities import amounts, largest, summed

if TYPE_CHECKING:
    from etcdpod.kubectl.describe.quantities import Amount

HUGE_PAGES: Final = "hugepages-"

Resources = dict[str, "Amount"]


def pod_requests(pod: dict[str, Any], *, use_status: bool = False) -> Resources:
    """The requests of a pod, including its overhead.

    Args:
        pod: the pod.
        use_status: while a container is being resized, count its actual resources if larger.
    """
    total = _aggregate(pod, "requests", use_status)
    total.update(_pod_level(pod, "requests"))
    return summed((total, amounts(dig(pod, "spec", "overhead"))))


def pod_limits(pod: dict[str, Any], *, use_status: bool = False) -> Resources:
    """The limits of a pod; overhead counts only for resources that have a limit."""
    total = _aggregate(pod, "limits", use_status)
    total.update(_pod_level(pod, "limits"))
    overhead = amounts(dig(pod, "spec", "overhead"))
    return summed((total, {name: part for name, part in overhead.items() if name in total}))


def _pod_level(pod: dict[str, Any], part: str) -> Resources:
    """The pod-level resources: they replace the sum over the containers."""
    said = amounts(dig(pod, "spec", "resources", part))
    return {
        name: value
        for name, value in said.items()
        if name in ("cpu", "memory") or name.startswith(HUGE_PAGES)
    }


def _aggregate(pod: dict[str, Any], part: str, use_status: bool) -> Resources:
    spec: dict[str, Any] = pod.get("spec") or {}
    total = summed(
        _of_container(pod, container, "container", part, use_status)
        for container in spec.get("containers") or ()
    )
    sidecars: Resources = {}
    peaks: list[Resources] = []
    for container in spec.get("initContainers") or ():
        is_sidecar = container.get("restartPolicy") == "Always"
        own = _of_container(pod, container, "initContainer", part, use_status and is_sidecar)
        if is_sidecar:
            sidecars = summed((sidecars, own))
            total = summed((total, own))
            peaks.append(sidecars)
        else:
            peaks.append(summed((own, sidecars)))
    return largest((total, *peaks))


def _of_container(
    pod: dict[str, Any], container: dict[str, Any], group: str, part: str, use_status: bool
) -> Resources:
    wanted = amounts(dig(container, "resources", part))
    if not use_status:
        return wanted
    for status in dig(pod, "status", f"{group}Statuses") or ():
        if status.get("name") == container.get("name") and status.get("resources") is not None:
            held = [amounts(status["resources"].get(part))]
            if part == "requests":
                held.append(amounts(status.get("allocatedResources")))
            return largest((wanted, *held))
    return wanted
