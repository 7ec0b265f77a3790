"""A CronJob does not create its Jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import ObjectRule
from etcdpod.forensics.diagnose.rules.evidence import earliest, events_with, latest_first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.subject import Subject

CAUSES: Final = {
    "FailedCreate": "it cannot make its Job",
    "FailedNeedsStart": "its missed starts cannot be counted",
    "InconsistentTimezone": "its schedule and its timeZone contradict each other",
    "InvalidSchedule": "its schedule cannot be met",
    "MissSchedule": "it missed a start",
    "TooManyMissedTimes": "it missed too many starts",
    "UnknownTimeZone": "its timeZone is not known",
    "UnparseableCronJobSchedule": "its schedule is not readable",
    "UnparseableSchedule": "its schedule is not readable",
}
"""Warning reasons of the CronJob controller, in all releases."""

SOLUTIONS: Final = {
    "FailedCreate": "read the message: the API server refuses the Job",
    "MissSchedule": "raise startingDeadlineSeconds; look why the controller was late",
    "TooManyMissedTimes": "set startingDeadlineSeconds, so that old starts are not counted",
}


def check(cron_job: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report a CronJob with warnings of its controller."""
    events = latest_first(events_with(cron_job, cluster, *CAUSES))
    if not events:
        return
    last = events[0]
    yield cron_job.finding(
        last.reason,
        "error" if last.reason != "MissSchedule" else "warning",
        f"CronJob {cron_job.name} does not run as it should: {CAUSES[last.reason]}: {last.message}",
        [
            *(event.evidence() for event in events[:3]),
            cron_job.shows("spec.schedule"),
            cron_job.shows("status.lastScheduleTime"),
        ],
        solution=SOLUTIONS.get(last.reason, "correct spec.schedule and spec.timeZone"),
        next_check=f"etcdpod history cronjob {cron_job.namespace}/{cron_job.name}",
        since=earliest(*(event.first for event in events)),
    )


RULE = ObjectRule("cronjobs.batch", check)
