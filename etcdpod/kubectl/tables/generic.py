"""Tables for kinds without columns of their own, as made by the API server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kubectl.tables.printer import Printer, age_of, columns, fields, name_of, text_at

if TYPE_CHECKING:
    from datetime import datetime


def _name_and_age(thing: dict[str, Any], now: datetime) -> list[str]:
    return [name_of(thing), age_of(thing, now)]


def _name_and_creation(thing: dict[str, Any], now: datetime) -> list[str]:
    return [name_of(thing), text_at(thing, "metadata", "creationTimestamp")]


GENERIC = Printer(columns=columns("NAME|AGE"), cells=_name_and_age, projection=fields())
"""For custom resources whose definition has no columns, and for undefined kinds."""

CREATED_AT = Printer(
    columns=columns("NAME|CREATED AT"), cells=_name_and_creation, projection=fields()
)
"""For built-in kinds without a printer: roles, limit ranges, definitions, …"""
