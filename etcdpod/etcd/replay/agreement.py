"""A log and a database compared, revision by revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.etcd.mvcc.revision import combined
from etcdpod.etcd.replay.rows import PRIOR_SEGMENT, REFUSED, TOMBSTONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.etcd.mvcc.index import RevisionIndex
    from etcdpod.etcd.replay.rows import LogRows


class Agreement(NamedTuple):
    """Rows of a log against the rows of a database that have the same revisions."""

    agreeing: list[int]
    """Rows of the log."""
    different_value: list[tuple[int, int]]
    """Row of the log and row of the database: same key, other content."""
    different_key: list[tuple[int, int]]
    """The same for another key, or a put against a deletion."""
    unlogged: list[int]
    """Rows of the database in the span of the log that the log did not produce."""

    @property
    def contradicted(self) -> list[int]:
        """Rows of the log that the database contradicts, ascending."""
        return sorted(row for row, _ in (*self.different_value, *self.different_key))


def compare(
    rows: LogRows,
    start: int,
    index: RevisionIndex,
    read: Callable[[int, int, int], bytes],
    *,
    to_end: bool,
) -> Agreement:
    """Compare the revisions from row ``start`` on with a database.

    What the log does not know of a revision is filled in where both agree in all else.

    Args:
        rows: the log's.
        start: the first row to be compared.
        index: the database's.
        read: reads ``(segment, offset, size)`` of the log.
        to_end: the log reaches as far as the database, which may hold nothing newer.
    """
    flags = np.frombuffer(bytes(rows.flags[start:]), np.uint8)
    logged = np.flatnonzero(flags & REFUSED == 0) + start
    result = Agreement([], [], [], [])
    if len(logged) == 0:
        return result
    known = combined(index.rows.main, index.rows.sub)
    own = combined(np.array(rows.main)[logged], np.array(rows.sub)[logged])
    place = np.searchsorted(known, own)
    place[place == len(known)] = 0
    matched = known[place] == own if len(known) > 0 else np.zeros(len(own), np.bool_)
    for row, other in zip(logged[matched].tolist(), place[matched].tolist(), strict=True):
        _compare_row(rows, row, index, other, read, result)
    in_span = (known >= own[0]) & (to_end | (known <= own[-1]))
    in_span[place[matched]] = False
    unlogged = np.flatnonzero(in_span)
    result.unlogged.extend(unlogged.tolist())
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
        # 0: the log does not know.
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
