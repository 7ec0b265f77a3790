"""A pod explained: its lifecycle, what went wrong, why, who changed it, how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from etcdpod.errors import UsageError
from etcdpod.forensics.diagnose.cluster import Cluster
from etcdpod.forensics.diagnose.diagnose import pod_findings
from etcdpod.forensics.diagnose.health import is_healthy
from etcdpod.forensics.diagnose.model import ranked
from etcdpod.forensics.diagnose.pod import Pod
from etcdpod.forensics.explain.admission import added_by_admission
from etcdpod.forensics.explain.lifecycle import Life, lives
from etcdpod.kube.model.fields import owner_of, text

if TYPE_CHECKING:
    from etcdpod.changes import Step, Writer
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.history.lives import History, Registry


@dataclass(frozen=True, slots=True)
class Bringer:
    """The change that introduced the pod's template."""

    kind: str
    name: str
    revision: int
    writer: Writer | None
    summary: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One incarnation, explained."""

    life: Life
    findings: list[Finding]
    """What was wrong at its end (or is now), cause first; empty for a healthy pod."""
    judged_at: int
    """The revision of the findings."""
    bringer: Bringer | None
    admitted: list[str]
    """What admission added, if known."""


def explain(registry: Registry, history: History, *, at: int | None = None) -> list[Explanation]:
    """Explain every incarnation of a pod, oldest first.

    Args:
        registry: used to read the pod and related objects.
        history: the history of the pod.
        at: as of this main revision; None: the newest.
    """
    steps = (
        step for step in registry.steps(history) if at is None or step.record.mod_revision <= at
    )
    found = lives(steps)
    if at is None:
        endless = {one.number for one in history.incarnations if one.end_missing}
        for life in found:
            life.end_missing = life.number in endless
    return [_explained(registry, life, at, is_last=life is found[-1]) for life in found]


def _explained(registry: Registry, life: Life, at: int | None, *, is_last: bool) -> Explanation:
    step = life.before_end if life.is_over else life.last
    step = step or life.last
    if step is None or step.object is None:
        return Explanation(life, [], 0, None, [])
    judged = step.record.mod_revision if life.is_over or not is_last else at
    cluster = Cluster(registry, _namespace(step), _readable(registry, judged), registry.clock)
    pod = Pod(step.object, step.record.mod_revision)
    well = is_healthy(step.object, cluster.now)
    return Explanation(
        life=life,
        findings=[] if well else _in_order(pod_findings(pod, cluster)),
        judged_at=judged if judged is not None else cluster.revision,
        bringer=_bringer(registry, pod),
        admitted=_admitted(life, cluster),
    )


def _in_order(findings: list[Finding]) -> list[Finding]:
    """The cause first, then the others, worst first."""
    return [*findings[:1], *ranked(findings[1:])]


def _namespace(step: Step) -> str:
    return text(step.object, "metadata", "namespace")


def _readable(registry: Registry, at: int | None) -> int | None:
    """The revision, or the oldest at which related objects can still be read."""
    return None if at is None else max(at, registry.connector.info().compact_revision)


def _admitted(life: Life, cluster: Cluster) -> list[str]:
    first = life.first
    if first is None or first.event != "ADDED" or first.object is None:
        return []
    try:
        return added_by_admission(Pod(first.object, first.record.mod_revision), cluster)
    except UsageError:  # the owner's kind is no longer defined in this registry
        return []


def _bringer(registry: Registry, pod: Pod) -> Bringer | None:
    """The last change of the workload's template before the pod was created."""
    owner = owner_of(pod.value)
    made = pod.created
    if owner is None or made is None:
        return None
    chain = _workload(registry, pod.namespace, text(owner, "kind"), text(owner, "name"))
    if chain is None:
        return None
    kind, name, born = chain
    history = _history(registry, kind, pod.namespace, name)
    if history is None:
        return None
    best: Step | None = None
    for step in registry.steps(history):
        if step.record.mod_revision > born:
            break
        if step.event == "ADDED" or any(
            change.path.startswith("spec.template") for change in step.changes
        ):
            best = step
    if best is None:
        return None
    summary = best.summary[0] if best.summary else ""
    return Bringer(kind, name, best.record.mod_revision, best.writer, summary)


def _workload(
    registry: Registry, namespace: str, kind: str, name: str
) -> tuple[str, str, int] | None:
    """The workload that people change, and the revision at which its template took effect.

    A Deployment's template takes effect with the creation of its ReplicaSet.
    """
    history = _history(registry, kind, namespace, name)
    if history is None:
        return None
    life = history.incarnations[-1]
    if kind != "ReplicaSet":
        return kind, name, registry.connector.info().current_revision
    step = next(iter(registry.steps(history)), None)
    above = owner_of(step.object) if step is not None else None
    if above is None:
        return kind, name, life.create_revision
    return text(above, "kind"), text(above, "name"), life.create_revision


def _history(registry: Registry, kind: str, namespace: str, name: str) -> History | None:
    try:
        return registry.history(registry.resolve(kind), namespace, name)
    except UsageError:
        return None
