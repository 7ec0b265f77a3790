"""The columns of the API server's own kinds: leases, flow control, API services, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kubectl.tables.printer import (
    NONE,
    UNSET,
    Printer,
    age_of,
    columns,
    dig,
    fields,
    name_of,
    number_at,
    some_of,
    text_at,
)

if TYPE_CHECKING:
    from datetime import datetime


def _lease(thing: dict[str, Any], now: datetime) -> list[str]:
    return [name_of(thing), text_at(thing, "spec", "holderIdentity"), age_of(thing, now)]


LEASE = Printer(
    kind="Lease",
    groups=("coordination.k8s.io",),
    columns=columns("NAME|HOLDER|AGE"),
    cells=_lease,
    projection=fields("spec.holderIdentity"),
)

_CANDIDATE_FIELDS = ("leaseName", "binaryVersion", "emulationVersion")


def _lease_candidate(thing: dict[str, Any], now: datetime) -> list[str]:
    shown = [text_at(thing, "spec", field) for field in _CANDIDATE_FIELDS]
    return [name_of(thing), *shown, age_of(thing, now)]


LEASE_CANDIDATE = Printer(
    kind="LeaseCandidate",
    groups=("coordination.k8s.io",),
    columns=columns("NAME|LEASENAME|BINARYVERSION|EMULATIONVERSION|AGE"),
    cells=_lease_candidate,
    projection=fields(*(f"spec.{field}" for field in _CANDIDATE_FIELDS)),
)


def _flow_schema(thing: dict[str, Any], now: datetime) -> list[str]:
    dangling = next(
        (
            text_at(condition, "status")
            for condition in dig(thing, "status", "conditions") or ()
            if condition.get("type") == "Dangling"
        ),
        "?",
    )
    return [
        name_of(thing),
        text_at(thing, "spec", "priorityLevelConfiguration", "name"),
        str(number_at(thing, "spec", "matchingPrecedence")),
        text_at(thing, "spec", "distinguisherMethod", "type", default=NONE),
        age_of(thing, now),
        dangling,
    ]


def _flow_schema_order(thing: dict[str, Any]) -> tuple[int, str]:
    return number_at(thing, "spec", "matchingPrecedence"), name_of(thing)


FLOW_SCHEMA = Printer(
    kind="FlowSchema",
    groups=("flowcontrol.apiserver.k8s.io",),
    columns=columns("NAME|PRIORITYLEVEL|MATCHINGPRECEDENCE|DISTINGUISHERMETHOD|AGE|MISSINGPL"),
    cells=_flow_schema,
    order=_flow_schema_order,
    projection=fields(
        "spec.priorityLevelConfiguration.name",
        "spec.matchingPrecedence",
        "spec.distinguisherMethod.type",
        "status.conditions.type",
        "status.conditions.status",
    ),
)


def _priority_level(thing: dict[str, Any], now: datetime) -> list[str]:
    limited = dig(thing, "spec", "limited")
    shares = dig(limited, "nominalConcurrencyShares")
    if shares is None:
        shares = dig(limited, "assuredConcurrencyShares")
    queuing = dig(limited, "limitResponse", "queuing")
    queues = [dig(queuing, field) for field in ("queues", "handSize", "queueLengthLimit")]
    return [
        name_of(thing),
        text_at(thing, "spec", "type"),
        *(NONE if value is None else str(value) for value in (shares, *queues)),
        age_of(thing, now),
    ]


PRIORITY_LEVEL = Printer(
    kind="PriorityLevelConfiguration",
    groups=("flowcontrol.apiserver.k8s.io",),
    columns=columns("NAME|TYPE|NOMINALCONCURRENCYSHARES|QUEUES|HANDSIZE|QUEUELENGTHLIMIT|AGE"),
    cells=_priority_level,
    projection=fields("spec.type", "spec.limited"),
)


def _api_service(thing: dict[str, Any], now: datetime) -> list[str]:
    service = dig(thing, "spec", "service")
    shown = "Local"
    if service is not None:
        shown = f"{text_at(service, 'namespace')}/{text_at(service, 'name')}"
    return [name_of(thing), shown, _available(thing), age_of(thing, now)]


def _available(api_service: dict[str, Any]) -> str:
    for condition in dig(api_service, "status", "conditions") or ():
        if condition.get("type") == "Available":
            status, reason = text_at(condition, "status"), text_at(condition, "reason")
            return f"{status} ({reason})" if status != "True" and reason else status
    return "Unknown"


API_SERVICE = Printer(
    kind="APIService",
    groups=("apiregistration.k8s.io",),
    columns=columns("NAME|SERVICE|AVAILABLE|AGE"),
    cells=_api_service,
    projection=fields("spec.service", "status.conditions"),
)


def _storage_version(thing: dict[str, Any], now: datetime) -> list[str]:
    servers = [
        f"{text_at(entry, 'apiServerID')}={text_at(entry, 'encodingVersion')}"
        for entry in dig(thing, "status", "storageVersions") or ()
    ]
    return [
        name_of(thing),
        text_at(thing, "status", "commonEncodingVersion", default=UNSET),
        some_of(servers, len(servers)) or UNSET,
        age_of(thing, now),
    ]


STORAGE_VERSION = Printer(
    kind="StorageVersion",
    groups=("internal.apiserver.k8s.io",),
    columns=columns("NAME|COMMONENCODINGVERSION|STORAGEVERSIONS|AGE"),
    cells=_storage_version,
    projection=fields("status.commonEncodingVersion", "status.storageVersions"),
)


def _storage_version_migration(thing: dict[str, Any], now: datetime) -> list[str]:
    del now
    resource = dig(thing, "spec", "resource")
    parts = [text_at(resource, field) for field in ("resource", "version", "group")]
    return [name_of(thing), ".".join(parts)]


STORAGE_VERSION_MIGRATION = Printer(
    kind="StorageVersionMigration",
    groups=("storagemigration.k8s.io",),
    columns=columns("NAME|RESOURCE"),
    cells=_storage_version_migration,
    projection=fields("spec.resource"),
)
