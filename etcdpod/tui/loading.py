"""Long work, done in threads: it posts what it found and never touches a widget.

Reading holds Python's interpreter lock for as long as a chunk takes, so chunks are short, and
between two of them the event loop gets its turn.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from etcdpod.connectors.base import Watching
from etcdpod.errors import EtcdpodError, NotFoundError
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
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from textual.message import Message

    from etcdpod.history.view import Registry
    from etcdpod.records import Record
    from etcdpod.session import SourceOptions
    from etcdpod.tui.model.listing import Entry, Listing
    from etcdpod.tui.model.rows import RowReader
    from etcdpod.tui.model.world import World

    Post = Callable[[Message], object]
    Stopped = Callable[[], bool]

HEADS_AT_ONCE = 4000
"""Heads in one message."""

ROWS_AT_ONCE = 60
"""Objects decoded between two messages."""

PAUSE = 0.001
"""Seconds in which the event loop may go first."""

LOST, FOUND_AGAIN = "trying again", "went on with"

ONE_BY_ONE = 400
"""Up to so many rows are fetched key by key; more are taken from a list of the whole kind."""


def open_sources(options: SourceOptions, post: Post, stopped: Stopped) -> None:
    """Open the sources, then read the heads of all revisions, then the times."""
    try:
        session = Session.open(replace(options, **_hooks(post)))
        registry = session.registry
        _ = registry.types, registry.prefixes  # read now what later calls would wait for
        post(Opened(session, session.info))
    except (EtcdpodError, OSError) as error:
        post(OpeningFailed(str(error)))
        return
    first, last = read_heads(registry, post, stopped)
    if not stopped():
        post(TimesRead(Moments.of_clock(registry.clock, first, last)))


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


def read_heads(registry: Registry, post: Post, stopped: Stopped) -> tuple[int, int]:
    """Post the heads of every kept revision; the first and last revision that were met."""
    total, first, last = 0, 0, 0
    records = iter(registry.connector.records(keys_only=True))
    for chunk in chunks(records, HEADS_AT_ONCE):
        if stopped():
            break
        total += len(chunk)
        first, last = first or chunk[0].mod_revision, chunk[-1].mod_revision
        post(HeadsRead([replace(head, value=b"") for head in chunk], done=False))
        if total > HEADS_AT_ONCE:
            post(Progress(f"reading revisions … {total:,}", "heads"))
        time.sleep(PAUSE)
    post(HeadsRead((), done=True))
    post(Progress("", "heads"))
    return first, last


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
    """The entries with their records: many from a list of the kind, few key by key."""
    kind = order.reader.kind
    rest = order.entries
    if len(rest) > ONE_BY_ONE and kind.resource is not None:
        wanted = {entry.key: entry for entry in rest if not entry.gone}
        namespace = order.listing.view.namespace
        try:
            for record in order.reader.registry.select(kind.resource, namespace, at=order.at):
                entry = wanted.pop(record.key, None)
                if entry is not None:
                    yield entry, record
        except NotFoundError:
            pass  # compacted while it was read: what is left is asked for one by one
        rest = [entry for entry in rest if entry.gone or entry.key in wanted]
    for entry in rest:
        yield entry, order.reader.record(entry.key, order.at)


def follow(world: World, since: int, post: Post, stopped: Stopped) -> None:
    """Post every new revision of a live source, until it is closed."""
    connector = world.connector
    if not isinstance(connector, Watching):
        return
    for record in connector.watch(b"", since):
        if stopped():
            return
        post(Followed([replace(record, value=b"")]))
