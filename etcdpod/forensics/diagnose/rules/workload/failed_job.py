"""A Job has failed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import ObjectRule
from etcdpod.forensics.diagnose.rules.evidence import events_with
from etcdpod.kube.model.fields import number, owner_of, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.subject import Subject

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)

_REASONS: Final = {
    "BackoffLimitExceeded": "more of its pods failed than its backoffLimit of {limit} allows",
    "DeadlineExceeded": "it ran longer than its activeDeadlineSeconds",
    "PodFailurePolicy": "a pod failed in a way that its podFailurePolicy does not retry",
    "FailedIndexes": "more of its indexes failed than it allows",
}


def check(job: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report a Job whose condition Failed is True."""
    if not job.is_true("Failed"):
        return
    failed = job.condition("Failed")
    reason = text(failed, "reason") or "Failed"
    limit = number(job.value, "spec", "backoffLimit", default=6)
    cause = _REASONS.get(reason, text(failed, "message") or reason).format(limit=limit)
    evidence = [
        job.shows("status.conditions[Failed].reason"),
        job.shows("status.conditions[Failed].message"),
        job.shows("status.failed"),
    ]
    evidence += [event.evidence() for event in events_with(job, cluster, reason)]
    pods = cluster.troubled.get(job.uid, [])
    if pods:
        cause += f"; pod {pods[0].object.name}: {pods[0].cause}"
        evidence += pods[0].evidence[:2]
    yield job.finding(
        reason,
        "warning" if _was_overtaken(job, cluster) else "error",
        f"the Job has failed: {cause}",
        evidence,
        solution="read the logs of its pods, fix it, and recreate it: a Job does not restart",
        next_check=f"etcdpod get pods -n {job.namespace} -l job-name={job.name}",
        since=job.since("Failed"),
    )


def _was_overtaken(job: Subject, cluster: Cluster) -> bool:
    """Whether a later Job of the same CronJob succeeded."""
    owner = _owner_uid(job)
    return bool(owner) and any(
        later.is_true("Complete") and (later.created or EARLIEST) > (job.created or EARLIEST)
        for later in cluster.grouped("jobs.batch", _owner_uid).get(owner, [])
    )


def _owner_uid(job: Subject) -> str:
    return text(owner_of(job.value), "uid")


RULE = ObjectRule("jobs.batch", check)
