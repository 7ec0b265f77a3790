"""The columns that a CustomResourceDefinition gives its kind (``additionalPrinterColumns``)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etcdpod.errors import UsageError
from etcdpod.kube.model.age import age
from etcdpod.kube.model.types import served_versions, version_priority
from etcdpod.kubectl.formats.jsonpath import JSONPath, value_text
from etcdpod.kubectl.formats.numbers import go_number
from etcdpod.kubectl.tables.generic import GENERIC
from etcdpod.kubectl.tables.printer import Column, Printer, name_of

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class _CustomColumn:
    path: JSONPath
    type: str

    def cell(self, thing: dict[str, Any], now: datetime) -> str:
        """The first value found, if it has the column's type; otherwise empty."""
        try:
            found = self.path.find(thing)
        except UsageError:
            return ""
        if not found or not found[0]:
            return ""
        value = found[0][0]
        if self.type == "string":
            return "<no value>" if value is None else value_text(value)
        if self.type == "date":
            return age(value, now) if isinstance(value, str) else ""
        if self.type == "boolean":
            return value_text(value) if isinstance(value, bool) else ""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return ""
        if self.type == "integer":
            return str(math.trunc(value)) if math.isfinite(value) else ""
        return go_number(float(value)) if self.type == "number" else ""


def custom_printer(definition: dict[str, Any], version: str) -> Printer:
    """The printer of a kind defined by a CustomResourceDefinition, at one of its versions.

    Without columns in the definition: NAME and AGE. A column with a malformed path stays empty.
    """
    listed = _columns(definition, version)
    if not listed:
        return GENERIC
    headers = [Column("NAME")]
    found: list[_CustomColumn | None] = []
    for column in listed:
        headers.append(
            Column(str(column.get("name", "")).upper(), (column.get("priority") or 0) > 0)
        )
        found.append(_custom_column(column))

    def cells(thing: dict[str, Any], now: datetime) -> list[str]:
        shown = ["" if column is None else column.cell(thing, now) for column in found]
        return [name_of(thing), *shown]

    return Printer(columns=tuple(headers), cells=cells, projection={})


def _custom_column(column: dict[str, Any]) -> _CustomColumn | None:
    path = column.get("jsonPath") or column.get("JSONPath") or ""
    try:
        return _CustomColumn(JSONPath(f"{{{path}}}"), str(column.get("type", "")))
    except UsageError:
        return None


def _columns(definition: dict[str, Any], version: str) -> list[dict[str, Any]]:
    spec = definition["spec"]
    versions = sorted(
        served_versions(definition), key=lambda entry: version_priority(entry["name"])
    )
    chosen = next((entry for entry in versions if entry["name"] == version), {})
    return chosen.get("additionalPrinterColumns") or spec.get("additionalPrinterColumns") or []
