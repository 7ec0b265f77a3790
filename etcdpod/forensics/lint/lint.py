"""Lint of a registry's workloads against all practices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.diagnose.model import SEVERITIES
from etcdpod.forensics.lint.model import Remark
from etcdpod.forensics.lint.practices import PRACTICES
from etcdpod.forensics.lint.workload import workloads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.lint.workload import Workload
    from etcdpod.history.lives import Registry
    from etcdpod.registry.objects import Item


def lint(
    registry: Registry,
    namespace: str | None = None,
    at: int | None = None,
    *,
    unread: list[Item] | None = None,
) -> Iterator[Remark]:
    """The remarks on a registry, workload by workload, worst first.

    Args:
        registry: the registry to examine.
        namespace: only this one; None: all.
        at: as of this main revision; None: the newest.
        unread: receives items that cannot be decoded and are skipped.
    """
    for workload in workloads(registry, namespace, at, unread=unread):
        found = remarks(workload)
        yield from sorted(found, key=lambda remark: SEVERITIES.index(remark.severity))


def remarks(workload: Workload) -> Iterator[Remark]:
    """The remarks on a workload, in the order of the practices."""
    for practice in PRACTICES:
        for breach in practice.check(workload):
            yield Remark(
                practice.name,
                breach.severity or practice.severity,
                workload.reference,
                workload.revision,
                breach,
                practice.solution,
            )
