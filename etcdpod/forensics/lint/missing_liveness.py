"""Containers that nobody restarts when they hang."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.lint.model import Breach, Practice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.lint.workload import Workload


def _check(workload: Workload) -> Iterator[Breach]:
    for container in workload.serving:
        if not container.spec.get("livenessProbe"):
            yield Breach(
                f"{container.path}.livenessProbe",
                "absent",
                "a process that hangs without ending is never restarted",
            )


PRACTICE = Practice(
    "missing-liveness-probe",
    "info",
    "probe the process itself, never what it depends on",
    _check,
)
