"""Which rows belong to which key; keys are compared as arrays, eight bytes at a time."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from mmap import mmap

    from etcdpod.etcd.bbolt.gather import Gather, Integers, Mask, Words
    from etcdpod.etcd.mvcc.scan import Rows

CHUNK_ROWS = 1 << 13
"""The number of rows handled as arrays at once, chosen to fit the cache."""
_WORD = 8
_BLOCK = np.dtype([(f"word {number}", "<u8") for number in range(8)])
_ALL_BITS = np.uint64(0xFFFFFFFFFFFFFFFF)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


def rows_with_key(gather: Gather, rows: Rows, key: bytes) -> Integers:
    """The indexes of the rows whose key is ``key``, ascending."""
    return _matching(gather, rows, np.flatnonzero(rows.key_size == len(key)), key)


def rows_with_prefix(gather: Gather, rows: Rows, prefix: bytes) -> Integers:
    """The indexes of the rows whose key begins with ``prefix``, ascending."""
    return _matching(gather, rows, np.flatnonzero(rows.key_size >= len(prefix)), prefix)


def _matching(gather: Gather, rows: Rows, candidates: Integers, text: bytes) -> Integers:
    """The candidates whose key begins with ``text``; the end of the prefix is compared first.

    The end of a prefix is more selective than its start, which is nearly always ``/registry/``.
    """
    whole = len(text) - len(text) % _WORD
    for start in range(whole, len(text)):
        offsets = rows.key_offset[candidates] + start
        candidates = candidates[gather.bytes(offsets) == text[start]]
    for start in range(whole - _WORD, -1, -_WORD):
        word = np.uint64(int.from_bytes(text[start : start + _WORD], "little"))
        offsets = rows.key_offset[candidates] + start
        candidates = candidates[gather.words(offsets) == word]
    return candidates


class KeyTable:
    """The distinct keys of the given rows in byte order, and the rows of each in revision order.

    Args:
        data: the mapped file.
        gather: array access to the same file.
        rows: all rows.
        chosen: indexes of the rows to group, ascending.
    """

    def __init__(self, data: mmap, gather: Gather, rows: Rows, chosen: Integers) -> None:
        order, first = _group(data, gather, rows, chosen)
        offsets, sizes = rows.key_offset[order[first]], rows.key_size[order[first]]
        spans = zip(offsets.tolist(), sizes.tolist(), strict=True)
        keys = [data[offset : offset + size] for offset, size in spans]
        rank = sorted(range(len(keys)), key=keys.__getitem__)
        self.keys = [keys[index] for index in rank]
        """The distinct keys in byte order."""
        count = np.diff(first, append=len(order))
        by_rank = np.array(rank, np.int64)
        self.starts = np.zeros(len(keys) + 1, np.int64)
        """Where the rows of each key start in ``order``; one extra entry at the end."""
        np.cumsum(count[by_rank], out=self.starts[1:])
        within = np.arange(len(order)) - np.repeat(self.starts[:-1], count[by_rank])
        self.order = order[np.repeat(first[by_rank], count[by_rank]) + within]
        """Row indexes, sorted by key and then by revision."""

    def rows_of(self, key: bytes) -> Integers:
        """The rows of one key, ascending."""
        position = bisect_left(self.keys, key)
        if position == len(self.keys) or self.keys[position] != key:
            return np.zeros(0, np.int64)
        rows: Integers = self.order[self.starts[position] : self.starts[position + 1]]
        return rows

    def last_before(self, limit: int) -> Integers:
        """For each key, its newest row with an index below ``limit``; -1 if it has none."""
        if len(self.keys) == 0:
            return np.zeros(0, np.int64)
        older = np.where(self.order < limit, self.order, -1)
        return np.maximum.reduceat(older, self.starts[:-1])


def _group(data: mmap, gather: Gather, rows: Rows, chosen: Integers) -> tuple[Integers, Integers]:
    """The chosen rows grouped by equal keys, and where each group starts."""
    hashes = _hashes(gather, rows, chosen)
    order = np.argsort(hashes, kind="stable")
    same = hashes[order][1:] == hashes[order][:-1]
    order = chosen[order]
    equal = _equal_neighbours(gather, rows, order, same)
    if not np.array_equal(equal, same):
        # Two keys have the same hash: sort those by their bytes, which is slow but correct.
        spans = zip(rows.key_offset[chosen].tolist(), rows.key_size[chosen].tolist(), strict=True)
        keys = [data[offset : offset + size] for offset, size in spans]
        exact = sorted(range(len(keys)), key=lambda index: (keys[index], index))
        order = chosen[exact]
        pairs = zip(exact[1:], exact[:-1], strict=True)
        equal = np.array([keys[one] == keys[other] for one, other in pairs], np.bool_)
    begins = np.ones(len(order), np.bool_)
    begins[1:] = ~equal
    return order, np.flatnonzero(begins)


def _hashes(gather: Gather, rows: Rows, chosen: Integers) -> Words:
    """A 64-bit hash of the key of each chosen row."""
    result = np.empty(len(chosen), np.uint64)
    for start in range(0, len(chosen), CHUNK_ROWS):
        part = chosen[start : start + CHUNK_ROWS]
        size = rows.key_size[part].astype(np.int64)
        hashes = size.astype(np.uint64) * _MULTIPLIER
        for word, there in _key_words(gather, rows.key_offset[part], size):
            mixed = (hashes ^ word) * _MULTIPLIER
            hashes = np.where(there, mixed ^ (mixed >> _SHIFT), hashes)
        result[start : start + CHUNK_ROWS] = hashes
    return result


def _equal_neighbours(gather: Gather, rows: Rows, order: Integers, candidate: Mask) -> Mask:
    """Which of the candidate rows have the same key as the row before them."""
    equal = candidate.copy()
    candidates = np.flatnonzero(candidate)
    for start in range(0, len(candidates), CHUNK_ROWS):
        at = candidates[start : start + CHUNK_ROWS]
        one, other = order[at + 1], order[at]
        size = rows.key_size[one].astype(np.int64)
        same = size == rows.key_size[other]
        left = _key_words(gather, rows.key_offset[one], size)
        right = _key_words(gather, rows.key_offset[other], size)
        for (word, _), (other_word, _) in zip(left, right, strict=True):
            same &= word == other_word
        equal[at] = same
    return equal


def _key_words(gather: Gather, offset: Integers, size: Integers) -> Iterator[tuple[Words, Mask]]:
    """The keys in steps of eight bytes, zero-padded; and which keys extend that far."""
    longest = int(size.max(initial=0))
    for block in range(0, longest, _BLOCK.itemsize):
        found = gather.structures(offset + block, _BLOCK)
        for index, name in enumerate(_BLOCK.names or ()):
            left = size - (block + index * _WORD)
            there = left > 0
            if not there.any():
                return
            missing = np.clip((_WORD - left) * 8, 0, 63).astype(np.uint64)
            word = found[name] & (_ALL_BITS >> missing)
            yield np.where(there, word, np.uint64(0)), there
