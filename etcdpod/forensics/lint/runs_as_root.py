"""Containers that run as root, or that nothing keeps from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.lint.model import Breach, Practice
from etcdpod.kube.model.fields import field, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.lint.workload import Workload

ROOT = "a flaw in the program or in the runtime gives root on the node"
MAYBE = "the image alone decides: many run as root, and nothing forbids it here"


def _check(workload: Workload) -> Iterator[Breach]:
    pod = workload.pod_spec.get("securityContext")
    if text(workload.pod_spec, "os", "name") == "windows":
        return
    for container in workload.containers:
        own = container.spec.get("securityContext")
        user, says_user = _first(own, pod, "runAsUser")
        forbidden, _ = _first(own, pod, "runAsNonRoot")
        where = container.path if says_user is own else workload.path("").rstrip(".")
        if user == 0:
            yield Breach(f"{where}.securityContext.runAsUser", "0", ROOT)
        elif user is None and forbidden is not True:
            path = f"{container.path}.securityContext.runAsNonRoot"
            yield Breach(path, "absent" if forbidden is None else "false", MAYBE, "info")


def _first(own: object, pod: object, name: str) -> tuple[object, object]:
    """What holds for a container, which overrides its pod, and which of the two says so."""
    value = field(own, name)
    return (value, own) if value is not None else (field(pod, name), pod)


PRACTICE = Practice(
    "runs-as-root", "warning", "set runAsNonRoot and a user, here or for the whole pod", _check
)
