"""Diagnosis of a registry: runs every rule over every object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etcdpod.errors import UsageError
from etcdpod.forensics.diagnose.cluster import Cluster
from etcdpod.forensics.diagnose.health import HEALTH, is_healthy
from etcdpod.forensics.diagnose.model import ranked
from etcdpod.forensics.diagnose.pod import Pod
from etcdpod.forensics.diagnose.rule import ObjectRule, PodRule, RegistryRule
from etcdpod.forensics.diagnose.rules import RULES
from etcdpod.kube.model.fields import field, owner_of
from etcdpod.registry.bulk import map_slices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.history.clock.clock import Clock
    from etcdpod.history.lives import Registry
    from etcdpod.records import Record


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of a diagnosis."""

    findings: list[Finding]
    """Worst first; within a severity, oldest first."""
    pods: int
    """Number of pods examined."""
    unreadable: int
    """Pods whose value cannot be decoded."""


def diagnose(
    registry: Registry,
    namespace: str | None = None,
    at: int | None = None,
    *,
    clock: Clock | None = None,
) -> list[Finding]:
    """Return the findings of a registry, worst first.

    Args:
        registry: the registry to examine.
        namespace: only this namespace, and the nodes; None: all.
        at: as of this main revision; None: the newest.
        clock: clock of the registry, if already built.

    Raises:
        CompactedError: ``at`` is below the compact revision.
    """
    return examine(registry, namespace, at, clock=clock).findings


def examine(
    registry: Registry,
    namespace: str | None = None,
    at: int | None = None,
    *,
    clock: Clock | None = None,
) -> Diagnosis:
    """Like ``diagnose``, with the number of pods examined and those that could not be read."""
    cluster = Cluster(registry, namespace, at, clock)
    findings: list[Finding] = []
    pods = unreadable = 0
    for batch in _suspects(cluster):
        pods += batch.looked_at
        unreadable += batch.unreadable
        for value, revision in batch.suspects:
            findings += pod_findings(Pod(value, revision), cluster)
    for rule in RULES:
        if isinstance(rule, ObjectRule):
            findings += _object_findings(rule, cluster)
        elif isinstance(rule, RegistryRule):
            findings += rule.check(cluster)
    return Diagnosis(ranked(findings), pods, unreadable)


def pod_findings(pod: Pod, cluster: Cluster) -> list[Finding]:
    """The findings of a pod, cause first; the first is recorded for the pod's owner.

    If several rules explain a container, the first wins. A finding that only says that the pod is
    not ready is omitted if another says why.
    """
    found: list[Finding] = []
    for rule in RULES:
        if isinstance(rule, PodRule) and not (found and rule is _last_resort()):
            found += [new for new in rule.check(pod, cluster) if not _is_told(new, found)]
    owner = field(owner_of(pod.value), "uid")
    if found and isinstance(owner, str):
        cluster.troubled.setdefault(owner, []).append(found[0])
    return found


def _last_resort() -> PodRule:
    """The fallback rule, used if no other rule has a finding."""
    return [rule for rule in RULES if isinstance(rule, PodRule)][-1]


def _is_told(new: Finding, found: list[Finding]) -> bool:
    """Whether an earlier finding covers the same container: the first names the cause."""
    own = _container(new)
    return bool(own) and any(_container(old) == own for old in found)


def _container(finding: Finding) -> str:
    """The container whose status is the evidence; empty for a finding about the pod."""
    for item in finding.evidence:
        if item.field.startswith(("status.containerStatuses[", "status.initContainerStatuses[")):
            return item.field.partition("]")[0]
    return ""


@dataclass(frozen=True, slots=True)
class _Batch:
    """A worker's batch of pods; only unhealthy pods are returned."""

    looked_at: int
    unreadable: int
    suspects: list[tuple[dict[str, Any], int]]


def _suspects(cluster: Cluster) -> Iterator[_Batch]:
    registry, now = cluster.registry, cluster.now
    pods = registry.select(registry.resolve("pods"), cluster.namespace, at=cluster.at)

    def work(records: Sequence[Record]) -> _Batch:
        unreadable, suspects = 0, []
        for record in records:
            value = registry.read(record, projection=HEALTH, managed_fields=False).object
            if value is None:
                unreadable += 1
            elif not is_healthy(value, now):
                whole = registry.read(record, managed_fields=False).object
                if whole is not None:
                    suspects.append((whole, record.mod_revision))
        return _Batch(len(records), unreadable, suspects)

    return map_slices(pods, work)


def _object_findings(rule: ObjectRule, cluster: Cluster) -> Iterator[Finding]:
    try:
        objects = cluster.all(rule.resource)
    except UsageError:
        return
    for (namespace, _), subject in objects.items():
        if not namespace or cluster.namespace in (None, namespace):
            yield from rule.check(subject, cluster)
