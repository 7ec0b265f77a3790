"""Walks the trees of a bbolt file, level by level, as arrays; defects are reported and passed by.

Nothing on a page is believed before it was checked: a page must carry its own id, lie below the
high-water mark, be met only once, and hold its elements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.formats.bbolt.defects import Defects
from etcdpod.formats.bbolt.elements import (
    Elements,
    Pages,
    branch_elements,
    leaf_elements,
    pages_of,
)
from etcdpod.formats.bbolt.gather import Gather
from etcdpod.formats.bbolt.layout import (
    BUCKET_HEADER,
    BUCKET_LEAF_FLAG,
    ELEMENT_SIZE,
    FIRST_DATA_PAGE,
    PAGE_HEADER,
    PageFlag,
)
from etcdpod.records import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.formats.bbolt.file import BboltFile
    from etcdpod.formats.bbolt.gather import Integers, Mask, Words
    from etcdpod.records import Damage

MAX_DEPTH = 32
"""Levels of a tree that are followed; real ones have at most five."""
CHUNK_ELEMENTS = 1 << 16
"""Elements handled as arrays at once: keeps temporary arrays small."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """An entry of the root bucket."""

    name: bytes
    root: int
    """Page id of the bucket's root; 0 when the bucket is inline."""
    offset: int
    """Byte offset of the inline page, where the bucket is inline."""
    end: int
    """Byte offset of the end of the inline page."""


class _Level(NamedTuple):
    pages: Pages
    branch: Mask
    """Which of the pages are branches; the others are leaves."""
    parent: Integers
    """Index of the parent in the level above."""


