"""Containers that do not say what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.lint.model import Breach, Practice
from etcdpod.kube.model.fields import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.lint.workload import Workload

WHY = {
    "cpu": "the scheduler counts it as nothing, so the node can be given more than it can run",
    "memory": "the scheduler counts it as nothing, and under pressure it is evicted first",
}


def _check(workload: Workload) -> Iterator[Breach]:
    pod_level = mapping(workload.pod_spec, "resources", "requests")
    for container in workload.containers:
        if container.is_init:
            continue
        resources = mapping(container.spec, "resources")
        # What is limited and not requested is requested as much as it is limited.
        said = {*mapping(resources, "requests"), *mapping(resources, "limits"), *pod_level}
        for name, why in WHY.items():
            if name not in said:
                yield Breach(f"{container.path}.resources.requests.{name}", "absent", why)


PRACTICE = Practice("missing-requests", "warning", "request what it needs when it is busy", _check)
