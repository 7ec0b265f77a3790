"""Failed and uncommitted writes to an object, from the write-ahead log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from etcdpod.connectors.base import Attempting
from etcdpod.history.diff.objects import changes
from etcdpod.history.summary import describe, summarise
from etcdpod.records import Origin, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.registry.objects import Objects

Fate = Literal["refused", "uncommitted"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One write that never became a revision, or is not known to have become one."""

    record: Record
    """Its revision is the one that it would have had; 0 if that is unknown."""
    fate: Fate
    """``refused``: the object was not as the writer believed. ``uncommitted``: no majority of
    the members is known to have it."""
    object: dict[str, Any] | None
    """What would have been written; None for a deletion and for what cannot be decoded."""
    summary: tuple[str, ...]
    """What it would have changed of the object as it was then."""


def count_attempts(registry: Objects, key: bytes) -> int:
    """How many attempts on one key there were, without a look into what was to be written."""
    return sum(1 for _ in _records(registry, key))


def attempts(registry: Objects, key: bytes) -> Iterator[Attempt]:
    """The attempts on one key, in log order; none where the source has no log."""
    for record in _records(registry, key):
        fate: Fate = "refused" if record.provenance.origin is Origin.REFUSED else "uncommitted"
        item = None if record.tombstone else registry.read(record)
        if item is None:
            yield Attempt(record, fate, None, ("deletion",))
        elif item.object is None:
            yield Attempt(record, fate, None, (str(item.outcome),))
        else:
            yield Attempt(record, fate, item.object, _told(registry, record, item.object))


def _records(registry: Objects, key: bytes) -> Iterator[Record]:
    source = registry.connector
    if isinstance(source, Attempting):
        yield from source.attempts(key)


def _told(registry: Objects, record: Record, wanted: dict[str, Any]) -> tuple[str, ...]:
    """What the write would have made of the object that was there."""
    before = registry.record(record.key, max(record.mod_revision - 1, 1))
    held = registry.read(before).object if isinstance(before, Record) else None
    if held is None:
        return describe(wanted)
    return summarise(held, wanted, changes(held, wanted)) or ("only noise",)
