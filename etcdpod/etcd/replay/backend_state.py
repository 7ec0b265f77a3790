"""What a database adds to a log: the state of keys before it, and a check of its revisions."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.etcd.replay.rows import PRIOR, PRIOR_SEGMENT, REFUSED, TOMBSTONE
from etcdpod.etcd.replay.state import PriorState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etcdpod.etcd.bbolt.gather import Integers
    from etcdpod.etcd.mvcc.index import RevisionIndex
    from etcdpod.etcd.replay.rows import LogRows

MAX_DRIFT = 256
"""The largest error of a doubtful count that the contents of the database can correct."""
TELLING_SIZE = 16
"""Minimum size in bytes of a value that identifies a write: shorter values may occur twice."""
_NOWHERE = (1 << 62, -1 << 62)
_SUB_BITS = 20
"""The number of changes in one transaction that are distinguished when revisions are matched."""


class IndexPrior:
    """A ``Prior`` backed by the index of a database.

    Args:
        index: the index of its revisions.
        is_whole: nothing of the tree is lost; otherwise the absence of a key proves nothing.
    """

    def __init__(self, index: RevisionIndex, *, is_whole: bool = True) -> None:
        self.index = index
        self._is_whole = is_whole
        self._spans: dict[bytes, tuple[int, int]] = {}
        """First and last main revision of each key that was looked up."""

    def state(self, key: bytes, revision: int) -> PriorState | None:
        """The state of ``key`` at ``revision``; None if the database cannot determine it.

        Above the compact revision the database has every revision. Below it, the one record that
        compaction kept is valid from its own revision on.
        """
        if not self._is_whole:
            return None
        rows = self._rows(key)
        mains = self.index.rows.main[rows]
        older = int(np.searchsorted(mains, revision, "right"))
        if older > 0:
            return self._state(int(rows[older - 1]))
        if revision >= self.index.compact_revision:
            return PriorState(-1)
        return None

    def newest(self, key: bytes) -> tuple[PriorState, bytes] | None:
        """The newest state of ``key`` and its value; None where it does not exist."""
        rows = self._rows(key)
        if len(rows) == 0:
            return None
        state = self._state(int(rows[-1]))
        return None if state.row < 0 else (state, self.value(state.row))

    def value(self, row: int) -> bytes:
        """The value of a row."""
        return self.index.value(row)

    def changes(self, revision: int) -> dict[bytes, bytes | None] | None:
        """What one main revision changed: keys with their value, None for a deletion.

        None if the database cannot determine it.
        """
        if (
            not self._is_whole
            or not self.index.compact_revision < revision <= self.index.current_revision
        ):
            return None
        rows = range(self.index.before(revision - 1), self.index.before(revision))
        tombstone = self.index.rows.tombstone
        return {
            self.index.key(row): None if tombstone[row] else self.index.value(row) for row in rows
        } or None

    def has_near(self, key: bytes, revision: int) -> bool:
        """Whether the database has revisions of this key near that main revision."""
        span = self._spans.get(key)
        if span is None:
            mains = self.index.rows.main[self._rows(key)]
            found = (int(mains[0]), int(mains[-1])) if len(mains) > 0 else _NOWHERE
            span = self._spans[key] = found
        return span[0] - MAX_DRIFT <= revision <= span[1] + MAX_DRIFT

    def locate(self, key: bytes, value: bytes, near: int) -> int | None:
        """The only main revision near ``near`` that put exactly this value; None if not unique."""
        if len(value) < TELLING_SIZE or not self.has_near(key, near):
            return None
        rows, known = self._rows(key), self.index.rows
        found = [
            int(known.main[row])
            for row in rows[np.abs(known.main[rows] - near) <= MAX_DRIFT].tolist()
            if known.value_size[row] == len(value)
            and not known.tombstone[row]
            and self.index.value(row) == value
        ]
        return found[0] if len(found) == 1 else None

    def _rows(self, key: bytes) -> Integers:
        return self.index.table(b"").rows_of(key)

    def _state(self, row: int) -> PriorState:
        rows = self.index.rows
        if rows.tombstone[row]:
            return PriorState(-1)
        return PriorState(
            row,
            int(rows.main[row]),
            int(rows.sub[row]),
            int(rows.create_revision[row]),
            int(rows.version[row]),
            int(rows.lease[row]),
            int(rows.value_size[row]),
        )


class Agreement(NamedTuple):
    """The rows of a log compared with the rows of a database that have the same revisions."""

    agreeing: list[int]
    """Rows of the log that match the database."""
    different_value: list[tuple[int, int]]
    """Row of the log and row of the database: same key, different content."""
    different_key: list[tuple[int, int]]
    """The same, but with a different key, or a put in one and a deletion in the other."""
    unlogged: list[int]
    """Rows of the database, in the range of the log, that replaying the log did not produce."""
    missed: list[int]
    """For each row in ``unlogged``, the row of the log before which it belongs."""

    @property
    def contradicted(self) -> list[int]:
        """Rows of the log that the database contradicts, ascending."""
        return sorted(row for row, _ in (*self.different_value, *self.different_key))

    def disputed(self, rows: LogRows, first_row: int) -> Iterator[tuple[int, int]]:
        """Ranges of rows between two agreeing rows that contain more than one differing record.

        Args:
            rows: the rows of the log.
            first_row: the first row that was compared.
        """
        agreeing = self.agreeing[: bisect_left(self.agreeing, len(rows))]
        bounds = [first_row - 1, *agreeing, len(rows)]
        differing: dict[int, int] = {}
        for row in (*self.contradicted, *self.missed):
            if row < len(rows):
                span = bisect_left(bounds, row)
                differing[span] = differing.get(span, 0) + 1
        for span, count in differing.items():
            is_outermost = span in (1, len(bounds) - 1)
            if count > 1 or is_outermost:
                yield bounds[span - 1] + 1, bounds[span]


def compare(
    rows: LogRows,
    start: int,
    index: RevisionIndex,
    read: Callable[[int, int, int], bytes],
    *,
    to_end: bool,
) -> Agreement:
    """Compare the revisions from row ``start`` on with a database.

    If a revision agrees in everything else, what the log does not know about it is filled in.

    Args:
        rows: the rows of the log.
        start: the first row to compare.
        index: the index of the database.
        read: reads ``(segment, offset, size)`` of the log.
        to_end: the log reaches as far as the database, which must not hold anything newer.
    """
    flags = np.frombuffer(bytes(rows.flags[start:]), np.uint8)
    logged = np.flatnonzero((flags & (PRIOR | REFUSED)) == 0) + start
    result = Agreement([], [], [], [], [])
    if len(logged) == 0:
        return result
    known = _combined(index.rows.main, index.rows.sub)
    own = _combined(np.array(rows.main)[logged], np.array(rows.sub)[logged])
    place = np.searchsorted(known, own)
    place[place == len(known)] = 0
    matched = known[place] == own if len(known) > 0 else np.zeros(len(own), np.bool_)
    for row, other in zip(logged[matched].tolist(), place[matched].tolist(), strict=True):
        _compare_row(rows, row, index, other, read, result)
    in_span = (known >= own[0]) & (to_end | (known <= own[-1]))
    in_span[place[matched]] = False
    unlogged = np.flatnonzero(in_span)
    result.unlogged.extend(unlogged.tolist())
    following = np.minimum(np.searchsorted(own, known[unlogged]), len(own) - 1)
    result.missed.extend(logged[following].tolist())
    return result


def _compare_row(
    rows: LogRows,
    row: int,
    index: RevisionIndex,
    other: int,
    read: Callable[[int, int, int], bytes],
    result: Agreement,
) -> None:
    is_tombstone = bool(rows.flags[row] & TOMBSTONE)
    known = index.rows
    if is_tombstone != bool(known.tombstone[other]) or rows.keys[rows.key[row]] != index.key(other):
        result.different_key.append((row, other))
        return
    if not is_tombstone:
        numbers = (
            (rows.create_revision[row], known.create_revision[other]),
            (rows.version[row], known.version[other]),
        )
        # 0 means that the log does not know.
        same = all(own in (0, int(theirs)) for own, theirs in numbers)
        same = same and rows.lease[row] == known.lease[other]
        same = same and rows.value_size[row] == known.value_size[other]
        if not same or _value(rows, row, read, index) != index.value(other):
            result.different_value.append((row, other))
            return
        rows.create_revision[row] = int(known.create_revision[other])
        rows.version[row] = int(known.version[other])
    result.agreeing.append(row)


def _value(
    rows: LogRows, row: int, read: Callable[[int, int, int], bytes], index: RevisionIndex
) -> bytes:
    segment = rows.value_segment[row]
    if segment == PRIOR_SEGMENT:
        return index.value(rows.value_offset[row])
    return read(segment, rows.value_offset[row], rows.value_size[row])


def _combined(main: Integers, sub: Integers) -> Integers:
    limit = (1 << _SUB_BITS) - 1
    return (main.astype(np.int64) << _SUB_BITS) | np.minimum(sub, limit).astype(np.int64)
