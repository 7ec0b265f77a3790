"""The columns of workloads: deployments, replica sets, stateful sets, daemon sets, jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kube.model.age import age, human_duration
from etcdpod.kubectl.tables.printer import (
    NONE,
    UNSET,
    Printer,
    age_of,
    columns,
    containers,
    dig,
    fields,
    format_labels,
    name_of,
    number_at,
    selector_text,
    text_at,
)
from etcdpod.times import parse_time

if TYPE_CHECKING:
    from datetime import datetime

TEMPLATE = "spec.template.spec.containers"


def _deployment(thing: dict[str, Any], now: datetime) -> list[str]:
    status = thing.get("status")
    return [
        name_of(thing),
        f"{number_at(status, 'readyReplicas')}/{number_at(thing, 'spec', 'replicas')}",
        str(number_at(status, "updatedReplicas")),
        str(number_at(status, "availableReplicas")),
        age_of(thing, now),
        *containers(dig(thing, "spec", "template")),
        selector_text(dig(thing, "spec", "selector")),
    ]


DEPLOYMENT = Printer(
    kind="Deployment",
    groups=("apps", "extensions"),
    columns=columns("NAME|READY|UP-TO-DATE|AVAILABLE|AGE", wide="CONTAINERS|IMAGES|SELECTOR"),
    cells=_deployment,
    projection=fields(
        "spec.replicas",
        "spec.selector",
        f"{TEMPLATE}.name",
        f"{TEMPLATE}.image",
        "status.readyReplicas",
        "status.updatedReplicas",
        "status.availableReplicas",
    ),
)


def _replica_set(thing: dict[str, Any], now: datetime) -> list[str]:
    return [*_replicas(thing, now), selector_text(dig(thing, "spec", "selector")) or NONE]


def _replication_controller(thing: dict[str, Any], now: datetime) -> list[str]:
    return [*_replicas(thing, now), format_labels(dig(thing, "spec", "selector"))]


def _replicas(thing: dict[str, Any], now: datetime) -> list[str]:
    return [
        name_of(thing),
        str(number_at(thing, "spec", "replicas")),
        str(number_at(thing, "status", "replicas")),
        str(number_at(thing, "status", "readyReplicas")),
        age_of(thing, now),
        *containers(dig(thing, "spec", "template")),
    ]


_REPLICAS_COLUMNS = columns("NAME|DESIRED|CURRENT|READY|AGE", wide="CONTAINERS|IMAGES|SELECTOR")
_REPLICAS_FIELDS = fields(
    "spec.replicas",
    "spec.selector",
    f"{TEMPLATE}.name",
    f"{TEMPLATE}.image",
    "status.replicas",
    "status.readyReplicas",
)

REPLICA_SET = Printer(
    kind="ReplicaSet",
    groups=("apps", "extensions"),
    columns=_REPLICAS_COLUMNS,
    cells=_replica_set,
    projection=_REPLICAS_FIELDS,
)

REPLICATION_CONTROLLER = Printer(
    kind="ReplicationController",
    columns=_REPLICAS_COLUMNS,
    cells=_replication_controller,
    projection=_REPLICAS_FIELDS,
)


def _stateful_set(thing: dict[str, Any], now: datetime) -> list[str]:
    ready = number_at(thing, "status", "readyReplicas")
    return [
        name_of(thing),
        f"{ready}/{number_at(thing, 'spec', 'replicas')}",
        age_of(thing, now),
        *containers(dig(thing, "spec", "template")),
    ]


STATEFUL_SET = Printer(
    kind="StatefulSet",
    groups=("apps",),
    columns=columns("NAME|READY|AGE", wide="CONTAINERS|IMAGES"),
    cells=_stateful_set,
    projection=fields(
        "spec.replicas", f"{TEMPLATE}.name", f"{TEMPLATE}.image", "status.readyReplicas"
    ),
)

_DAEMON_SET_COUNTS = (
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberReady",
    "updatedNumberScheduled",
    "numberAvailable",
)


def _daemon_set(thing: dict[str, Any], now: datetime) -> list[str]:
    status = thing.get("status")
    return [
        name_of(thing),
        *(str(number_at(status, count)) for count in _DAEMON_SET_COUNTS),
        format_labels(dig(thing, "spec", "template", "spec", "nodeSelector")),
        age_of(thing, now),
        *containers(dig(thing, "spec", "template")),
        selector_text(dig(thing, "spec", "selector")) or NONE,
    ]


DAEMON_SET = Printer(
    kind="DaemonSet",
    groups=("apps", "extensions"),
    columns=columns(
        "NAME|DESIRED|CURRENT|READY|UP-TO-DATE|AVAILABLE|NODE SELECTOR|AGE",
        wide="CONTAINERS|IMAGES|SELECTOR",
    ),
    cells=_daemon_set,
    projection=fields(
        "spec.selector",
        "spec.template.spec.nodeSelector",
        f"{TEMPLATE}.name",
        f"{TEMPLATE}.image",
        *(f"status.{count}" for count in _DAEMON_SET_COUNTS),
    ),
)


def _job(thing: dict[str, Any], now: datetime) -> list[str]:
    return [
        name_of(thing),
        _job_status(thing),
        _completions(thing),
        _job_duration(thing, now),
        age_of(thing, now),
        *containers(dig(thing, "spec", "template")),
        selector_text(dig(thing, "spec", "selector")) or NONE,
    ]


def _job_status(job: dict[str, Any]) -> str:
    conditions: dict[str, str] = {}
    for condition in dig(job, "status", "conditions") or ():
        conditions.setdefault(condition["type"], condition.get("status", ""))
    if conditions.get("Complete") == "True":
        return "Complete"
    if conditions.get("Failed") == "True":
        return "Failed"
    if dig(job, "metadata", "deletionTimestamp"):
        return "Terminating"
    for kind in ("Suspended", "FailureTarget"):
        if conditions.get(kind) == "True":
            return kind
    return "Running"


def _completions(job: dict[str, Any]) -> str:
    succeeded = number_at(job, "status", "succeeded")
    wanted = dig(job, "spec", "completions")
    if wanted is not None:
        return f"{succeeded}/{wanted}"
    parallelism = number_at(job, "spec", "parallelism")
    return f"{succeeded}/1 of {parallelism}" if parallelism > 1 else f"{succeeded}/1"


def _job_duration(job: dict[str, Any], now: datetime) -> str:
    started, ended = dig(job, "status", "startTime"), dig(job, "status", "completionTime")
    if not started:
        return ""
    end = parse_time(ended) if ended else now
    return human_duration((end - parse_time(started)).total_seconds())


JOB = Printer(
    kind="Job",
    groups=("batch",),
    columns=columns("NAME|STATUS|COMPLETIONS|DURATION|AGE", wide="CONTAINERS|IMAGES|SELECTOR"),
    cells=_job,
    projection=fields(
        "spec.completions",
        "spec.parallelism",
        "spec.selector",
        f"{TEMPLATE}.name",
        f"{TEMPLATE}.image",
        "status.succeeded",
        "status.startTime",
        "status.completionTime",
        "status.conditions.type",
        "status.conditions.status",
    ),
)


def _cron_job(thing: dict[str, Any], now: datetime) -> list[str]:
    suspend = dig(thing, "spec", "suspend")
    last = dig(thing, "status", "lastScheduleTime")
    job = dig(thing, "spec", "jobTemplate")
    return [
        name_of(thing),
        text_at(thing, "spec", "schedule"),
        text_at(thing, "spec", "timeZone", default=NONE),
        UNSET if suspend is None else str(suspend),
        str(len(dig(thing, "status", "active") or ())),
        age(last, now) if last else NONE,
        age_of(thing, now),
        *containers(dig(job, "spec", "template")),
        selector_text(dig(job, "spec", "selector")) or NONE,
    ]


CRON_JOB = Printer(
    kind="CronJob",
    groups=("batch",),
    columns=columns(
        "NAME|SCHEDULE|TIMEZONE|SUSPEND|ACTIVE|LAST SCHEDULE|AGE",
        wide="CONTAINERS|IMAGES|SELECTOR",
    ),
    cells=_cron_job,
    projection=fields(
        "spec.schedule",
        "spec.timeZone",
        "spec.suspend",
        "spec.jobTemplate.spec.selector",
        f"spec.jobTemplate.{TEMPLATE}.name",
        f"spec.jobTemplate.{TEMPLATE}.image",
        "status.active.name",
        "status.lastScheduleTime",
    ),
)


def _controller_revision(thing: dict[str, Any], now: datetime) -> list[str]:
    owners = dig(thing, "metadata", "ownerReferences") or ()
    owner = next((entry for entry in owners if entry.get("controller")), None)
    controller = NONE
    if owner is not None:
        group = owner["apiVersion"].rpartition("/")[0]
        kind = f"{owner['kind']}.{group}" if group else owner["kind"]
        controller = f"{kind.lower()}/{owner['name']}"
    return [name_of(thing), controller, str(number_at(thing, "revision")), age_of(thing, now)]


CONTROLLER_REVISION = Printer(
    kind="ControllerRevision",
    groups=("apps",),
    columns=columns("NAME|CONTROLLER|REVISION|AGE"),
    cells=_controller_revision,
    projection=fields("metadata.ownerReferences", "revision"),
)


def _pod_template(thing: dict[str, Any], now: datetime) -> list[str]:
    del now
    template = thing.get("template")
    labels = format_labels(dig(template, "metadata", "labels"))
    return [name_of(thing), *containers(template), labels]


POD_TEMPLATE = Printer(
    kind="PodTemplate",
    columns=columns("NAME|CONTAINERS|IMAGES|POD LABELS"),
    cells=_pod_template,
    projection=fields(
        "template.metadata.labels",
        "template.spec.containers.name",
        "template.spec.containers.image",
    ),
)
