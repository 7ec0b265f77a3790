"""A bbolt file as a source: a snapshot with or without trailer, or the ``db`` of a member."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from etcdpod.errors import CompactedError, FutureRevisionError
from etcdpod.formats.bbolt.defects import Defects
from etcdpod.formats.bbolt.file import BboltFile
from etcdpod.formats.bbolt.tree import Tree
from etcdpod.formats.mvcc.backend import read_backend
from etcdpod.formats.mvcc.index import RevisionIndex
from etcdpod.records import (
    Compacted,
    Deleted,
    NotRecorded,
    Provenance,
    Record,
    Revision,
    SourceInfo,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from etcdpod.formats.bbolt.gather import Integers
    from etcdpod.records import Absence, Damage

_BATCH = 1024
"""Records made at once while a selection is iterated."""


class SnapshotConnector:
    """The revisions in one bbolt file."""

    def __init__(self, file: BboltFile) -> None:
        self.file = file
        self.damage: list[Damage] = file.damage
        defects = Defects(file.path, self.damage)
        self._tree = Tree(file, self.damage)
        self._backend = read_backend(self._tree, defects)
        self.index = RevisionIndex(self._tree, self._backend, defects)

    @classmethod
    def detect(cls, target: str | PathLike[str]) -> bool:
        """Whether ``target`` is a regular file that could be one; never raises."""
        from pathlib import Path

        try:
            return Path(target).is_file()
        except (OSError, ValueError):
            return False

    @classmethod
    def open(cls, target: str | PathLike[str]) -> SnapshotConnector:
        """Open and index the file.

        Raises:
            SourceError: it cannot be read as a bbolt file.
        """
        return cls(BboltFile.open(target))

    def info(self) -> SourceInfo:
        """What this file is and how far it reaches."""
        return SourceInfo(
            target=self.file.path,
            kind="snapshot" if self.file.has_trailer else "db",
            current_revision=self.index.current_revision,
            compact_revision=self.index.compact_revision,
            etcd_version=self._backend.etcd_version,
            size=self.file.size,
        )

    def range(self, prefix: bytes, at: int | None = None, *, keys_only: bool = False) -> Rowset:
        """The keys under ``prefix`` that are alive at revision ``at``, in byte order."""
        revision = self._checked(at)
        return Rowset(self, self.index.alive(prefix, revision), keys_only)

    def get(self, key: bytes, at: int | None = None) -> Record | Absence:
        """The revision of ``key`` that is current at ``at``, or why there is none."""
        index = self.index
        if at is not None and at < index.compact_revision:
            return Compacted(key, at, index.compact_revision)
        limit = index.before(self._checked(at))
        rows = index.of_key(key)
        rows = rows[rows < limit]
        if len(rows) == 0:
            return NotRecorded(key)
        found = Rowset(self, rows[-2:], keys_only=False)
        if not found[-1].tombstone:
            return found[-1]
        last = found[0] if len(found) > 1 and not found[0].tombstone else None
        return Deleted(key, found[-1], last)

    def history(self, key: bytes, *, since: int | None = None, keys_only: bool = False) -> Rowset:
        """All kept revisions of one key, tombstones included, in revision order."""
        return self._since(self.index.of_key(key), since, keys_only)

    def records(
        self, prefix: bytes = b"", *, since: int | None = None, keys_only: bool = False
    ) -> Rowset:
        """All kept revisions under ``prefix``, tombstones included, in revision order."""
        return self._since(self.index.under(prefix), since, keys_only)

    def close(self) -> None:
        """Unmap the file; may be called twice."""
        self.file.close()

    def _since(self, rows: Integers, since: int | None, keys_only: bool) -> Rowset:
        if since is not None:
            rows = rows[self.index.rows.main[rows] >= since]
        return Rowset(self, rows, keys_only)

    def _checked(self, at: int | None) -> int:
        index = self.index
        if at is None:
            return index.current_revision
        if at < index.compact_revision:
            raise CompactedError(
                f"revision {at} was compacted away",
                next_step=f"the oldest complete one here is {index.compact_revision}",
                path=self.file.path,
                revision=at,
            )
        if at > index.current_revision:
            raise FutureRevisionError(
                f"revision {at} is newer than this source",
                next_step=f"its newest is {index.current_revision}",
                path=self.file.path,
                revision=at,
            )
        return at


class Rowset:
    """Some rows of a snapshot's index as records: counted, sliced and read at random."""

    def __init__(self, connector: SnapshotConnector, rows: Integers, keys_only: bool) -> None:
        self._connector = connector
        self._rows = rows
        self._keys_only = keys_only

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Rowset: ...
    def __getitem__(self, index: int | slice) -> Record | Rowset:
        if isinstance(index, slice):
            return Rowset(self._connector, self._rows[index], self._keys_only)
        return next(self._records(self._rows[[index]]))

    def __iter__(self) -> Iterator[Record]:
        for start in range(0, len(self._rows), _BATCH):
            yield from self._records(self._rows[start : start + _BATCH])

    def _records(self, rows: Integers) -> Iterator[Record]:
        file = self._connector.file
        data = file.data
        columns = self._connector.index.rows.select(rows)
        for (
            main, sub, tombstone, page, key_offset, key_size,
            create_revision, version, value_offset, value_size, lease,
        ) in zip(*(column.tolist() for column in columns), strict=True):  # fmt: skip
            yield Record(
                key=data[key_offset : key_offset + key_size],
                revision=Revision(main, sub),
                tombstone=tombstone,
                create_revision=create_revision,
                version=version,
                lease=lease,
                value=b"" if self._keys_only else data[value_offset : value_offset + value_size],
                value_size=value_size,
                provenance=Provenance(file.path, page=page or None, offset=key_offset),
            )
