"""The table of a kind as requested on the command line: its columns, and a row per object."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etcdpod.kube.model.age import INVALID
from etcdpod.kubectl.formats.safe import printable
from etcdpod.kubectl.tables.printer import NONE, format_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from etcdpod.kube.codec import Projection
    from etcdpod.kube.model.types import ResourceType
    from etcdpod.kubectl.tables.printer import Printer

_LINE_END = re.compile(r"[\n\r\f]")


@dataclass(frozen=True, slots=True)
class Layout:
    """Header and rows of one table."""

    header: tuple[str, ...]
    row: Callable[[dict[str, Any]], list[str]]
    """The cells of an object, safe for a terminal."""
    projection: Projection
    """The fields that ``row`` reads."""
    order: Callable[[dict[str, Any]], Any] | None = None
    """Sort key for a kind that kubectl does not list by name."""


def layout(
    printer: Printer,
    now: datetime,
    *,
    wide: bool = False,
    namespace: bool = False,
    label_columns: Sequence[str] = (),
    show_labels: bool = False,
    prefix: ResourceType | None = None,
) -> Layout:
    """The table that kubectl would print for objects of one kind.

    Args:
        printer: the kind's own columns.
        now: the time that ages are relative to.
        wide: ``-o wide``.
        namespace: start with NAMESPACE (``-A`` with a namespaced kind).
        label_columns: ``-L``: labels that get a column of their own.
        show_labels: ``--show-labels``.
        prefix: put ``pod/`` or ``deployment.apps/`` before names, if several kinds were requested.
    """
    chosen = [i for i, column in enumerate(printer.columns) if wide or not column.wide]
    header = [
        *(["NAMESPACE"] if namespace else []),
        *(printer.columns[index].name for index in chosen),
        *(label.rpartition("/")[2].upper() for label in label_columns),
        *(["LABELS"] if show_labels else []),
    ]
    all_chosen = len(chosen) == len(printer.columns)
    kind = f"{object_prefix(prefix)}/" if prefix is not None else ""

    def row(thing: dict[str, Any]) -> list[str]:
        cells = _cells(printer, thing, now)
        if kind:
            cells[printer.name_column] = kind + cells[printer.name_column]
        if not all_chosen:
            cells = [cells[index] for index in chosen]
        if namespace:
            cells.insert(0, str(_mapping(thing, "metadata").get("namespace") or ""))
        if label_columns or show_labels:
            labels = _mapping(_mapping(thing, "metadata"), "labels")
            cells += [labels.get(label, NONE) for label in label_columns]
            cells += [format_labels(labels)] if show_labels else []
        return [
            cell if type(cell) is str and cell.isprintable() else cell_text(str(cell))
            for cell in cells
        ]

    projection = printer.projection
    if printer.narrow is not None and not wide:
        projection = printer.narrow
    if projection and (label_columns or show_labels):
        metadata = {**projection.get("metadata", {}), "labels": {}}
        projection = {**projection, "metadata": metadata}
    return Layout(tuple(header), row, projection, printer.order)


def object_prefix(kind: ResourceType) -> str:
    """``pod``, ``deployment.apps``: the part before the slash in KIND/NAME."""
    name = kind.kind.lower()
    return f"{name}.{kind.group}" if kind.group else name


def cell_text(text: str) -> str:
    """A cell for a terminal: its first line, followed by ``...`` if there are more."""
    line_end = _LINE_END.search(text)
    return printable(text if line_end is None else f"{text[: line_end.start()]}...")


def _cells(printer: Printer, thing: dict[str, Any], now: datetime) -> list[str]:
    """The printer's cells; only the name if the object does not have the structure of its kind."""
    try:
        return printer.cells(thing, now)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        cells = [INVALID] * len(printer.columns)
        cells[printer.name_column] = str(_mapping(thing, "metadata").get("name") or "")
        return cells


def _mapping(thing: dict[str, Any], field: str) -> dict[str, Any]:
    value = thing.get(field)
    return value if isinstance(value, dict) else {}
