"""The times in whatever was written just before and just after a revision.

Where no Lease is near (there is none, or a compaction took its revisions), the objects around
still bound a revision: everything written before it carries times that were past by then, and
an object created after it carries the second of its creation.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from etcdpod.history.clock.samples import SECOND, newest_stamp
from etcdpod.times import micros

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.history.clock.samples import Interval
    from etcdpod.records import Record
    from etcdpod.registry.objects import Objects

WINDOWS: Final = (64, 512, 4096, 32768)
"""Revisions looked back over, until some time is found."""

READ: Final = 200
"""Objects read at most, on either side."""

ENOUGH: Final = 3
"""Dated neighbours wanted on either side: more than one, for one may be dated badly."""

_TIMES: Final[dict[str, Any]] = {
    "metadata": {"creationTimestamp": {}, "managedFields": {"time": {}}},
}


class Neighbourhood:
    """Bounds from the objects around a revision; what was read is remembered.

    Args:
        registry: where they are read.
    """

    def __init__(self, registry: Objects) -> None:
        self._registry = registry
        self._times: dict[tuple[int, int], int | None] = {}

    def interval(self, revision: int) -> Interval:
        """The earliest and latest moment (microseconds) at which ``revision`` was written."""
        return self._earliest(revision), self._latest(revision)

    def _earliest(self, revision: int) -> int | None:
        for window in WINDOWS:
            since = max(revision - window, 0)
            before = [
                record
                for record in islice(self._registry.connector.records(since=since), window * 2)
                if record.mod_revision < revision and not record.tombstone
            ]
            times = [
                time for record in before[-READ:][::-1] if (time := self._time(record)) is not None
            ]
            if len(times) >= ENOUGH or since == 0:
                return max(times, default=None)
        return None

    def _latest(self, revision: int) -> int | None:
        found: list[int] = []
        for record in self._created_after(revision):
            time = self._time(record)
            if time is not None:
                found.append(time + SECOND)
            if len(found) == ENOUGH:
                break
        return min(found, default=None)

    def _created_after(self, revision: int) -> Iterator[Record]:
        after = islice(self._registry.connector.records(since=revision + 1), READ * 10)
        yield from islice((record for record in after if record.version == 1), READ)

    def _time(self, record: Record) -> int | None:
        """The newest time in an object; of one just created, the time of its creation."""
        identity = (record.revision.main, record.revision.sub)
        if identity not in self._times:
            value = self._registry.read_unmasked(record, projection=_TIMES).object or {}
            metadata = value.get("metadata")
            metadata = metadata if isinstance(metadata, dict) else {}
            born = micros(metadata.get("creationTimestamp"))
            stamp = None if record.version == 1 else newest_stamp(metadata)
            self._times[identity] = max(
                (time for time in (born, stamp) if time is not None), default=None
            )
        return self._times[identity]
