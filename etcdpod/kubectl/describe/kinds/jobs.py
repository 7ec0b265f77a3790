"""Jobs and CronJobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kube.model.age import human_duration
from etcdpod.kubectl.describe.describer import (
    Describer,
    boolean,
    capital_boolean,
    controlled_by,
    heading,
    labels_and_annotations,
    moment,
)
from etcdpod.kubectl.describe.fields import dig, number_at, text_at
from etcdpod.kubectl.describe.pods.pod import template_lines
from etcdpod.kubectl.tables.printer import NONE, UNSET, selector_text
from etcdpod.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kubectl.describe.describer import Around

INDEXES_SHOWN: Final = 50
"""Length of the list of completed indexes after which it ends at the next comma."""


def _job(job: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    spec: dict[str, Any] = job.get("spec") or {}
    status: dict[str, Any] = job.get("status") or {}
    yield from heading(job)
    yield f"Selector:\t{selector_text(spec.get('selector'))}"
    yield from labels_and_annotations(job)
    yield from controlled_by(job)
    yield from _shape(spec)
    yield from _times(spec, status)
    ready = status.get("ready")
    yield (
        f"Pods Statuses:\t{number_at(status, 'active')} Active"
        + ("" if ready is None else f" ({ready} Ready)")
        + f" / {number_at(status, 'succeeded')} Succeeded / {number_at(status, 'failed')} Failed"
    )
    if spec.get("completionMode") == "Indexed":
        yield f"Completed Indexes:\t{_indexes(text_at(status, 'completedIndexes'))}"
    yield from template_lines(spec.get("template"))


def _shape(spec: dict[str, Any]) -> Iterator[str]:
    if spec.get("parallelism") is not None:
        yield f"Parallelism:\t{spec['parallelism']}"
    yield f"Completions:\t{_or_unset(spec, 'completions')}"
    if spec.get("completionMode") is not None:
        yield f"Completion Mode:\t{spec['completionMode']}"
    if spec.get("suspend") is not None:
        yield f"Suspend:\t{boolean(spec['suspend'])}"
    for title, field in (
        ("Backoff Limit", "backoffLimit"),
        ("TTL Seconds After Finished", "ttlSecondsAfterFinished"),
    ):
        if spec.get(field) is not None:
            yield f"{title}:\t{spec[field]}"


def _times(spec: dict[str, Any], status: dict[str, Any]) -> Iterator[str]:
    started, ended = status.get("startTime"), status.get("completionTime")
    if started:
        yield f"Start Time:\t{moment(started)}"
    if ended:
        yield f"Completed At:\t{moment(ended)}"
    if started and ended:
        lasted = (parse_time(ended) - parse_time(started)).total_seconds()
        yield f"Duration:\t{human_duration(lasted)}"
    if spec.get("activeDeadlineSeconds") is not None:
        yield f"Active Deadline Seconds:\t{spec['activeDeadlineSeconds']}s"


def _indexes(indexes: str) -> str:
    if not indexes:
        return NONE
    comma = indexes.find(",", INDEXES_SHOWN)
    return indexes if comma < 0 else f"{indexes[: comma + 1]}..."


def _or_unset(spec: dict[str, Any], field: str, unit: str = "") -> str:
    value = spec.get(field)
    return UNSET if value is None else f"{value}{unit}"


def _cron_job(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    spec: dict[str, Any] = thing.get("spec") or {}
    yield from heading(thing)
    yield from labels_and_annotations(thing)
    yield f"Schedule:\t{text_at(spec, 'schedule')}"
    yield f"Concurrency Policy:\t{text_at(spec, 'concurrencyPolicy')}"
    suspended = spec.get("suspend")
    yield f"Suspend:\t{UNSET if suspended is None else capital_boolean(suspended)}"
    yield f"Time Zone:\t{_or_unset(spec, 'timeZone')}"
    yield f"Successful Job History Limit:\t{_or_unset(spec, 'successfulJobsHistoryLimit')}"
    yield f"Failed Job History Limit:\t{_or_unset(spec, 'failedJobsHistoryLimit')}"
    yield f"Starting Deadline Seconds:\t{_or_unset(spec, 'startingDeadlineSeconds', 's')}"
    yield from _job_template(dig(spec, "jobTemplate", "spec") or {})
    last = dig(thing, "status", "lastScheduleTime")
    yield f"Last Schedule Time:\t{moment(last) if last else UNSET}"
    active = [text_at(job, "name") for job in dig(thing, "status", "active") or ()]
    yield f"Active Jobs:\t{', '.join(active) or NONE}"


def _job_template(spec: dict[str, Any]) -> Iterator[str]:
    selector = spec.get("selector")
    yield f"Selector:\t{UNSET if selector is None else selector_text(selector)}"
    yield f"Parallelism:\t{_or_unset(spec, 'parallelism')}"
    yield f"Completions:\t{_or_unset(spec, 'completions')}"
    if spec.get("activeDeadlineSeconds") is not None:
        yield f"Active Deadline Seconds:\t{spec['activeDeadlineSeconds']}s"
    yield from template_lines(spec.get("template"))


JOB = Describer("Job", _job, ("batch",))
CRON_JOB = Describer("CronJob", _cron_job, ("batch",))
