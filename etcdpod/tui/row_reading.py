"""Reads the rows of the object table in a thread: visible ones first."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from etcdpod.connectors.base import Selection
from etcdpod.errors import NotFoundError
from etcdpod.registry.bulk import map_slices
from etcdpod.tui.messages import Progress, RowsRead, VisibleRead
from etcdpod.tui.work_priority import Rank

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from textual.message import Message

    from etcdpod.records import Record
    from etcdpod.tui.model.objects.entries import ListedObject
    from etcdpod.tui.model.objects.listing import ObjectListing, View
    from etcdpod.tui.model.objects.rows import ObjectRow, RowReader
    from etcdpod.tui.work_priority import WorkPriority

    Post = Callable[[Message], object]
    Stopped = Callable[[], bool]
    Part = list[tuple[bytes, int, ObjectRow]]
    """Keys, their revisions, and what was read of them."""

ROWS_AT_ONCE = 60
"""Objects decoded between two messages."""

PAUSE = 0.001
"""Seconds in which the event loop may go first."""

ONE_BY_ONE = 400
"""Up to so many rows are fetched key by key; more are taken from a list of the whole kind."""

WORTH_ALL_CORES = 2000
"""From so many rows on a list is read as a whole, by all cores."""


@dataclass(frozen=True)
class RowOrder:
    """Which rows of a listing to read."""

    reader: RowReader
    listing: ObjectListing
    entries: Sequence[ListedObject]
    view: View
    now: datetime
    priority: WorkPriority
    whole: bool = True
    """All revisions were read: a list of that resource has what the listing has."""
    background: bool = False
    """For filtering and sorting, not for display."""

    def row(self, record: Record | None) -> ObjectRow:
        """The row of a record."""
        return self.reader.read(record, self.now, remember=not self.background)


def read_rows(order: RowOrder, post: Post, stopped: Stopped) -> None:
    """Read the rows of an order, and post them in small parts."""
    label, total = order.reader.kind.label, len(order.entries)
    done = 0
    try:
        with order.priority.work(Rank.LISTED if order.background else Rank.LOOKED_AT):
            for part in _parts(order):
                if stopped():
                    return
                post(RowsRead(order.listing, part, order.background))
                done += len(part)
                if order.background:
                    if total > ONE_BY_ONE:
                        post(Progress(f"reading {label} … {done:,} of {total:,}", "rows"))
                    order.priority.give_way(Rank.LISTED)
                time.sleep(PAUSE)
    finally:
        post(Progress("", "rows"))
        if not order.background:
            post(VisibleRead(order.view))


def _parts(order: RowOrder) -> Iterator[list[tuple[ListedObject, ObjectRow]]]:
    """The entries with their rows: from a list of the resource where that is faster."""
    wanted = {entry.key: entry for entry in order.entries if not entry.gone}
    for part in _listed(order, wanted):
        found = []
        for key, revision, row in part:
            entry = wanted.get(key)
            if entry is not None and entry.revision == revision:
                found.append((wanted.pop(key), row))
        if found:
            yield found
    rest = iter([*wanted.values(), *(entry for entry in order.entries if entry.gone)])
    reader = order.reader
    while some := list(islice(rest, ROWS_AT_ONCE)):
        yield [(e, order.row(reader.record(e.key, order.view.at))) for e in some]


def _listed(order: RowOrder, wanted: Mapping[bytes, ListedObject]) -> Iterator[Part]:
    """Rows from a list of the resource; they may include others than the wanted ones."""
    reader = order.reader
    few_of_many = not order.whole and len(wanted) <= ONE_BY_ONE
    if reader.kind.resource is None or not wanted or few_of_many:
        return

    def read(records: Iterable[Record]) -> Part:
        return [(one.key, one.mod_revision, order.row(one)) for one in records]

    namespace = order.view.namespace
    try:
        found = reader.registry.select(reader.kind.resource, namespace, at=order.view.at)
        if isinstance(found, Selection) and len(wanted) >= WORTH_ALL_CORES:
            order.priority.give_way(
                Rank.LISTED
            )  # what is forked now must not stop in the middle of something
            reader.registry.decoder.expect_many()
            yield from map_slices(found, read)
        elif isinstance(found, Selection) and len(found) == order.listing.alive:
            for run in _runs(sorted(entry.place for entry in wanted.values())):
                yield read(found[run])
        elif len(wanted) > ONE_BY_ONE:
            records = (one for one in found if one.key in wanted)
            while some := list(islice(records, ROWS_AT_ONCE)):
                yield read(some)
    except NotFoundError:
        pass  # compacted meanwhile: the rest is read key by key


def _runs(places: Sequence[int]) -> Iterator[slice]:
    """Ascending numbers as slices without gaps, none too long."""
    start = end = places[0]
    for place in places:
        if place != end or end - start == ROWS_AT_ONCE:
            yield slice(start, end)
            start = place
        end = place + 1
    yield slice(start, end)
