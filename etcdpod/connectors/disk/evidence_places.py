"""Places that hold revisions outside a database's newest tree: log, stale pages, other trees."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from etcdpod.connectors.base import endless
from etcdpod.damage import Damage, DamageCode
from etcdpod.errors import SourceError
from etcdpod.etcd.bbolt.carve import open_without_meta
from etcdpod.etcd.mvcc.carved import carve
from etcdpod.etcd.mvcc.revision import combined, pack_revision
from etcdpod.etcd.mvcc.store import Store
from etcdpod.etcd.replay.rows import (
    CONTRADICTED,
    DOUBTFUL,
    PRIOR_SEGMENT,
    REFUSED,
    TOMBSTONE,
    UNCOMMITTED,
)
from etcdpod.records import Origin, Provenance, Record, Revision, Trust

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from etcdpod.connectors.base import LongWork
    from etcdpod.etcd.bbolt.file import BboltFile
    from etcdpod.etcd.bbolt.gather import Integers, Mask
    from etcdpod.etcd.mvcc.index import RevisionIndex
    from etcdpod.etcd.mvcc.scan import Rows
    from etcdpod.etcd.replay.rows import LogRows
    from etcdpod.etcd.wal.segment import SegmentFile

TRUST_ORDER = tuple(Trust)
"""From most to least trusted; columns hold indexes into it."""
RANK = {trust: rank for rank, trust in enumerate(TRUST_ORDER)}


class PlaceColumns(NamedTuple):
    """The revisions in one place."""

    main: Integers
    sub: Integers
    tombstone: Mask
    rank: Integers
    """Index into TRUST_ORDER."""
    row: Integers
    """The argument of ``Place.key`` and ``Place.record``."""


class Place(Protocol):
    """A place that holds revisions."""

    def columns(self) -> PlaceColumns:
        """All revisions that it holds, in no particular order."""

    def key(self, row: int) -> bytes:
        """The key of a row."""

    def record(self, row: int, *, keys_only: bool) -> Record | None:
        """A row as a record; None if its bytes have since been overwritten."""


class LogPlace:
    """The revisions that a replay of the log produced.

    Args:
        source: the source as the user named it.
        rows: the rows of the replay.
        segments: the files that the rows refer to.
        index: the database, for values that the log only references.
    """

    def __init__(
        self,
        source: str,
        rows: LogRows,
        segments: Sequence[SegmentFile],
        index: RevisionIndex | None,
    ) -> None:
        self._source = source
        self._rows = rows
        self._segments = segments
        self._index = index

    def columns(self) -> PlaceColumns:
        """The committed revisions."""
        rows = self._rows
        flags = np.frombuffer(bytes(rows.flags), np.uint8)
        chosen = np.flatnonzero(flags & (REFUSED | UNCOMMITTED) == 0)
        doubtful = flags[chosen] & DOUBTFUL != 0
        rank = np.where(doubtful, RANK[Trust.SUSPECT], RANK[Trust.LOGGED])
        main, sub = np.array(rows.main)[chosen], np.array(rows.sub)[chosen]
        return PlaceColumns(main, sub, flags[chosen] & TOMBSTONE != 0, rank, chosen)

    def contradicting(self) -> Integers:
        """The sound rows of which the database has a different version."""
        flags = np.frombuffer(bytes(self._rows.flags), np.uint8)
        return np.flatnonzero((flags & CONTRADICTED != 0) & (flags & (DOUBTFUL | UNCOMMITTED) == 0))

    def attempts(self) -> list[int]:
        """The rows that never became revisions, or possibly did not."""
        return [
            row for row, flags in enumerate(self._rows.flags) if flags & (REFUSED | UNCOMMITTED)
        ]

    def key(self, row: int) -> bytes:
        """The key of a row."""
        return self._rows.keys[self._rows.key[row]]

    def record(self, row: int, *, keys_only: bool) -> Record:
        """A row as a record."""
        rows = self._rows
        return Record(
            key=self.key(row),
            revision=Revision(rows.main[row], rows.sub[row]),
            tombstone=bool(rows.flags[row] & TOMBSTONE),
            create_revision=rows.create_revision[row],
            version=rows.version[row],
            lease=rows.lease[row],
            value=b"" if keys_only else self._value(row),
            value_size=rows.value_size[row],
            provenance=self._provenance(row),
        )

    def _value(self, row: int) -> bytes:
        rows = self._rows
        segment, offset = rows.value_segment[row], rows.value_offset[row]
        if segment == PRIOR_SEGMENT:
            return b"" if self._index is None else self._index.value(offset)
        return self._segments[segment].pread(offset, rows.value_size[row])

    def _provenance(self, row: int) -> Provenance:
        rows = self._rows
        flags = rows.flags[row]
        if flags & (REFUSED | UNCOMMITTED):
            trust = Trust.UNCOMMITTED
        else:
            trust = Trust.SUSPECT if flags & DOUBTFUL else Trust.LOGGED
        origin = Origin.REFUSED if flags & REFUSED else Origin.LOG
        segment = rows.segment[row]
        name = None if segment == PRIOR_SEGMENT else self._segments[segment].path.name
        return Provenance(self._source, origin, name, offset=rows.frame[row], trust=trust)


class FilePlace:
    """Revisions in a bbolt file that are not in its newest tree.

    Args:
        source: the source as the user named it.
        file: the mapped file.
        rows: the revisions.
        rank: their trust levels, as indexes into TRUST_ORDER.
        name: the name of the file inside the source, if it has several.
        record: byte offsets of their bucket keys, if the file may be written at the same time.
    """

    def __init__(
        self,
        source: str,
        file: BboltFile,
        rows: Rows,
        rank: Integers,
        *,
        name: str | None = None,
        record: Integers | None = None,
    ) -> None:
        self._source = source
        self._file = file
        self._rows = rows
        self._rank = rank
        self._name = name
        self._record = record

    def columns(self) -> PlaceColumns:
        """All rows."""
        rows = self._rows
        return PlaceColumns(
            rows.main, rows.sub, rows.tombstone, self._rank, np.arange(len(rows.main))
        )

    def key(self, row: int) -> bytes:
        """The key of a row."""
        offset = int(self._rows.key_offset[row])
        return self._file.data[offset : offset + int(self._rows.key_size[row])]

    def record(self, row: int, *, keys_only: bool) -> Record | None:
        """A row as a record; None if its page has since been reallocated."""
        rows, data = self._rows, self._file.data
        revision = Revision(int(rows.main[row]), int(rows.sub[row]))
        tombstone = bool(rows.tombstone[row])
        if self._record is not None:
            start, name = int(self._record[row]), pack_revision(revision, tombstone=tombstone)
            if data[start : start + len(name)] != name:
                return None
        offset, size = int(rows.value_offset[row]), int(rows.value_size[row])
        return Record(
            key=self.key(row),
            revision=revision,
            tombstone=tombstone,
            create_revision=int(rows.create_revision[row]),
            version=int(rows.version[row]),
            lease=int(rows.lease[row]),
            value=b"" if keys_only else data[offset : offset + size],
            value_size=size,
            provenance=self._provenance(row),
        )

    def _provenance(self, row: int) -> Provenance:
        page, offset = int(self._rows.page[row]), int(self._rows.key_offset[row])
        trust = TRUST_ORDER[int(self._rank[row])]
        if trust is not Trust.OLDER_TREE:
            origin = Origin.FREE_PAGE
        else:
            origin = Origin.OLDER_TREE if self._record is not None else Origin.TREE
        return Provenance(self._source, origin, self._name, page or None, offset, trust)


def stale_place(
    source: str,
    store: Store,
    name: str | None = None,
    *,
    damage: list[Damage] | None = None,
    long_work: LongWork = endless,
) -> FilePlace:
    """The stale pages of a store's file; records also in the older meta's tree are trusted more.

    Args:
        source: the source as the user named it.
        store: the open file.
        name: the name of the file inside the source, if it has several.
        damage: the list to which an early end of the search is reported.
        long_work: reports the progress of the search, and may stop it early.
    """
    with long_work("searching free pages") as progress:
        ended = False

        def searched(done: int, whole: int) -> bool:
            nonlocal ended
            ended = progress(done, whole)
            return ended

        carved = carve(store, searched)
    if ended and damage is not None:
        damage.append(Damage(DamageCode.SEARCH_INTERRUPTED, store.file.path))
    rank = np.where(carved.suspect, RANK[Trust.SUSPECT], RANK[Trust.STALE_PAGE])
    older = _older_tree(store)
    if older is not None:
        known = combined(older.index.rows.main, older.index.rows.sub)
        rank[np.isin(combined(carved.rows.main, carved.rows.sub), known)] = RANK[Trust.OLDER_TREE]
    return FilePlace(source, store.file, carved.rows, rank, name=name, record=carved.record)


def tree_place(source: str, store: Store, name: str) -> FilePlace:
    """The tree of another complete database file."""
    rows = store.index.rows
    rank = np.full(len(rows.main), RANK[Trust.OLDER_TREE])
    return FilePlace(source, store.file, rows, rank, name=name)


def newest_sound(place: FilePlace) -> int:
    """The newest main revision of a place that is not suspect; 1 if there is none."""
    columns = place.columns()
    return int(columns.main[columns.rank < RANK[Trust.SUSPECT]].max(initial=1))


def open_store(path: str | os.PathLike[str], name: str | None = None) -> Store:
    """The database at ``path``; if both of its metas are damaged, one without a tree.

    It is called ``name`` if given.

    Raises:
        SourceError: it is not a bbolt file, or cannot be read.
    """
    try:
        return Store.open(path, name)
    except SourceError:
        try:
            return Store(open_without_meta(path))
        except SourceError:
            pass
        raise


def _older_tree(store: Store) -> Store | None:
    """The state under the older meta page, if it differs and can be read."""
    previous = store.file.previous
    if previous is None:
        return None
    older = Store(replace(store.file, meta=previous, damage=[]))
    return None if older.damage else older
