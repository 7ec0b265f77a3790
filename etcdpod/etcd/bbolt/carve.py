"""Finds leaf pages that no tree references any more: free pages, and pages past the last commit.

bbolt never modifies a page in place. A modified page gets a new id, and the old copy stays on disk
until that page is reallocated. Pages never move, so a header whose id differs from its position is
not the start of a page. Writers pack elements densely and zero the rest of a page: both are
checked, since nothing else distinguishes an intact page from a partly overwritten one.
"""

from __future__ import annotations

import io
import mmap
import os
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.damage import Damage, DamageCode
from etcdpod.errors import SourceError
from etcdpod.etcd.bbolt.elements import Pages
from etcdpod.etcd.bbolt.file import BboltFile
from etcdpod.etcd.bbolt.gather import Gather
from etcdpod.etcd.bbolt.layout import (
    BUCKET_HEADER,
    BUCKET_LEAF_FLAG,
    ELEMENT_SIZE,
    FIRST_DATA_PAGE,
    MAGIC,
    NO_FREELIST,
    PAGE_HEADER,
    PAGE_SIZES,
    VERSION,
    Meta,
    PageFlag,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.etcd.bbolt.gather import Integers, Mask

NO_PAGE = 0xFFFFFFFFFFFFFFFF
"""Root page id of a tree whose root is unknown."""
CHUNK_ELEMENTS = 1 << 18
_PAGE_KINDS = tuple(int(flag) for flag in PageFlag)


class StaleElements(NamedTuple):
    """Elements of stale leaf pages as columns; offsets count bytes from the start of the file."""

    leaf: Integers
    """Index of the page among the pages of this chunk, ascending."""
    page: Integers
    """Page id."""
    key: Integers
    key_size: Integers
    value: Integers
    value_size: Integers
    is_bucket: Mask
    is_suspect: Mask
    """The page has overflow pages, which may have been reallocated."""

    def select(self, chosen: Mask) -> StaleElements:
        """The elements selected by a mask."""
        return StaleElements._make(column[chosen] for column in self)


def stale_elements(file: BboltFile, used: Mask) -> Iterator[StaleElements]:
    """The elements of all stale leaf pages that pass the structural checks, in chunks of pages.

    Args:
        file: the mapped file; all of it is searched, including past the high-water mark.
        used: for every page id below the high-water mark, whether a tree still uses it.
    """
    gather = Gather(file.data, file.size)
    pages, trusted_end = _candidates(file, gather, used)
    reached = np.cumsum(pages.elements)
    total = int(reached[-1]) if len(reached) > 0 else 0
    edges = [
        *np.searchsorted(reached, range(0, total, CHUNK_ELEMENTS), "right").tolist(),
        len(reached),
    ]
    for start, stop in pairwise(edges):
        if start < stop:
            chosen = slice(start, stop)
            yield _elements(file, gather, pages.select(chosen), trusted_end[chosen])


def inline_buckets(file: BboltFile, stale: StaleElements, name: bytes) -> Iterator[StaleElements]:
    """The elements of inline copies of a bucket found in stale root pages."""
    gather = Gather(file.data, file.size)
    candidates = stale.is_bucket & (stale.key_size == len(name))
    for index in np.flatnonzero(candidates).tolist():
        key, value = int(stale.key[index]), int(stale.value[index])
        start, end = value + BUCKET_HEADER.size, value + int(stale.value_size[index])
        is_named = file.data[key : key + len(name)] == name
        if not is_named or end - start < PAGE_HEADER.size:
            continue
        root, _ = BUCKET_HEADER.unpack_from(file.data, value)
        _, flags, count, _ = PAGE_HEADER.unpack_from(file.data, start)
        if root == 0 and flags == PageFlag.LEAF and 0 < count * ELEMENT_SIZE <= end - start:
            columns = (int(stale.page[index]), start, end, count)
            page = Pages(*(np.array([number], np.int64) for number in columns))
            yield _elements(file, gather, page, page.end)


def _candidates(file: BboltFile, gather: Gather, used: Mask) -> tuple[Pages, Integers]:
    """Unused leaf pages, recognised by their headers, and where the trusted part of each ends."""
    size = file.page_size
    total = file.size // size
    ids = np.arange(total)
    offset = ids * size
    rest = gather.words(offset + 8)
    flags = (rest & np.uint64(0xFFFF)).astype(np.int64)
    is_start = (gather.words(offset) == ids.astype(np.uint64)) & np.isin(flags, _PAGE_KINDS)
    is_used = np.zeros(total, np.bool_)
    is_used[: len(used)] = used[:total]
    count = ((rest >> np.uint64(16)) & np.uint64(0xFFFF)).astype(np.int64)
    last = ids + (rest >> np.uint64(32)).astype(np.int64)
    room = (np.minimum(last, total) + 1 - ids) * size - PAGE_HEADER.size
    chosen = is_start & ~is_used & (flags == PageFlag.LEAF) & (ids >= FIRST_DATA_PAGE)
    chosen &= (count > 0) & (last < total) & (count * ELEMENT_SIZE <= room)
    found = np.flatnonzero(chosen)
    pages = Pages(found, offset[found], (last[found] + 1) * size, count[found])
    trusted_end = pages.end.copy()
    for index in np.flatnonzero(last[found] > found).tolist():
        overflow = slice(int(found[index]) + 1, int(last[found[index]]) + 1)
        taken = np.flatnonzero((is_start | is_used)[overflow])
        if len(taken) > 0:
            trusted_end[index] = (overflow.start + int(taken[0])) * size
    return pages, trusted_end


def _elements(
    file: BboltFile, gather: Gather, pages: Pages, trusted_end: Integers
) -> StaleElements:
    leaf = np.repeat(np.arange(len(pages.id)), pages.elements)
    starts = np.cumsum(pages.elements) - pages.elements
    element = pages.offset[leaf] + PAGE_HEADER.size
    element += (np.arange(len(leaf)) - starts[leaf]) * ELEMENT_SIZE
    first, second = gather.words(element), gather.words(element + 8)
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    key = element + (first >> half).astype(np.int64)
    key_size, value_size = (second & low).astype(np.int64), (second >> half).astype(np.int64)
    end = key + key_size + value_size
    whole = _whole_pages(file, pages, trusted_end, starts, key, end)
    chosen = whole[leaf] & (end <= trusted_end[leaf])
    value = key + key_size
    is_bucket = (first & low) == BUCKET_LEAF_FLAG
    is_suspect = (trusted_end < pages.end)[leaf]
    return StaleElements(
        leaf, pages.id[leaf], key, key_size, value, value_size, is_bucket, is_suspect
    ).select(chosen)


def _whole_pages(
    file: BboltFile,
    pages: Pages,
    trusted_end: Integers,
    starts: Integers,
    key: Integers,
    end: Integers,
) -> Mask:
    """Which pages are densely packed, within bounds, and zero after their last element."""
    expected = np.empty_like(key)
    expected[1:] = end[:-1]
    expected[starts] = pages.offset + PAGE_HEADER.size + pages.elements * ELEMENT_SIZE
    last_end = end[starts + pages.elements - 1]
    whole: Mask = np.logical_and.reduceat(key == expected, starts) & (last_end <= pages.end)
    for index in np.flatnonzero(whole & (trusted_end == pages.end)).tolist():
        slack = file.data[int(last_end[index]) : int(pages.end[index])]
        whole[index] = slack.count(0) == len(slack)
    return whole


def open_without_meta(path: str | os.PathLike[str]) -> BboltFile:
    """Map a file whose meta pages are both damaged: nothing is reachable, everything can be carved.

    The page size is the one for which most pages carry their own id.

    Raises:
        SourceError: the file cannot be read, or no page carries its own id.
    """
    name = os.fspath(path)
    try:
        stream = open(name, "rb")  # noqa: SIM115, PTH123 it stays open as long as the mapping
        data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise SourceError(f"cannot be read: {error}", path=name) from error
    gather = Gather(data, len(data))
    scores = {size: _pages_in_place(gather, size) for size in PAGE_SIZES}
    best = max(scores, key=lambda size: scores[size] * size)
    if scores[best] == 0:
        raise SourceError("is no bbolt file: no page carries its own id", path=name)
    pages = len(data) // best
    meta = Meta(MAGIC, VERSION, best, 0, NO_PAGE, 0, NO_FREELIST, pages, 0, 0)
    file = BboltFile(name, stream, data, len(data), (None, None), meta)
    file.damage.append(Damage(DamageCode.NO_META_PAGE, name))
    return file


def empty_file(name: str) -> BboltFile:
    """A file without pages, used in place of a missing database."""
    size = max(PAGE_SIZES)
    meta = Meta(MAGIC, VERSION, size, 0, NO_PAGE, 0, NO_FREELIST, 0, 0, 0)
    data = mmap.mmap(-1, size, prot=mmap.PROT_READ)
    return BboltFile(name, io.BytesIO(), data, size, (None, None), meta)


def _pages_in_place(gather: Gather, size: int) -> int:
    ids = np.arange(1, gather.size // size)
    flags = gather.words(ids * size + 8) & np.uint64(0xFFFF)
    in_place = gather.words(ids * size) == ids.astype(np.uint64)
    return int((in_place & np.isin(flags.astype(np.int64), _PAGE_KINDS)).sum())
