"""Opens the pages of trees: each must match its place in the tree, and may be visited only once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.damage import DamageCode
from etcdpod.etcd.bbolt.elements import Pages
from etcdpod.etcd.bbolt.layout import (
    ELEMENT_SIZE,
    FIRST_DATA_PAGE,
    PAGE_HEADER,
    PageFlag,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from etcdpod.etcd.bbolt.defects import Defects
    from etcdpod.etcd.bbolt.file import BboltFile
    from etcdpod.etcd.bbolt.gather import Gather, Integers, Mask, Words

HEADER = np.dtype([("id", "<u8"), ("flags", "<u2"), ("elements", "<u2"), ("overflow", "<u4")])
"""Page headers as in ``layout``."""


class Opened(NamedTuple):
    """Pages of trees that passed the checks, in the order requested."""

    pages: Pages
    branch: Mask
    """Which of the pages are branch pages; the others are leaf pages."""
    asked: Integers
    """For each page, its index among the requested ids."""


class PageReader:
    """Reads page headers of one file and remembers which pages it has visited.

    Args:
        file: the mapped file.
        gather: array access to the same file.
        defects: where defects are reported.
    """

    def __init__(self, file: BboltFile, gather: Gather, defects: Defects) -> None:
        self._file = file
        self._gather = gather
        self._defects = defects
        self._met = np.zeros(file.page_count, np.bool_)
        self._spans: list[tuple[Integers, Integers]] = []
        """First and last page ids of the pages visited so far."""

    def open(self, ids: Words, holders: Integers) -> Opened:
        """The pages with these ids; those that are not valid tree pages are reported and left out.

        Args:
            ids: page ids as found, not yet checked.
            holders: ids of the pages that reference them.
        """
        known = (ids >= FIRST_DATA_PAGE) & (ids < self._file.page_count)
        self._reject(holders, ~known, DamageCode.POINTER_BEYOND_FILE)
        asked = np.flatnonzero(known)
        page = ids[asked].astype(np.int64)
        header = self._gather.structures(page * self._file.page_size, HEADER)
        good = header["id"] == page.astype(np.uint64)
        self._reject(page, ~good, DamageCode.PAGE_ID)
        is_tree = (header["flags"] == PageFlag.LEAF) | (header["flags"] == PageFlag.BRANCH)
        self._reject(page, good & ~is_tree, DamageCode.PAGE_TYPE)
        good &= is_tree
        fresh = self._fresh(page)
        self._reject(page, good & ~fresh, DamageCode.PAGE_REUSED)
        good &= fresh
        if not good.all():
            page, header, asked = page[good], header[good], asked[good]
        self._met[page] = True
        return Opened(self._extents(page, header), header["flags"] == PageFlag.BRANCH, asked)

    def reachable(self) -> Mask:
        """For every page id, whether a page visited so far occupies it, overflow included."""
        size = self._file.page_count + 1
        edges = np.zeros(size, np.int64)
        for first, last in self._spans:
            edges += np.bincount(first, minlength=size) - np.bincount(last + 1, minlength=size)
        used: Mask = np.cumsum(edges)[:-1] > 0
        return used

    def _fresh(self, page: Integers) -> Mask:
        """Which of the pages are visited for the first time, within this call and overall."""
        fresh = np.zeros(len(page), np.bool_)
        fresh[np.unique(page, return_index=True)[1]] = True
        return fresh & ~self._met[page]

    def _extents(self, page: Integers, header: NDArray[np.void]) -> Pages:
        """Offset, end and element count of pages, from their headers, clamped to the file."""
        count = header["elements"].astype(np.int64)
        stated = page + header["overflow"]
        limit = self._file.page_count - 1
        self._reject(page, stated > limit, DamageCode.OVERFLOW_BEYOND_FILE)
        last = np.minimum(stated, limit)
        order = np.argsort(page)
        # Pages must not overlap, so all pages together are never larger than the file.
        last[order[:-1]] = np.minimum(last[order[:-1]], page[order[1:]] - 1)
        covers = (last < stated) & (stated <= limit)
        self._reject(page, covers, DamageCode.OVERFLOW_OVER_PAGES)
        self._spans.append((page, last))
        offset, end = page * self._file.page_size, (last + 1) * self._file.page_size
        room = (end - offset - PAGE_HEADER.size) // ELEMENT_SIZE
        self._reject(page, count > room, DamageCode.TOO_MANY_ELEMENTS)
        return Pages(page, offset, end, np.minimum(count, room))

    def _reject(self, page: Integers, fault: Mask, code: DamageCode) -> None:
        if fault.any():
            self._defects.many(code, page[fault])
