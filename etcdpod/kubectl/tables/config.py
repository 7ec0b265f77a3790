"""The columns of namespaces and of configuration objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kubectl.tables.printer import Printer, age_of, columns, dig, fields, name_of, text_at

if TYPE_CHECKING:
    from datetime import datetime


def _namespace(thing: dict[str, Any], now: datetime) -> list[str]:
    return [name_of(thing), text_at(thing, "status", "phase"), age_of(thing, now)]


NAMESPACE = Printer(
    kind="Namespace",
    columns=columns("NAME|STATUS|AGE"),
    cells=_namespace,
    projection=fields("status.phase"),
)


def _config_map(thing: dict[str, Any], now: datetime) -> list[str]:
    entries = len(thing.get("data") or ()) + len(thing.get("binaryData") or ())
    return [name_of(thing), str(entries), age_of(thing, now)]


CONFIG_MAP = Printer(
    kind="ConfigMap",
    columns=columns("NAME|DATA|AGE"),
    cells=_config_map,
    projection=fields("data", "binaryData"),
)


def _secret(thing: dict[str, Any], now: datetime) -> list[str]:
    entries = len(thing.get("data") or ())
    return [name_of(thing), text_at(thing, "type"), str(entries), age_of(thing, now)]


SECRET = Printer(
    kind="Secret",
    columns=columns("NAME|TYPE|DATA|AGE"),
    cells=_secret,
    projection=fields("type", "data"),
)


def _service_account(thing: dict[str, Any], now: datetime) -> list[str]:
    return [name_of(thing), age_of(thing, now)]


SERVICE_ACCOUNT = Printer(
    kind="ServiceAccount",
    columns=columns("NAME|AGE"),
    cells=_service_account,
    projection=fields(),
)


def _resource_quota(thing: dict[str, Any], now: datetime) -> list[str]:
    hard: dict[str, Any] = dig(thing, "status", "hard") or {}
    used: dict[str, Any] = dig(thing, "status", "used") or {}
    requests: list[str] = []
    limits: list[str] = []
    for resource in sorted(hard):
        column = limits if resource.startswith("limits.") else requests
        column.append(f"{resource}: {used.get(resource, '0')}/{hard[resource]}")
    return [name_of(thing), ", ".join(requests), ", ".join(limits), age_of(thing, now)]


RESOURCE_QUOTA = Printer(
    kind="ResourceQuota",
    columns=columns("NAME|REQUEST|LIMIT|AGE"),
    cells=_resource_quota,
    projection=fields("status.hard", "status.used"),
)
