"""Workloads of which there is only one pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.lint.model import Breach, Practice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.lint.workload import Workload


def _check(workload: Workload) -> Iterator[Breach]:
    if workload.replicas == 1:
        yield Breach(
            "spec.replicas",
            "1",
            "while its one pod is moved, restarted or starts slowly, there is none",
        )


PRACTICE = Practice(
    "single-replica", "warning", "run two or more, or accept the gap on purpose", _check
)
