"""Selects one of several carved copies of a revision: the one that most copies agree on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from etcdpod.etcd.bbolt.file import BboltFile
    from etcdpod.etcd.bbolt.gather import Integers, Mask
    from etcdpod.etcd.mvcc.scan import Rows

SECTOR_SIZE = 512
TORN_END = 16
"""The number of trailing zeros that make a value suspect: the rest of the page is zero too."""
_EMPTY_SECTOR, _TORN_END = bytes(SECTOR_SIZE), bytes(TORN_END)


def choose(file: BboltFile, rows: Rows, record: Integers, suspect: Mask) -> tuple[Integers, Mask]:
    """Which rows to keep, one per revision in ascending order, and which of them are suspect.

    Args:
        file: the mapped file.
        rows: the revisions, in any order, with any number of copies.
        record: byte offsets of their bucket keys.
        suspect: rows that are used only if there is nothing better.
    """
    order = np.lexsort((record, suspect, rows.sub, rows.main))
    main, sub = rows.main[order], rows.sub[order]
    begins = np.ones(len(order), np.bool_)
    begins[1:] = (main[1:] != main[:-1]) | (sub[1:] != sub[:-1])
    starts = np.flatnonzero(begins)
    chosen = order[starts]
    doubtful = suspect[chosen]
    stops = np.append(starts[1:], len(order))
    for index in np.flatnonzero(stops - starts > 1).tolist():
        copies = order[starts[index] : stops[index]].tolist()
        chosen[index], doubtful[index] = _vote(file, rows, record, suspect, copies)
    for index in np.flatnonzero(rows.value_size[chosen] >= TORN_END).tolist():
        doubtful[index] |= _is_torn(_value(file, rows, int(chosen[index])))
    return chosen, doubtful


def _vote(
    file: BboltFile, rows: Rows, record: Integers, suspect: Mask, copies: list[int]
) -> tuple[int, bool]:
    """The copy whose content occurs most often, and whether the choice is doubtful."""
    # A suspect copy does not count against a sound one.
    sound = [row for row in copies if not suspect[row]]
    voters = sound or copies
    contents = [_content(file, rows, record, row) for row in voters]
    votes = Counter(contents).most_common(2)
    is_tie = len(votes) > 1 and votes[0][1] == votes[1][1]
    return voters[contents.index(votes[0][0])], is_tie or not sound


def _content(file: BboltFile, rows: Rows, record: Integers, row: int) -> tuple[bytes, int]:
    """Bucket key and record up to the end of the value, and the lease after it."""
    key_end = int(rows.key_offset[row]) + int(rows.key_size[row])
    value_end = int(rows.value_offset[row]) + int(rows.value_size[row])
    return file.data[int(record[row]) : max(key_end, value_end)], int(rows.lease[row])


def _is_torn(value: bytes) -> bool:
    """Whether it looks as if a sector of a value, including its last one, was never written."""
    return value.endswith(_TORN_END) or (len(value) >= SECTOR_SIZE and _EMPTY_SECTOR in value)


def _value(file: BboltFile, rows: Rows, row: int) -> bytes:
    offset = int(rows.value_offset[row])
    return file.data[offset : offset + int(rows.value_size[row])]
