"""Containers that may take all there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.lint.model import Breach, Practice
from etcdpod.kube.model.fields import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.model import Severity
    from etcdpod.forensics.lint.workload import Workload

MEMORY = "a leak takes the memory of the whole node, and its neighbours are killed with it"
CPU = "it may starve what runs beside it; some leave this out on purpose, to use idle time"


def _check(workload: Workload) -> Iterator[Breach]:
    pod_level = mapping(workload.pod_spec, "resources", "limits")
    rows: tuple[tuple[str, str, Severity | None], ...] = (
        ("memory", MEMORY, None),
        ("cpu", CPU, "info"),
    )
    for container in workload.containers:
        if container.is_init:
            continue
        said = {*mapping(container.spec, "resources", "limits"), *pod_level}
        for name, why, severity in rows:
            if name not in said:
                yield Breach(f"{container.path}.resources.limits.{name}", "absent", why, severity)


PRACTICE = Practice("missing-limits", "warning", "set a limit, for memory at least", _check)