class Tree:
    """The trees below one meta of a file.

    Args:
        file: the mapped file.
        damage: where defects are appended.
        root: page id of the root bucket; that of the newest meta unless another state is wanted.
    """

    def __init__(self, file: BboltFile, damage: list[Damage], *, root: int | None = None) -> None:
        self.file = file
        self.gather = Gather(file.data, file.size)
        self.root = file.meta.root if root is None else root
        self._defects = Defects(file.path, damage)
        self._met = np.zeros(file.page_count, np.bool_)
        """Page starts met so far: each belongs to one place of one tree."""
        self._spans: list[tuple[Integers, Integers]] = []
        """First and last page ids of the pages met so far."""
        self._buckets: dict[bytes, Bucket] | None = None
        self._walked: dict[bytes, Pages] = {}
        """The leaf pages of each bucket that was walked."""

    def buckets(self) -> dict[bytes, Bucket]:
        """The buckets of the root, by name, in key order."""
        if self._buckets is None:
            self._buckets = self._read_buckets()
        return self._buckets

    def _read_buckets(self) -> dict[bytes, Bucket]:
        data = self.file.data
        found: dict[bytes, Bucket] = {}
        for page, flags, key, key_size, value, value_size in self._rows(self._walk(self.root)):
            name = data[key : key + key_size]
            if not flags & BUCKET_LEAF_FLAG or value_size < BUCKET_HEADER.size:
                self._defects.one("an entry of the root bucket is no bucket", page, key)
                continue
            root, _ = BUCKET_HEADER.unpack_from(data, value)
            found[name] = Bucket(name, root, value + BUCKET_HEADER.size, value + value_size)
        return found

    def entries(self, bucket: Bucket) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values of a small bucket, in key order."""
        data = self.file.data
        for _, _, key, key_size, value, value_size in self._rows(self.leaf_pages(bucket)):
            yield data[key : key + key_size], data[value : value + value_size]

    def leaf_pages(self, bucket: Bucket) -> Pages:
        """The leaf pages of ``bucket``, in key order."""
        if bucket.name not in self._walked:
            inline = bucket.root == 0
            pages = self._inline_page(bucket) if inline else self._walk(bucket.root)
            self._walked[bucket.name] = pages
        return self._walked[bucket.name]

    def elements(self, pages: Pages) -> Iterator[Elements]:
        """The elements of leaf ``pages``, in chunks of about ``CHUNK_ELEMENTS``."""
        for chunk in _chunks(pages.elements):
            yield leaf_elements(self.gather, pages.select(chunk), self._defects)

    def reachable(self) -> Mask:
        """For every page id whether the trees walked so far use that page, overflow included."""
        size = self.file.page_count + 1
        edges = np.zeros(size, np.int64)
        for first, last in self._spans:
            edges += np.bincount(first, minlength=size) - np.bincount(last + 1, minlength=size)
        used: Mask = np.cumsum(edges)[:-1] > 0
        return used

    def report_overlaps(self) -> None:
        """Report pages met so far that lie on the overflow of others: one of both is wrong."""
        first = np.concatenate([span[0] for span in self._spans] or [np.zeros(0, np.int64)])
        last = np.concatenate([span[1] for span in self._spans] or [np.zeros(0, np.int64)])
        order = np.argsort(first)
        first, last = first[order], last[order]
        covered = np.maximum.accumulate(last)[:-1] >= first[1:]
        what = "lies on the overflow of another page"
        self._defects.many(what, first[1:][covered], severity=Severity.WARNING)

    def _rows(self, pages: Pages) -> Iterator[tuple[int, ...]]:
        for chunk in self.elements(pages):
            yield from zip(*(column.tolist() for column in chunk), strict=True)

    def _inline_page(self, bucket: Bucket) -> Pages:
        room = bucket.end - bucket.offset - PAGE_HEADER.size
        if room >= 0:
            _, flags, count, _ = PAGE_HEADER.unpack_from(self.file.data, bucket.offset)
            if flags == PageFlag.LEAF and count * ELEMENT_SIZE <= room:
                return pages_of(0, bucket.offset, bucket.end, count)
        what = f"the inline bucket {bucket.name!r} holds no leaf page"
        self._defects.one(what, None, bucket.offset)
        return pages_of()

    def _walk(self, root: int) -> Pages:
        """The leaf pages of the tree at page ``root``, in key order."""
        level = self._open(np.array([root], np.uint64), np.zeros(1, np.int64))
        for _ in range(MAX_DEPTH):
            if not level.branch.any():
                return level.pages
            level = self._descend(level)
        self._defects.one(f"the tree is deeper than {MAX_DEPTH} levels", root, None)
        return level.pages.select(~level.branch)

    def _descend(self, level: _Level) -> _Level:
        """Put the children of each branch in its place; leaves met already stay where they are."""
        branches = np.flatnonzero(level.branch)
        children, page = branch_elements(self.gather, level.pages.select(branches), self._defects)
        opened = self._open(children, branches[page])
        if len(branches) == len(level.branch):
            return opened
        leaves = np.flatnonzero(~level.branch)
        parent = np.concatenate([leaves, opened.parent])
        order = np.argsort(parent, kind="stable")
        both = zip(level.pages.select(leaves), opened.pages, strict=True)
        pages = Pages(*(np.concatenate(columns)[order] for columns in both))
        branch = np.concatenate([np.zeros(len(leaves), np.bool_), opened.branch])[order]
        return _Level(pages, branch, parent[order])

    def _open(self, ids: Words, parent: Integers) -> _Level:
        """Read the headers of pages; what is no page of a tree is reported and left out."""
        known = (ids >= FIRST_DATA_PAGE) & (ids < self.file.page_count)
        self._reject(ids, ~known, "a page id points beyond the file")
        page, parent = ids[known].astype(np.int64), parent[known]
        offset = page * self.file.page_size
        rest = self.gather.words(offset + 8)
        flags = (rest & np.uint64(0xFFFF)).astype(np.int64)
        own_id = self.gather.words(offset) == page.astype(np.uint64)
        self._reject(page, ~own_id, "the page carries another id")
        is_tree = (flags == PageFlag.LEAF) | (flags == PageFlag.BRANCH)
        self._reject(page, own_id & ~is_tree, "is neither a branch nor a leaf page")
        fresh = np.zeros(len(page), np.bool_)
        fresh[np.unique(page, return_index=True)[1]] = True
        fresh &= ~self._met[page]
        self._reject(page, own_id & is_tree & ~fresh, "is referred to a second time")
        good = own_id & is_tree & fresh
        if not good.all():
            page, parent, rest, flags = page[good], parent[good], rest[good], flags[good]
        self._met[page] = True
        return _Level(self._extents(page, rest), flags == PageFlag.BRANCH, parent)

    def _extents(self, page: Integers, rest: Words) -> Pages:
        """Offset, end and count of pages, from bytes 8..15 of their headers, kept in bounds."""
        count = ((rest >> np.uint64(16)) & np.uint64(0xFFFF)).astype(np.int64)
        last = page + (rest >> np.uint64(32)).astype(np.int64)
        limit = self.file.page_count - 1
        self._reject(page, last > limit, "the overflow reaches beyond the file")
        last = np.minimum(last, limit)
        self._spans.append((page, last))
        offset, end = page * self.file.page_size, (last + 1) * self.file.page_size
        room = (end - offset - PAGE_HEADER.size) // ELEMENT_SIZE
        self._reject(page, count > room, "counts more elements than it can hold")
        return Pages(page, offset, end, np.minimum(count, room))

    def _reject(self, page: Integers | Words, fault: Mask, what: str) -> None:
        if fault.any():
            self._defects.many(what, page[fault].astype(np.int64), severity=Severity.LOSS)


def _chunks(count: Integers) -> Iterator[slice]:
    """Slices of pages with about ``CHUNK_ELEMENTS`` elements each."""
    total = np.cumsum(count)
    start = 0
    while start < len(count):
        before = int(total[start - 1]) if start > 0 else 0
        stop = max(int(np.searchsorted(total, before + CHUNK_ELEMENTS, "right")), start + 1)
        yield slice(start, stop)
        start = stop
