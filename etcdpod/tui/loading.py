"""Long work, done in threads: it posts what it found and never touches a widget.

Reading holds Python's interpreter lock for as long as a chunk takes, so chunks are short, and
between two of them the event loop gets its turn.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeGuard

from etcdpod.analysis.activity import Ledger
from etcdpod.analysis.axis import clock_samples
from etcdpod.connectors.base import Watching
from etcdpod.errors import EtcdpodError, NotFoundError
from etcdpod.render.lane_model import rising
from etcdpod.session import Session
from etcdpod.tui.messages import (
    ConnectionChanged,
    Followed,
    HeadsRead,
    Opened,
    OpeningFailed,
    Progress,
    RowsRead,
    Said,
    TimesRead,
)
from etcdpod.tui.model.moments import Moments

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from datetime import datetime

    from textual.message import Message

    from etcdpod.connectors.base import Selection
    from etcdpod.history.view import Registry
    from etcdpod.records import Record
    from etcdpod.resources.types import ResourceType
    from etcdpod.session import SourceOptions
    from etcdpod.tui.model.listing import Entry, Listing
    from etcdpod.tui.model.rows import RowReader
    from etcdpod.tui.model.world import World

    Post = Callable[[Message], object]
    Stopped = Callable[[], bool]

HEADS_AT_ONCE = 2000
"""Heads taken between two pauses."""

TELL_EVERY = 0.4
"""Seconds between two tellings of how many heads there are."""

PATIENT_PAUSE = 0.004
"""The same where nobody waits for the outcome."""

COARSE, FINE = 32, 240
"""Revisions of an axis whose times are asked for, at first and then."""

FOR_TIMES = 15.0
"""Seconds that the second asking may take: a time may have to be looked for."""

ROWS_AT_ONCE = 60
"""Objects decoded between two messages."""

PAUSE = 0.001
"""Seconds in which the event loop may go first."""

LOST, FOUND_AGAIN = "trying again", "went on with"

ONE_BY_ONE = 400
"""Up to so many rows are fetched key by key; more are taken from a list of the whole kind."""


def open_sources(options: SourceOptions, post: Post, stopped: Stopped) -> None:
    """Open the sources, then read the heads of all revisions, then the times."""
    ledger = Ledger()
    try:
        session = Session.open(replace(options, **_hooks(post)))
        registry = session.registry
        _ = registry.types, registry.prefixes  # read now what later calls would wait for
        post(Opened(session, session.info, ledger))
    except (EtcdpodError, OSError) as error:
        post(OpeningFailed(str(error)))
        return
    read_heads(registry, ledger, post, stopped)
    if len(ledger) and not stopped():
        main = ledger.columns.main
        read_times(registry, int(main[0]), int(main[-1]), post, stopped)


def _hooks(post: Post) -> dict[str, Any]:
    """Where a session tells what the user should hear, and how far it has come."""

    def notify(text: str) -> None:
        # In these words a live source tells that it lost its connection, and has one again.
        if text.endswith(LOST):
            post(ConnectionChanged(text))
        elif text.startswith(FOUND_AGAIN):
            post(ConnectionChanged(""))
        post(Said(text))

    def progress(topic: str) -> Callable[[int, int], None]:
        def told(done: int, total: int) -> None:
            text = f"{topic} … {100 * done // max(total, 1)} %" if done < total else ""
            post(Progress(text, topic))

        return told

    return {"notify": notify, "progress": progress}


def read_heads(registry: Registry, ledger: Ledger, post: Post, stopped: Stopped) -> None:
    """Take the heads of every kept revision, and tell from time to time."""
    told = time.monotonic()
    for chunk in chunks(iter(registry.connector.records(keys_only=True)), HEADS_AT_ONCE):
        if stopped():
            return
        first = len(ledger) == 0
        ledger.add(chunk)
        if first or time.monotonic() - told > TELL_EVERY:
            told = time.monotonic()
            post(HeadsRead(done=False))
            post(Progress(f"reading revisions … {len(ledger):,}", "heads"))
        time.sleep(PAUSE)
    post(Progress("", "heads"))
    post(HeadsRead(done=True))


def read_times(registry: Registry, first: int, last: int, post: Post, stopped: Stopped) -> None:
    """Ask the clock for the times of an axis: a few at first, then one for each column."""
    begun = time.monotonic()
    for count, pause in ((COARSE, PAUSE), (FINE, PATIENT_PAUSE)):
        samples = []
        for sample in clock_samples(registry.clock, first, last, count):
            if stopped():
                return
            samples.append(sample)
            time.sleep(pause)
        post(TimesRead(Moments(rising(samples))))
        if (time.monotonic() - begun) / COARSE * FINE > FOR_TIMES:
            return  # what there is will do


def chunks(records: Iterator[Record], size: int) -> Iterator[list[Record]]:
    """The records in lists of a size."""
    while chunk := list(islice(records, size)):
        yield chunk


@dataclass(frozen=True)
class RowOrder:
    """What is to be read of a listing."""

    reader: RowReader
    listing: Listing
    entries: Sequence[Entry]
    at: int | None
    now: datetime
    background: bool = False
    """For filter and order; not because it is looked at."""


def read_rows(order: RowOrder, post: Post, stopped: Stopped) -> None:
    """Read the rows of an order, and post them in small parts."""
    label, total = order.reader.kind.label, len(order.entries)
    done = 0
    try:
        for part in _parts(_fetched(order)):
            if stopped():
                return
            rows = [(entry, order.reader.read(record, order.now)) for entry, record in part]
            post(RowsRead(order.listing, rows, order.background))
            done += len(rows)
            if order.background and total > ONE_BY_ONE:
                post(Progress(f"reading {label} … {done:,} of {total:,}", "rows"))
            time.sleep(PAUSE)
    finally:
        post(Progress("", "rows"))


def _parts(
    pairs: Iterator[tuple[Entry, Record | None]],
) -> Iterator[list[tuple[Entry, Record | None]]]:
    while part := list(islice(pairs, ROWS_AT_ONCE)):
        yield part


def _fetched(order: RowOrder) -> Iterator[tuple[Entry, Record | None]]:
    """The entries with their records: from a list of the kind where that is quicker."""
    if order.reader.kind.resource is None:
        rest: Iterable[Entry] = order.entries
    else:
        missed = yield from _listed(order, order.reader.kind.resource)
        rest = [*missed, *(entry for entry in order.entries if entry.gone)]
    for entry in rest:
        yield entry, order.reader.record(entry.key, order.at)


def _listed(
    order: RowOrder, resource: ResourceType
) -> Generator[tuple[Entry, Record | None], None, list[Entry]]:
    """The entries that a list of the kind has; returns those that it does not have.

    A selection is read at the place of an entry, if it is the same list; another list is gone
    through if most of it is wanted.
    """
    wanted = {entry.key: entry for entry in order.entries if not entry.gone}
    try:
        found = order.reader.registry.select(resource, order.listing.view.namespace, at=order.at)
        if _is_selection(found) and len(found) == order.listing.alive:
            for entry in list(wanted.values()):
                record = found[entry.place]
                if record.key == entry.key:
                    del wanted[entry.key]
                    yield entry, record
        elif len(wanted) > ONE_BY_ONE:
            for record in found:
                entry_of_key = wanted.pop(record.key, None)
                if entry_of_key is not None:
                    yield entry_of_key, record
    except NotFoundError:
        pass  # compacted while it was read: what is left is asked for one by one
    return list(wanted.values())


def _is_selection(found: Iterable[Record]) -> TypeGuard[Selection]:
    return hasattr(found, "__getitem__") and hasattr(found, "__len__")


def follow(world: World, since: int, post: Post, stopped: Stopped) -> None:
    """Post every new revision of a live source, until it is closed."""
    connector = world.connector
    if not isinstance(connector, Watching):
        return
    for record in connector.watch(b"", since):
        if stopped():
            return
        post(Followed([replace(record, value=b"")]))
