"""One pass over the leaf pages of bucket ``key``: every revision as a row of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from etcdpod.damage import DamageCode
from etcdpod.etcd.mvcc.keyvalue import (
    KeyValues,
    as_etcd_writes_it,
    parse_key_value,
    read_key_values,
)
from etcdpod.etcd.mvcc.revision import (
    MARKED_SIZE,
    MAX_REVISION,
    MAX_SUB,
    PLAIN_SIZE,
    SEPARATOR,
    TOMBSTONE_MARK,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from etcdpod.etcd.bbolt.defects import Defects
    from etcdpod.etcd.bbolt.elements import Elements, Pages
    from etcdpod.etcd.bbolt.gather import Gather, Integers, Mask
    from etcdpod.etcd.bbolt.tree import Tree


class Rows(NamedTuple):
    """Revisions as columns, ascending by (main, sub); offsets count from the start of the file."""

    main: Integers
    sub: Integers
    tombstone: Mask
    page: Integers
    """Page id of the leaf page; 0 if bucket ``key`` is inline."""
    key_offset: Integers
    key_size: NDArray[np.int32]
    create_revision: Integers
    version: Integers
    value_offset: Integers
    value_size: NDArray[np.int32]
    lease: Integers

    def select(self, chosen: Mask | Integers | slice) -> Rows:
        """The rows selected by a mask, an index array or a slice."""
        return Rows._make(column[chosen] for column in self)


BUCKET_KEY = np.dtype([("main", ">i8"), ("separator", "u1"), ("sub", ">i8"), ("mark", "u1")])
"""A key of bucket ``key``; the mark is part of it only if its size includes it."""
MAX_VALUE_SIZE = (1 << 31) - 2
"""The maximum size of a key in bbolt."""
_KINDS = (
    np.int64, np.int64, np.bool_, np.int64, np.int64, np.int32,
    np.int64, np.int64, np.int64, np.int32, np.int64,
)  # fmt: skip


class _Keys(NamedTuple):
    """Keys of bucket ``key`` as columns."""

    main: Integers
    sub: Integers
    marked: Mask
    """There is a byte after the revision."""
    strange: Mask
    """That byte is not the mark of a tombstone."""


class Scanned(NamedTuple):
    """The records of bucket ``key``."""

    rows: Rows
    newest: int
    """The newest main revision, including that of empty records."""
    empty: list[tuple[int, int]]
    """Revisions of records without content: marks of ``snapshot restore --bump-revision``."""


def scan(tree: Tree, pages: Pages, damage_to: Defects) -> Scanned:
    """The records of leaf ``pages``.

    Unreadable records are reported and left out; contradictory ones are reported, and kept if their
    position in the order is plausible.
    """
    rows = Rows._make(np.empty(int(pages.elements.sum()), kind) for kind in _KINDS)
    filled, newest = 0, 0
    empty: list[tuple[int, int]] = []
    for elements in tree.elements(pages):
        chunk, chunk_newest, chunk_empty = _scan_elements(tree, elements, damage_to)
        empty += chunk_empty
        stop = filled + len(chunk.main)
        columns: list[NDArray[Any]] = list(rows)
        for column, part in zip(columns, chunk, strict=True):
            column[filled:stop] = part
        filled, newest = stop, max(newest, chunk_newest)
    return Scanned(_in_order(rows.select(slice(0, filled)), damage_to), newest, sorted(empty))


def _scan_elements(tree: Tree, elements: Elements, defects: Defects) -> Scanned:
    keys, good = _read_keys(tree.gather, elements, defects)
    marks = good & ~keys.marked & (elements.value_size == 0)
    empty = list(zip(keys.main[marks].tolist(), keys.sub[marks].tolist(), strict=True))
    newest = int(keys.main[good & (elements.value_size == 0)].max(initial=0))
    good &= (keys.marked | (elements.value_size > 0)) & (elements.value_size <= MAX_VALUE_SIZE)
    values, understood = read_key_values(tree.gather, elements.value, elements.value_size)
    _parse_singly(tree, elements, values, np.flatnonzero(good & ~understood), good, defects)
    # For a mark unknown to etcd, the record itself shows whether it is a tombstone.
    tombstone = keys.marked & ~(keys.strange & (values.mod_revision > 0))
    _report_contradictions(keys, tombstone, elements, values, good, defects)
    doubtful = good & ~tombstone & (values.mod_revision != keys.main)
    main = _mended(keys.main, values.mod_revision, doubtful) if doubtful.any() else keys.main
    newest = max(newest, int(main[good].max(initial=0)))
    v = values
    rows = Rows(
        main, keys.sub, tombstone, elements.page, v.key_offset, v.key_size.astype(np.int32),
        v.create_revision, v.version, v.value_offset, v.value_size.astype(np.int32), v.lease,
    )  # fmt: skip
    return Scanned(rows if good.all() else rows.select(good), newest, empty)


def _read_keys(gather: Gather, elements: Elements, defects: Defects) -> tuple[_Keys, Mask]:
    """The bucket keys as revisions, and which of them are valid revisions."""
    found = gather.structures(elements.key, BUCKET_KEY)
    main, sub = found["main"].astype(np.int64), found["sub"].astype(np.int64)
    marked = elements.key_size == MARKED_SIZE
    good = (elements.flags == 0) & (marked | (elements.key_size == PLAIN_SIZE))
    good &= (found["separator"] == SEPARATOR) & (main > 0) & (sub >= 0)
    strange = marked & (found["mark"] != TOMBSTONE_MARK)
    for fault, code in (
        (~good, DamageCode.KEY_NOT_A_REVISION),
        (good & strange, DamageCode.UNKNOWN_MARK),
    ):
        if fault.any():
            defects.many(code, elements.page[fault], elements.key[fault])
    return _Keys(main, sub, marked, strange), good


def _report_contradictions(
    keys: _Keys,
    tombstone: Mask,
    elements: Elements,
    values: KeyValues,
    good: Mask,
    defects: Defects,
) -> None:
    """Report records that contradict their key or themselves; they are kept."""
    main, created = keys.main, values.create_revision
    other = values.mod_revision != np.where(tombstone, 0, main)
    first = created == main
    sound = (created > 0) & (created <= main) & (values.version > 0)
    sound &= first == (values.version == 1)
    empty = (created == 0) & (values.version == 0) & (values.value_size == 0)
    for fault, code in (
        (good & other, DamageCode.OTHER_REVISION),
        (
            good & ~other & ~np.where(tombstone, empty, sound),
            DamageCode.CONTRADICTORY_NUMBERS,
        ),
        (good & ~tombstone & (keys.sub > MAX_SUB), DamageCode.SUB_TOO_HIGH),
    ):
        if fault.any():
            defects.many(code, elements.page[fault], elements.key[fault])


def _parse_singly(
    tree: Tree, elements: Elements, values: KeyValues, rows: Integers, good: Mask, defects: Defects
) -> None:
    """Fill in the rows that the fast path skipped; malformed ones are removed from ``good``."""
    foreign = np.zeros(len(good), np.bool_)
    for row in rows.tolist():
        offset, size = int(elements.value[row]), int(elements.value_size[row])
        data = tree.file.data[offset : offset + size]
        parsed = parse_key_value(data)
        if parsed is None or parsed.key_size == 0:
            good[row] = False
            continue
        foreign[row] = not as_etcd_writes_it(data, parsed)
        for column, value in zip(values, parsed, strict=True):
            column[row] = value
        values.key_offset[row] += offset
        values.value_offset[row] += offset
    for chosen, code in (
        (rows[~good[rows]], DamageCode.MALFORMED_RECORD),
        (np.flatnonzero(foreign), DamageCode.FOREIGN_ENCODING),
    ):
        defects.many(code, elements.page[chosen], elements.value[chosen])


def _mended(main: Integers, stated: Integers, doubtful: Mask) -> Integers:
    """The main revisions; if key and record differ, the one that fits between its neighbours."""
    before, after = main.copy(), main.copy()
    before[1:], after[:-1] = main[:-1], main[1:]
    # At the ends of a chunk there is only one neighbour.
    before[:1], after[-1:] = 0, MAX_REVISION
    by_key = (before <= main) & (main <= after)
    by_record = (before <= stated) & (stated <= after)
    return np.where(doubtful & ~by_key & by_record, stated, main)


def _in_order(rows: Rows, defects: Defects) -> Rows:
    """The rows in ascending order of revision; if they were not, that is reported."""
    behind = ~_ascends(rows)
    if not behind.any():
        return rows
    late = np.flatnonzero(behind) + 1
    defects.many(DamageCode.NOT_ASCENDING, rows.page[late])
    rows = rows.select(np.lexsort((rows.sub, rows.main)))
    repeated = np.flatnonzero(~_ascends(rows)) + 1
    defects.many(DamageCode.DUPLICATE_REVISION, rows.page[repeated])
    kept = np.ones(len(rows.main), np.bool_)
    kept[repeated] = False
    return rows.select(kept)


def _ascends(rows: Rows) -> Mask:
    """Whether each row except the first is newer than its predecessor."""
    main, sub = rows.main, rows.sub
    result: Mask = (main[1:] > main[:-1]) | ((main[1:] == main[:-1]) & (sub[1:] > sub[:-1]))
    return result
