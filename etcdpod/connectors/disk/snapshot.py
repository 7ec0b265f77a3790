"""A bbolt file as a source: a snapshot with or without trailer, or the ``db`` of a member."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, overload

import numpy as np

from etcdpod.connectors.disk.snapshot_info import describe
from etcdpod.errors import CompactedError, FutureRevisionError, SourceError
from etcdpod.etcd.mvcc.store import ATTEMPTS, Store
from etcdpod.records import Compacted, Deleted, NotRecorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etcdpod.damage import Damage
    from etcdpod.etcd.bbolt.gather import Integers
    from etcdpod.etcd.mvcc.index import RevisionIndex
    from etcdpod.records import Absence, Record, SourceInfo

Answer = TypeVar("Answer")

CHECKED_AT_ONCE = 32 << 20
"""Size in bytes up to which the trailer is always checked: that takes less than 0.1 seconds."""
BATCH = 512
"""The number of records created at once while a selection is iterated."""


class KeyUsage(NamedTuple):
    """The space that one key uses in the file."""

    key: bytes
    revisions: int
    """The number of retained revisions, tombstones included."""
    bytes: int
    """Total size in bytes of their values."""
    live: bool
    """Whether the key exists at the current revision."""
    size: int
    """Size in bytes of its current value; 0 if it does not exist."""


class SnapshotConnector:
    """The revisions in one bbolt file.

    For the ``db`` of a running member, queries are answered from the state at the time of opening,
    until the member has overwritten part of it; from then on, from the newest state.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        """The state that answers the next query."""
        self._described: tuple[Store, SourceInfo] | None = None

    @classmethod
    def detect(cls, target: str | os.PathLike[str]) -> bool:
        """Whether ``target`` is anything on disk except a directory; never raises."""
        try:
            return not stat.S_ISDIR(os.stat(target).st_mode)  # noqa: PTH116 any name will do
        except (OSError, ValueError):
            return False

    @classmethod
    def open(
        cls, target: str | os.PathLike[str], *, name: str | None = None, **_connection: Any
    ) -> SnapshotConnector:
        """Open and index the file, called ``name`` if given.

        Connection options do not apply to files.

        Raises:
            SourceError: it cannot be read as a bbolt file.
        """
        connector = cls(Store.open(target, name))
        if connector.store.file.size <= CHECKED_AT_ONCE:
            connector.check_trailer()
        return connector

    @property
    def damage(self) -> list[Damage]:
        """Defects found so far; more may be found while records are read."""
        return self.store.damage

    def info(self) -> SourceInfo:
        """What this file is and which revisions it covers."""
        store = self.store
        if self._described is None or self._described[0] is not store:
            self._described = (store, describe(store))
        return self._described[1]

    def check_trailer(self) -> bool | None:
        """Whether the SHA-256 trailer matches; None without one. Reads the whole file once."""
        self._described = None
        return self.store.file.check_trailer()

    def range(
        self, prefix: bytes, at: int | None = None, *, keys_only: bool = False
    ) -> SnapshotSelection:
        """The keys under ``prefix`` that exist at revision ``at``, in byte order.

        Raises:
            CompactedError: ``at`` is below the compact revision.
            FutureRevisionError: ``at`` is newer than the file.
        """
        return self._select(lambda index: index.alive(prefix, self._checked(index, at)), keys_only)

    def get(self, key: bytes, at: int | None = None) -> Record | Absence:
        """The revision of ``key`` that is current at ``at``, or why there is none.

        Raises:
            FutureRevisionError: ``at`` is newer than the file.
        """
        compact_revision = self.store.index.compact_revision
        if at is not None and at < compact_revision:
            return Compacted(key, at, compact_revision)

        def newest_two(index: RevisionIndex) -> Integers:
            rows = index.of_key(key)
            return rows[rows < index.before(self._checked(index, at))][-2:]

        found = list(self._select(newest_two, keys_only=False))
        if not found:
            return NotRecorded(key)
        if not found[-1].tombstone:
            return found[-1]
        return Deleted(key, found[-1], found[0] if not found[0].tombstone else None)

    def history(
        self, key: bytes, *, since: int | None = None, keys_only: bool = False
    ) -> SnapshotSelection:
        """All retained revisions of one key, tombstones included, in revision order."""
        return self._select(lambda index: index.since(index.of_key(key), since), keys_only)

    def records(
        self, prefix: bytes = b"", *, since: int | None = None, keys_only: bool = False
    ) -> SnapshotSelection:
        """All retained revisions under ``prefix``, tombstones included, in revision order."""
        return self._select(lambda index: index.since(index.under(prefix), since), keys_only)

    def usage(self, prefix: bytes = b"") -> Iterator[KeyUsage]:
        """The space that each key under ``prefix`` uses, in byte order, without reading values."""
        store, table = self._ask(lambda index: index.table(prefix))
        if not table.keys:
            return
        rows = store.index.rows
        size = rows.value_size[table.order].astype(np.int64)
        total = np.add.reduceat(size, table.starts[:-1])
        last = table.order[table.starts[1:] - 1]
        live = ~rows.tombstone[last]
        columns = (np.diff(table.starts), total, live, np.where(live, rows.value_size[last], 0))
        for key, *numbers in zip(table.keys, *(c.tolist() for c in columns), strict=True):
            yield KeyUsage(key, *numbers)

    def refresh(self) -> bool:
        """Switch to the newest state of a file that is being written; whether there is one."""
        before = self.store
        self.store = before.refreshed()
        return self.store is not before

    def close(self) -> None:
        """Unmap the file; may be called twice."""
        self.store.file.close()

    def _select(
        self, question: Callable[[RevisionIndex], Integers], keys_only: bool
    ) -> SnapshotSelection:
        return SnapshotSelection(*self._ask(question), keys_only)

    def _ask(self, question: Callable[[RevisionIndex], Answer]) -> tuple[Store, Answer]:
        """A result, and the state that it comes from, of which no page was reused meanwhile."""
        for _ in range(ATTEMPTS):
            store = self.store
            answer = question(store.index)
            if store.whole():
                return store, answer
            self.refresh()
        what = "the file is written faster than it can be read"
        raise SourceError(what, next_step="take a snapshot and read that", path=store.file.path)

    @staticmethod
    def _checked(index: RevisionIndex, at: int | None) -> int:
        """The requested revision, if this file can determine the state at it."""
        if at is None:
            return index.current_revision
        if at < index.compact_revision:
            raise CompactedError(
                f"revision {at} was compacted away",
                next_step=f"oldest complete revision: {index.compact_revision}",
                path=index.path,
                revision=at,
            )
        if at > index.current_revision:
            raise FutureRevisionError(
                f"revision {at} is newer than this source",
                next_step=f"its newest is {index.current_revision}",
                path=index.path,
                revision=at,
            )
        return at


class SnapshotSelection:
    """A selection of revisions of a file: can be counted, sliced and read at random.

    Holds only row indexes. A forked process may read it: the mapping and the index are shared.
    """

    def __init__(self, store: Store, rows: Integers, keys_only: bool) -> None:
        self._store = store
        self._rows = rows
        self._keys_only = keys_only

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> SnapshotSelection: ...
    def __getitem__(self, index: int | slice) -> Record | SnapshotSelection:
        if isinstance(index, slice):
            return SnapshotSelection(self._store, self._rows[index], self._keys_only)
        return self._records(self._rows[[index]])[0]

    def __iter__(self) -> Iterator[Record]:
        for start in range(0, len(self._rows), BATCH):
            yield from self._records(self._rows[start : start + BATCH])

    def _records(self, rows: Integers) -> list[Record]:
        return self._store.read(rows, keys_only=self._keys_only)
