"""``get -w``: a list, and then every change of it as it comes, as kubectl prints them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from etcdpod.cli.stdout import write
from etcdpod.connectors.base import Watching
from etcdpod.errors import CompactedError, UsageError
from etcdpod.kube.codec import Decoded
from etcdpod.kubectl.formats import json as json_text
from etcdpod.kubectl.formats.table import MIN_WIDTH, PADDING
from etcdpod.records import Record
from etcdpod.registry.query import matching

if TYPE_CHECKING:
    from etcdpod.changes import EventType
    from etcdpod.cli.listing import Printing
    from etcdpod.registry.objects import Item
    from etcdpod.registry.query import Query

Event = tuple["EventType", "Item"]
Show = Callable[[list[Event]], None]


def watch_objects(printing: Printing, *, listed: bool, events: bool) -> NoReturn:
    """Print what there is (if ``listed``), then every change, until it is interrupted.

    Raises:
        UsageError: the source does not change, or more than one kind was asked for.
    """
    connector: Any = printing.registry.connector
    if not isinstance(connector, Watching):
        raise UsageError(
            f"{printing.session.info.target} does not change, so there is nothing to watch",
            next_step="`etcdpod history` shows what it holds of the past",
        )
    if len({query.resource for query in printing.queries}) != 1 or len(printing.queries) != 1:
        raise UsageError("one kind is watched at a time", next_step="name one kind")
    (query,) = printing.queries
    show = _shown_as(printing, query, events=events)
    start = connector.info().current_revision
    (prefix,) = printing.registry.key_prefixes(query.resource, query.namespace)
    if query.name is not None:
        prefix += query.name.encode()
    found = [
        item
        for item in matching(printing.registry, query, connector.range(prefix, start))
        if query.name is None or item.record.key == prefix
    ]
    visible = {item.record.key for item in found}
    if listed:
        show([("ADDED", item) for item in found])
    found.clear()
    for record in connector.watch(prefix, start + 1):
        if query.name is None or record.key == prefix:
            event = _event(printing, query, record, visible)
            show([] if event is None else [event])
    raise UsageError("the watch has ended")


def _event(printing: Printing, query: Query, record: Record, visible: set[bytes]) -> Event | None:
    if record.tombstone:
        last = _before(printing, query, record)
        was_visible = record.key in visible
        visible.discard(record.key)
        return ("DELETED", last) if was_visible and last is not None else None
    found = next(matching(printing.registry, query, [record]), None)
    if found is None:
        last = _before(printing, query, record) if record.key in visible else None
        visible.discard(record.key)
        return None if last is None else ("DELETED", last)
    known = record.key in visible
    visible.add(record.key)
    return ("MODIFIED" if known else "ADDED"), found


def _before(printing: Printing, query: Query, record: Record) -> Item | None:
    """The object right before ``record``, with the revision of what ended it."""
    try:
        found = printing.registry.connector.get(record.key, record.mod_revision - 1)
    except CompactedError:
        return None
    if not isinstance(found, Record):
        return None
    item = printing.registry.read(found, managed_fields=printing.form.managed_fields)
    if isinstance(item.outcome, Decoded):
        metadata = item.outcome.object.get("metadata")
        if isinstance(metadata, dict):
            metadata["resourceVersion"] = str(record.mod_revision)
    return item


def _shown_as(printing: Printing, query: Query, *, events: bool) -> Show:
    """What prints a batch of events in the format that was asked for."""
    if printing.form.output in ("", "wide"):
        return _rows(printing, query, events=events)
    if printing.form.output == "name":
        output = printing.listing(query, wide=False, several=False)
    else:
        output = printing.document()
    as_events = events and printing.form.output in ("json", "jsonl")
    text = json_text.pretty if printing.form.output == "json" else json_text.compact

    def show(batch: list[Event]) -> None:
        for kind, item in batch:
            part = output.part(item)
            if as_events:
                write([text({"type": kind, "object": item.object}) + "\n"])
            elif part is not None:
                write(output.text([part]))
        sys.stdout.flush()

    return show


def _rows(printing: Printing, query: Query, *, events: bool) -> Show:
    """Rows as they come; a column never grows narrower again."""
    output: Any = printing.listing(query, wide=query.namespace is None, several=False)
    header = (["EVENT"] if events else []) + list(output.layout.header)
    widths = [MIN_WIDTH] * (len(header) - 1)
    pending = [header] if printing.form.header else []

    def show(batch: list[Event]) -> None:
        rows = [([kind] if events else []) + output.part(item) for kind, item in batch]
        if not rows:
            return
        rows = pending + rows
        pending.clear()
        for row in rows:
            widths[:] = [
                max(width, len(cell) + PADDING) for width, cell in zip(widths, row, strict=False)
            ]
        write(
            "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
            + row[-1]
            + "\n"
            for row in rows
        )
        sys.stdout.flush()

    return show
