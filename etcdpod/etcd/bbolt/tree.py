"""Walks the trees of a bbolt file level by level, as arrays; defects are reported and skipped.

Nothing on a page is trusted before it has been checked: a page must carry its own id, lie below
the high-water mark, be visited only once, and contain its elements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from etcdpod.damage import Damage, DamageCode
from etcdpod.etcd.bbolt.defects import Defects
from etcdpod.etcd.bbolt.elements import (
    Elements,
    Pages,
    branch_elements,
    leaf_elements,
    pages_of,
)
from etcdpod.etcd.bbolt.gather import Gather
from etcdpod.etcd.bbolt.layout import (
    BUCKET_HEADER,
    BUCKET_LEAF_FLAG,
    ELEMENT_SIZE,
    PAGE_HEADER,
    PageFlag,
)
from etcdpod.etcd.bbolt.pages import PageReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.etcd.bbolt.file import BboltFile
    from etcdpod.etcd.bbolt.gather import Integers, Mask

MAX_DEPTH = 32
"""The maximum depth of a tree that is walked; real trees have at most five levels."""
CHUNK_ELEMENTS = 1 << 13
"""The number of elements handled as arrays at once: temporary arrays of 64 kB stay in the cache."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """An entry of the root bucket."""

    name: bytes
    root: int
    """Page id of the bucket's root; 0 if the bucket is inline."""
    offset: int
    """Byte offset of the inline page, for an inline bucket."""
    end: int
    """Byte offset of the end of the inline page."""


class Tree:
    """The trees below one meta of a file.

    Args:
        file: the mapped file.
        damage: the list to which defects are appended.
        root: page id of the root bucket; defaults to that of the newest meta.
    """

    def __init__(self, file: BboltFile, damage: list[Damage], *, root: int | None = None) -> None:
        self.file = file
        self.gather = Gather(file.data, file.size)
        self.root = file.meta.root if root is None else root
        self._defects = Defects(file.path, damage)
        self._pages = PageReader(file, self.gather, self._defects)
        self._buckets: dict[bytes, Bucket] | None = None
        self._walked: dict[bytes, Pages] = {}
        """The leaf pages of each bucket walked so far."""

    def buckets(self) -> dict[bytes, Bucket]:
        """The buckets in the root bucket, by name, in key order."""
        if self._buckets is None:
            self._buckets = self._read_buckets()
        return self._buckets

    def _read_buckets(self) -> dict[bytes, Bucket]:
        data = self.file.data
        found: dict[bytes, Bucket] = {}
        for page, flags, key, key_size, value, value_size in self._rows(self._walk(self.root)):
            name = data[key : key + key_size]
            if not flags & BUCKET_LEAF_FLAG or value_size < BUCKET_HEADER.size:
                self._defects.one(DamageCode.NOT_A_BUCKET, page, key)
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
        """For every page id, whether the trees walked so far use that page, overflow included."""
        return self._pages.reachable()

    def _rows(self, pages: Pages) -> Iterator[tuple[int, ...]]:
        for chunk in self.elements(pages):
            yield from zip(*(column.tolist() for column in chunk), strict=True)

    def _inline_page(self, bucket: Bucket) -> Pages:
        room = bucket.end - bucket.offset - PAGE_HEADER.size
        if room >= 0:
            _, flags, count, _ = PAGE_HEADER.unpack_from(self.file.data, bucket.offset)
            if flags == PageFlag.LEAF and count * ELEMENT_SIZE <= room:
                return pages_of(0, bucket.offset, bucket.end, count)
        code, name = DamageCode.INLINE_BUCKET, repr(bucket.name)
        self._defects.add(Damage(code, self._defects.path, offset=bucket.offset, name=name))
        return pages_of()

    def _walk(self, root: int) -> Pages:
        """The leaf pages of the tree at page ``root``, in key order."""
        holder = self.root if root != self.root else 0
        pages, branch, _ = self._pages.open(np.array([root], np.uint64), np.array([holder]))
        for _ in range(MAX_DEPTH):
            if not branch.any():
                return pages
            pages, branch = self._descend(pages, branch)
        code = DamageCode.TREE_TOO_DEEP
        self._defects.add(Damage(code, self._defects.path, root, count=MAX_DEPTH))
        return pages.select(~branch)

    def _descend(self, pages: Pages, branch: Mask) -> tuple[Pages, Mask]:
        """Replace each branch page by its children; leaf pages found so far keep their position."""
        branches = np.flatnonzero(branch)
        ids, parent = branch_elements(self.gather, pages.select(branches), self._defects)
        parent = branches[parent]
        children, child_branch, asked = self._pages.open(ids, pages.id[parent])
        if len(branches) == len(branch):
            return children, child_branch
        leaves = np.flatnonzero(~branch)
        order = np.argsort(np.concatenate([leaves, parent[asked]]), kind="stable")
        both = zip(pages.select(leaves), children, strict=True)
        joined = Pages(*(np.concatenate(columns)[order] for columns in both))
        return joined, np.concatenate([branch[leaves], child_branch])[order]


def _chunks(count: Integers) -> Iterator[slice]:
    """Slices of pages that hold about ``CHUNK_ELEMENTS`` elements each."""
    total = np.cumsum(count)
    start = 0
    while start < len(count):
        before = int(total[start - 1]) if start > 0 else 0
        stop = max(int(np.searchsorted(total, before + CHUNK_ELEMENTS, "right")), start + 1)
        yield slice(start, stop)
        start = stop
