"""A Deployment's rollout does not progress, or it has no available pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import ObjectRule
from etcdpod.forensics.diagnose.rules.evidence import earliest, ready_replicas, trouble_of
from etcdpod.kube.model.fields import field, mapping, number, owner_of, text
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Evidence, Finding
    from etcdpod.forensics.diagnose.subject import Subject

REVISION = "deployment.kubernetes.io/revision"


PATIENCE: Final = 60.0
"""Seconds allowed for the first pods to become ready."""


def check(deployment: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report a Deployment that is not Progressing, or whose newest pods are unhealthy."""
    if number(deployment.value, "spec", "replicas", default=1) == 0:
        return
    newest = _newest(deployment, cluster)
    troubled = cluster.troubled.get(newest.uid, []) if newest is not None else []
    if _is_behind(newest) and troubled:
        yield _finding(deployment, newest, troubled)
    elif text(deployment.condition("Progressing"), "status") == "False":
        yield _finding(deployment, newest, [])
    elif ready_replicas(deployment) == 0 and _is_unavailable(deployment, cluster):
        yield _finding(deployment, None, [])


def _finding(deployment: Subject, newest: Subject | None, troubled: list[Finding]) -> Finding:
    progressing = deployment.condition("Progressing")
    stalled = text(progressing, "status") == "False"
    complete = text(progressing, "reason") == "NewReplicaSetAvailable"
    ready = ready_replicas(deployment)
    wanted = number(deployment.value, "spec", "replicas", default=1)
    evidence: list[Evidence] = []
    if stalled:
        evidence.append(deployment.shows("status.conditions[Progressing].message"))
    if deployment.condition("Available") is not None:
        evidence.append(deployment.shows("status.conditions[Available].status"))
    evidence.append(deployment.shows("status.readyReplicas"))
    if newest is not None:
        evidence.append(newest.shows("status.readyReplicas"))
    if troubled:
        evidence += troubled[0].evidence[:2]
    rule = "MinimumReplicasUnavailable" if ready == 0 else "PodsNotReady"
    if stalled or (troubled and not complete):
        rule = text(progressing, "reason") if stalled else "RolloutStuck"
    said = f": {text(progressing, 'message')}" if stalled and not troubled else ""
    repair = "repair what keeps the new pods from getting ready"
    if newest is not None and _revision(newest) > 1:
        undo = f"kubectl rollout undo deployment/{deployment.name} -n {deployment.namespace}"
        repair += f", or go back: {undo}"
    return deployment.finding(
        rule,
        "critical" if ready == 0 else "error" if stalled else "warning",
        f"{ready} of {wanted} pods are ready{_why(newest, troubled, complete=complete)}{said}",
        evidence,
        solution=troubled[0].solution if complete and troubled else repair,
        next_check=f"etcdpod history deployment {deployment.namespace}/{deployment.name} --diff",
        since=earliest(*(item.since for item in troubled))
        or (time_or_none(field(progressing, "lastUpdateTime")) if stalled else None)
        or deployment.since("Available"),
    )


def _why(newest: Subject | None, troubled: list[Finding], *, complete: bool) -> str:
    detail = ""
    if newest is not None and not complete:
        revision = _revision(newest)
        detail = (
            f": the rollout to ReplicaSet {newest.name} (revision {revision}) does not progress"
        )
    if troubled:
        detail += f", because of {trouble_of(troubled[0])}"
    return detail


def _is_behind(newest: Subject | None) -> bool:
    """Whether the newest ReplicaSet has fewer ready pods than desired."""
    if newest is None:
        return False
    return ready_replicas(newest) < number(newest.value, "spec", "replicas", default=1)


def _newest(deployment: Subject, cluster: Cluster) -> Subject | None:
    """The ReplicaSet of the Deployment's current revision."""
    own = cluster.grouped("replicasets.apps", _owner_uid).get(deployment.uid, [])
    return max(own, key=_revision, default=None)


def _owner_uid(subject: Subject) -> str:
    return text(owner_of(subject.value), "uid")


def _revision(replica_set: Subject) -> int:
    text_ = mapping(replica_set.value, "metadata", "annotations").get(REVISION)
    return int(text_) if isinstance(text_, str) and text_.isdecimal() else 0


def _is_unavailable(deployment: Subject, cluster: Cluster) -> bool:
    """Whether it has been unavailable for longer than startup takes."""
    if text(deployment.condition("Available"), "status") != "False":
        return False
    return (cluster.age(deployment.since("Available")) or 0.0) > PATIENCE


RULE = ObjectRule("deployments.apps", check)
