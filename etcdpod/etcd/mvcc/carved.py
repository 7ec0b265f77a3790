"""Revisions from pages that no tree references any more: compacted revisions and older copies.

A stale leaf page belonged to bucket ``key`` if its keys are revisions in ascending order and every
value is a KeyValue with the same revision. Revisions that the tree still has are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.etcd.bbolt.carve import StaleElements, inline_buckets, stale_elements
from etcdpod.etcd.bbolt.gather import Gather
from etcdpod.etcd.mvcc.copies import choose
from etcdpod.etcd.mvcc.index import KEY_BUCKET
from etcdpod.etcd.mvcc.keyvalue import parse_key_value, read_key_values
from etcdpod.etcd.mvcc.revision import MARKED_SIZE, PLAIN_SIZE, SEPARATOR, TOMBSTONE_MARK, combined
from etcdpod.etcd.mvcc.scan import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Progress = Callable[[int, int], bool]

    from etcdpod.etcd.bbolt.file import BboltFile
    from etcdpod.etcd.bbolt.gather import Integers, Mask
    from etcdpod.etcd.mvcc.index import RevisionIndex
    from etcdpod.etcd.mvcc.keyvalue import KeyValues
    from etcdpod.etcd.mvcc.store import Store

MARGIN = 100_000
"""How far past the current revision a stale record may lie, if its commit was lost."""


class Carved(NamedTuple):
    """Carved revisions in ascending order, each once."""

    rows: Rows
    suspect: Mask
    """Another page may overlap this one, or copies of the revision differ."""
    record: Integers
    """Byte offset of the bucket key, used to find a row again in a file that changes."""


def carve(store: Store, progress: Progress = lambda _done, _whole: False) -> Carved:
    """All revisions in stale pages of a store's file that are not in its tree.

    Args:
        store: the open file.
        progress: called with bytes searched and total bytes; returning True stops the search.
    """
    for bucket in store.backend.buckets.values():
        store.tree.leaf_pages(bucket)
    index = store.index
    used, limit = store.tree.reachable(), index.current_revision + MARGIN
    carved = carve_file(store.file, used, index, limit, progress)
    # The tree has every revision above the compact revision: one that it lacks there is suspect.
    main = carved.rows.main
    odd = (main > index.compact_revision) & (main <= index.current_revision)
    return Carved(carved.rows, carved.suspect | odd, carved.record)


def carve_file(
    file: BboltFile,
    used: Mask,
    index: RevisionIndex | None = None,
    limit: int = 1 << 62,
    progress: Progress = lambda _done, _whole: False,
) -> Carved:
    """All revisions in stale pages of a file.

    Args:
        file: the mapped file.
        used: for every page id, whether a tree uses it.
        index: known revisions, which are left out.
        limit: the highest main revision accepted.
        progress: called with bytes searched and total bytes; returning True stops the search.
    """
    gather = Gather(file.data, file.size)
    parts = []
    for stale in _key_elements(file, used):
        parts.append(_fresh(_revisions(file, gather, stale, limit), index))
        reached = int(stale.key[-1]) if len(stale.key) > 0 else 0
        if progress(reached, file.size):
            break
    if not parts:
        return _nothing()
    rows = Rows._make(np.concatenate(c) for c in zip(*(part.rows for part in parts), strict=True))
    suspect = np.concatenate([part.suspect for part in parts])
    record = np.concatenate([part.record for part in parts])
    chosen, doubtful = choose(file, rows, record, suspect)
    return Carved(rows.select(chosen), doubtful, record[chosen])


def _key_elements(file: BboltFile, used: Mask) -> Iterator[StaleElements]:
    for stale in stale_elements(file, used):
        yield stale
        yield from inline_buckets(file, stale, KEY_BUCKET)


def _revisions(file: BboltFile, gather: Gather, stale: StaleElements, limit: int) -> Carved:
    """The elements that are revisions, from the pages that hold nothing else."""
    main = gather.big_words(stale.key).view(np.int64)
    sub = gather.big_words(stale.key + 9).view(np.int64)
    marked = stale.key_size == MARKED_SIZE
    good = ~stale.is_bucket & (marked | (stale.key_size == PLAIN_SIZE))
    good &= (gather.bytes(stale.key + 8) == SEPARATOR) & (sub >= 0) & (main > 0) & (main <= limit)
    good &= ~marked | (gather.bytes(stale.key + PLAIN_SIZE) == TOMBSTONE_MARK)
    good[1:] &= (stale.leaf[1:] != stale.leaf[:-1]) | _ascends(main, sub)
    good &= _on_good_pages(stale.leaf, good)
    stale, main, sub, marked = stale.select(good), main[good], sub[good], marked[good]
    values, understood = read_key_values(gather, stale.value, stale.value_size)
    _parse_singly(file, stale, values, understood)
    stated = np.where(marked, 0, main)
    understood &= (values.mod_revision == stated) & (values.create_revision <= main)
    understood &= marked | ((values.create_revision > 0) & (values.version > 0))
    # One value that does not parse: the page is damaged, but the other values may be intact.
    suspect = stale.is_suspect | ~_on_good_pages(stale.leaf, understood)
    v = values
    rows = Rows(
        main, sub, marked, stale.page, v.key_offset, v.key_size.astype(np.int32),
        v.create_revision, v.version, v.value_offset, v.value_size.astype(np.int32), v.lease,
    )  # fmt: skip
    return Carved(rows.select(understood), suspect[understood], stale.key[understood])


def _parse_singly(
    file: BboltFile, stale: StaleElements, values: KeyValues, understood: Mask
) -> None:
    for row in np.flatnonzero(~understood).tolist():
        offset, size = int(stale.value[row]), int(stale.value_size[row])
        parsed = parse_key_value(file.data[offset : offset + size])
        if parsed is None or parsed.key_size == 0:
            continue
        understood[row] = True
        for column, value in zip(values, parsed, strict=True):
            column[row] = value
        values.key_offset[row] += offset
        values.value_offset[row] += offset


def _on_good_pages(leaf: Integers, good: Mask) -> Mask:
    """For every element, whether all elements of its page are good."""
    bad = np.zeros(int(leaf.max(initial=-1)) + 1, np.bool_)
    bad[leaf[~good]] = True
    return ~bad[leaf]


def _ascends(main: Integers, sub: Integers) -> Mask:
    result: Mask = (main[1:] > main[:-1]) | ((main[1:] == main[:-1]) & (sub[1:] > sub[:-1]))
    return result


def _fresh(carved: Carved, index: RevisionIndex | None) -> Carved:
    """The rows that are not in the index."""
    if index is None or len(index) == 0:
        return carved
    known = combined(index.rows.main, index.rows.sub)
    own = combined(carved.rows.main, carved.rows.sub)
    place = np.minimum(np.searchsorted(known, own), len(known) - 1)
    return _select(carved, known[place] != own)


def _select(carved: Carved, chosen: Mask | Integers) -> Carved:
    return Carved(carved.rows.select(chosen), carved.suspect[chosen], carved.record[chosen])


def _nothing() -> Carved:
    numbers = np.zeros(0, np.int64)
    rows = Rows._make(numbers for _ in Rows._fields)
    return Carved(rows, np.zeros(0, np.bool_), numbers)
