"""One row of the table of objects: the object as its kind's columns show it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etcdpod.forensics.activity.attribution import last_change
from etcdpod.kube.model.fields import mapping
from etcdpod.kubectl.tables.printer import Column, Printer
from etcdpod.kubectl.tables.printers import printer_for
from etcdpod.records import Deleted, Record
from etcdpod.registry.query import union
from etcdpod.tui.model.objects.shapes import ODD, oddness
from etcdpod.tui.model.safe_text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from etcdpod.history.lives import Registry
    from etcdpod.kube.codec import Projection
    from etcdpod.tui.model.objects.catalog import Kind

ALSO_READ: Projection = {
    "metadata": {
        "name": {},
        "namespace": {},
        "labels": {},
        "managedFields": {"manager": {}, "time": {}},
    }
}
"""What a row needs of every object, beside what the columns of its kind read."""

REMEMBERED = 500
"""Objects whose cells can be printed again without another read: ages grow on the screen."""

KEY_ONLY = Printer((Column("NAME"),), lambda item, now: [], {})
"""For keys that are no objects: nothing but the key."""


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """What was read of one object at one revision; all text is safe to draw."""

    cells: tuple[str, ...]
    """One per shown column of its kind; empty where ``problem`` says why."""
    labels: Mapping[str, str]
    writer: str
    """The manager that changed it last; empty where the object does not say."""
    changed: datetime | None
    """When that was."""
    problem: str
    """Why there is no object to show; empty if there is one."""
    now: datetime
    """The time that ages are relative to."""


class RowReader:
    """Reads rows of one kind.

    Args:
        registry: where from.
        kind: what; its columns are found at once.
    """

    def __init__(self, registry: Registry, kind: Kind) -> None:
        self.registry = registry
        self.kind = kind
        self.printer = printer_of(registry, kind)
        self._projection = union(self.printer.projection, ALSO_READ)
        self._shown = [i for i, column in enumerate(self.printer.columns) if not column.wide]
        self._remembered: OrderedDict[tuple[bytes, int], dict[str, Any]] = OrderedDict()

    @property
    def columns(self) -> list[str]:
        """The headers of the shown columns."""
        return [self.printer.columns[index].name for index in self._shown]

    def record(self, key: bytes, at: int | None) -> Record | None:
        """What a key holds at a revision, or held last; None if that is not kept."""
        found = self.registry.connector.get(key, at)
        if isinstance(found, Deleted):
            return found.last
        return found if isinstance(found, Record) else None

    def read(self, record: Record | None, now: datetime, *, remember: bool = False) -> ObjectRow:
        """The row of a record; a failure to read it becomes the row's ``problem``.

        Args:
            record: the revision; None where it is not kept.
            now: the time that ages are relative to.
            remember: ``print_again`` will be asked for this row.
        """
        if record is None:
            return ObjectRow((), {}, "", None, "its last state is not kept", now)
        item = self.registry.read(record, projection=self._projection)
        if item.object is None:
            return ObjectRow((), {}, "", None, one_line(str(item.outcome)), now)
        if remember:
            self._remembered[record.key, record.mod_revision] = item.object
            while len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return self._row(item.object, now)

    def print_again(self, key: bytes, revision: int, now: datetime) -> ObjectRow | None:
        """The row with its ages relative to another moment; None: read it again."""
        known = self._remembered.get((key, revision))
        return None if known is None else self._row(known, now)

    def _row(self, thing: dict[str, Any], now: datetime) -> ObjectRow:
        try:
            cells = self.printer.cells(thing, now)
        except ODD as error:
            return ObjectRow((), {}, "", None, one_line(oddness(error)), now)
        writer, changed = last_change(thing)
        labels = mapping(thing, "metadata", "labels")
        shown = tuple([one_line(cells[index]) for index in self._shown if index < len(cells)])
        return ObjectRow(shown, labels, one_line(writer), changed, "", now)


def printer_of(registry: Registry, kind: Kind) -> Printer:
    """The columns of a kind; those of a custom one are in its definition."""
    if kind.resource is None:
        return KEY_ONLY
    builtin = kind.resource in registry.builtin_types.all()
    return printer_for(kind.resource, None if builtin else registry.definition(kind.resource))
