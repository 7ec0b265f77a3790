"""Every practice, and what a registry's workloads are remarked on for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.model import SEVERITIES
from etcdpod.forensics.lint import (
    bare_pod,
    host_namespaces,
    image_tag,
    missing_limits,
    missing_liveness,
    missing_readiness,
    missing_requests,
    no_spread,
    privileged,
    runs_as_root,
    secret_in_env,
    single_replica,
)
from etcdpod.forensics.lint.model import Remark
from etcdpod.forensics.lint.workload import workloads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.lint.model import Practice
    from etcdpod.forensics.lint.workload import Workload
    from etcdpod.history.lives import Registry
    from etcdpod.registry.objects import Item

PRACTICES: Final[tuple[Practice, ...]] = (
    bare_pod.PRACTICE,
    missing_requests.PRACTICE,
    missing_limits.PRACTICE,
    missing_readiness.PRACTICE,
    missing_liveness.PRACTICE,
    image_tag.PRACTICE,
    single_replica.PRACTICE,
    no_spread.PRACTICE,
    privileged.PRACTICE,
    runs_as_root.PRACTICE,
    host_namespaces.PRACTICE,
    secret_in_env.PRACTICE,
)


def lint(
    registry: Registry,
    namespace: str | None = None,
    at: int | None = None,
    *,
    unread: list[Item] | None = None,
) -> Iterator[Remark]:
    """What could be better, workload by workload, the worst of each first.

    Args:
        registry: what is examined.
        namespace: only this one; None: all.
        at: as of this main revision; None: the newest.
        unread: gets what cannot be read, and so is not judged.
    """
    for workload in workloads(registry, namespace, at, unread=unread):
        found = remarks(workload)
        yield from sorted(found, key=lambda remark: SEVERITIES.index(remark.severity))


def remarks(workload: Workload) -> Iterator[Remark]:
    """What could be better about one workload, in the order of the practices."""
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
