"""Revisions held in memory, as a source: for tests and scripts.

>>> from etcdpod.connectors.memory import MemoryConnector
>>> source = MemoryConnector.of([(b"/registry/a", b"1"), (b"/registry/a", b"2")])
>>> [record.mod_revision for record in source.history(b"/registry/a")]
[2, 3]
>>> source.get(b"/registry/a", at=2).value
b'1'
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from etcdpod.connectors.disk.overlay_connector import as_absence
from etcdpod.errors import CompactedError, FutureRevisionError
from etcdpod.records import Compacted, Provenance, Record, Revision, SourceInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from etcdpod.damage import Damage
    from etcdpod.records import Absence

FIRST_REVISION: Final = 2
"""The main revision of the first write to an empty etcd."""


class MemoryConnector:
    """A source of the records that it is given.

    Args:
        records: in revision order, tombstones included.
        target: how the source is called.
        compact_revision: below it the history is incomplete; 0 if it was never compacted.
    """

    def __init__(
        self, records: Iterable[Record], *, target: str = "memory", compact_revision: int = 0
    ) -> None:
        self.damage: list[Damage] = []
        self._records = list(records)
        newest = max((record.mod_revision for record in self._records), default=1)
        self._info = SourceInfo(target, "memory", newest, compact_revision)

    @classmethod
    def of(
        cls, writes: Iterable[tuple[bytes, bytes | None]], *, target: str = "memory"
    ) -> MemoryConnector:
        """A source of puts, and of deletions where a value is None; one revision each, from 2."""
        records: list[Record] = []
        alive: dict[bytes, Record] = {}
        where = Provenance(target)
        for main, (key, value) in enumerate(writes, FIRST_REVISION):
            before = alive.pop(key, None)
            created, version = (before.create_revision, before.version) if before else (main, 0)
            if value is None:
                record = Record(key, Revision(main), True, 0, 0, 0, b"", 0, where)
            else:
                size = len(value)
                record = Record(
                    key, Revision(main), False, created, version + 1, 0, value, size, where
                )
                alive[key] = record
            records.append(record)
        return cls(records, target=target)

    def info(self) -> SourceInfo:
        """What is held, and how far it reaches."""
        return self._info

    def range(
        self, prefix: bytes, at: int | None = None, *, keys_only: bool = False
    ) -> Sequence[Record]:
        """The keys under ``prefix`` that exist at revision ``at``, in byte order.

        Raises:
            CompactedError: ``at`` is below the compact revision.
            FutureRevisionError: ``at`` is newer than the newest record.
        """
        revision = self._checked(at)
        if revision < self._info.compact_revision:
            raise CompactedError(
                f"revision {revision} was compacted away",
                next_step=f"oldest complete revision: {self._info.compact_revision}",
                path=self._info.target,
                revision=revision,
            )
        alive: dict[bytes, Record] = {}
        for record in self.records(prefix, keys_only=keys_only):
            if record.mod_revision <= revision:
                alive[record.key] = record
        return [alive[key] for key in sorted(alive) if not alive[key].tombstone]

    def get(self, key: bytes, at: int | None = None) -> Record | Absence:
        """The revision of ``key`` that is current at ``at``, or why there is none.

        Raises:
            FutureRevisionError: ``at`` is newer than the newest record.
        """
        revision = self._checked(at)
        if revision < self._info.compact_revision:
            return Compacted(key, revision, self._info.compact_revision)
        found = [one for one in self.history(key) if one.mod_revision <= revision]
        return found[-1] if found and not found[-1].tombstone else as_absence(key, found[-2:])

    def history(
        self, key: bytes, *, since: int | None = None, keys_only: bool = False
    ) -> Sequence[Record]:
        """All records of one key, tombstones included, in revision order."""
        return [one for one in self.records(since=since, keys_only=keys_only) if one.key == key]

    def records(
        self, prefix: bytes = b"", *, since: int | None = None, keys_only: bool = False
    ) -> Sequence[Record]:
        """All records under ``prefix``, tombstones included, in revision order."""
        found = [
            record
            for record in self._records
            if record.key.startswith(prefix) and (since is None or record.mod_revision >= since)
        ]
        return [replace(record, value=b"") for record in found] if keys_only else found

    def close(self) -> None:
        """Nothing to close."""

    def _checked(self, at: int | None) -> int:
        if at is not None and at > self._info.current_revision:
            raise FutureRevisionError(
                f"revision {at} is newer than this source",
                next_step=f"its newest is {self._info.current_revision}",
                path=self._info.target,
                revision=at,
            )
        return self._info.current_revision if at is None else at
