"""All revisions found outside a tree, by key, each once and from the most trusted place."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

import numpy as np

from etcdpod.connectors.disk.evidence_places import RANK, PlaceColumns
from etcdpod.damage import contradiction
from etcdpod.etcd.mvcc.revision import combined
from etcdpod.records import Trust

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etcdpod.connectors.disk.evidence_places import Place
    from etcdpod.damage import Damage
    from etcdpod.etcd.bbolt.gather import Integers, Mask
    from etcdpod.etcd.mvcc.index import RevisionIndex
    from etcdpod.records import Record

MAX_REPORTS = 10
"""The number of contradictions that are reported individually."""


class EvidenceIndex:
    """A table over the revisions of several places.

    Args:
        places: where the revisions lie, most trusted first.
        known: the index of the tree, whose revisions are left out.
        overruled: rows of that index that a more trusted place contradicts; these are kept.
        damage: the list to which contradictions between places are appended.
    """

    def __init__(
        self,
        places: Sequence[Place],
        known: RevisionIndex | None,
        overruled: Integers,
        damage: list[Damage],
    ) -> None:
        self._places = places
        self._damage = damage
        columns, place = _joined(places)
        fresh = _fresh(columns, known, overruled)
        columns, place = _select(columns, fresh), place[fresh]
        order = np.lexsort((columns.rank, columns.sub, columns.main))
        columns, place = _select(columns, order), place[order]
        kept = self._without_doubles(columns, place)
        kept &= self._plausible(columns)
        self.columns = _select(columns, kept)
        """In ascending order of revision."""
        self._place = place[kept]
        self._group()

    def __len__(self) -> int:
        return len(self.columns.main)

    def of_key(self, key: bytes) -> Integers:
        """Row numbers of the revisions of a key, ascending."""
        position = bisect_left(self._keys, key)
        if position == len(self._keys) or self._keys[position] != key:
            return np.zeros(0, np.int64)
        rows: Integers = self._by_key[self._starts[position] : self._starts[position + 1]]
        return rows

    def under(self, prefix: bytes) -> Integers:
        """Row numbers of the revisions of all keys with that ``prefix``, ascending."""
        start, stop = self._span(prefix)
        return np.sort(self._by_key[self._starts[start] : self._starts[stop]])

    def keys(self, prefix: bytes) -> list[bytes]:
        """The keys with that ``prefix``, in byte order."""
        start, stop = self._span(prefix)
        return self._keys[start:stop]

    def key(self, number: int) -> bytes:
        """The key of one revision."""
        return self._places[int(self._place[number])].key(int(self.columns.row[number]))

    def record(self, number: int, *, keys_only: bool = False) -> Record | None:
        """One revision as a record; None if its bytes have since been overwritten."""
        place = self._places[int(self._place[number])]
        return place.record(int(self.columns.row[number]), keys_only=keys_only)

    def _span(self, prefix: bytes) -> tuple[int, int]:
        start = bisect_left(self._keys, prefix)
        stop = bisect_right(self._keys, prefix, lo=start, key=lambda key: key[: len(prefix)])
        return start, stop

    def _group(self) -> None:
        """Sort the revisions by key."""
        places = zip(self._place.tolist(), self.columns.row.tolist(), strict=True)
        keys = [self._places[place].key(row) for place, row in places]
        self._keys = sorted(set(keys))
        number = {key: index for index, key in enumerate(self._keys)}
        ids = np.array([number[key] for key in keys], np.int64)
        self._by_key: Integers = np.argsort(ids, kind="stable")
        counts = np.bincount(ids, minlength=len(self._keys))
        self._starts = np.concatenate([[0], np.cumsum(counts)])

    def _without_doubles(self, columns: PlaceColumns, place: Integers) -> Mask:
        """Of the copies of one revision, keep the first, which is the most trusted one."""
        first: Mask = np.ones(len(columns.main), np.bool_)
        same = (columns.main[1:] == columns.main[:-1]) & (columns.sub[1:] == columns.sub[:-1])
        first[1:] = ~same
        origin = np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))
        suspect = RANK[Trust.SUSPECT]
        reports = 0
        for copy in np.flatnonzero(~first & (columns.rank < suspect)).tolist():
            one = self._read(columns, place, int(origin[copy]))
            other = self._read(columns, place, copy)
            if one is None or other is None or _same(one, other):
                continue
            reports += 1
            if reports <= MAX_REPORTS:
                self._damage.append(contradiction(one, other))
        return first

    def _read(self, columns: PlaceColumns, place: Integers, number: int) -> Record | None:
        holder = self._places[int(place[number])]
        return holder.record(int(columns.row[number]), keys_only=False)

    @staticmethod
    def _plausible(columns: PlaceColumns) -> Mask:
        """Which rows to keep: for a transaction that the log has in full, only the log's own."""
        logged = columns.main[columns.rank == RANK[Trust.LOGGED]]
        whole: Mask = np.isin(columns.main, logged)
        plausible: Mask = ~whole | (columns.rank == RANK[Trust.LOGGED])
        return plausible


def _same(one: Record, other: Record) -> bool:
    numbers = ((one.create_revision, other.create_revision), (one.version, other.version))
    return (
        (one.key, one.tombstone, one.lease, one.value)
        == (other.key, other.tombstone, other.lease, other.value)
        # 0 means unknown.
        and all(mine == its or 0 in (mine, its) for mine, its in numbers)
    )


def _joined(places: Sequence[Place]) -> tuple[PlaceColumns, Integers]:
    parts = [place.columns() for place in places]
    if not parts:
        none = np.zeros(0, np.int64)
        return PlaceColumns(none, none, np.zeros(0, np.bool_), none, none), none
    columns = PlaceColumns._make(np.concatenate(column) for column in zip(*parts, strict=True))
    place = np.repeat(np.arange(len(parts)), [len(part.main) for part in parts])
    return columns, place


def _select(columns: PlaceColumns, chosen: Mask | Integers) -> PlaceColumns:
    return PlaceColumns._make(column[chosen] for column in columns)


def _fresh(columns: PlaceColumns, known: RevisionIndex | None, overruled: Integers) -> Mask:
    """Which revisions are not in the tree, or only in an overruled version."""
    if known is None or len(known) == 0:
        return np.ones(len(columns.main), np.bool_)
    believed = np.ones(len(known), np.bool_)
    believed[overruled] = False
    rows = known.rows
    tree = combined(rows.main[believed], rows.sub[believed])
    fresh: Mask = ~np.isin(combined(columns.main, columns.sub), tree)
    return fresh
