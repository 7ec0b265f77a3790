"""The elements of many pages at once, as arrays, each checked against its page.

Writers pack elements densely in order: the first key follows the element headers, every further
key the value (on a branch page: the key) before it. A gap is a defect, though the element counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.formats.bbolt.layout import ELEMENT_SIZE, PAGE_HEADER
from etcdpod.records import Severity

if TYPE_CHECKING:
    from etcdpod.formats.bbolt.defects import Defects
    from etcdpod.formats.bbolt.gather import Gather, Integers, Mask, Words

_LOW_HALF = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


class Pages(NamedTuple):
    """Pages as columns, in key order."""

    id: Integers
    """Page id; 0 for an inline page."""
    offset: Integers
    """Byte offset of the page header."""
    end: Integers
    """Byte offset of the end of the page with its overflow."""
    elements: Integers
    """Elements."""

    def select(self, chosen: Mask | Integers | slice) -> Pages:
        """The pages that a mask, an order of indexes or a slice chooses."""
        return Pages(*(column[chosen] for column in self))


def pages_of(*fields: int) -> Pages:
    """One page of the given id, offset, end and count; without fields none."""
    columns = [[field] for field in fields] or [[], [], [], []]
    return Pages(*(np.array(column, np.int64) for column in columns))


class Elements(NamedTuple):
    """Leaf elements as columns, in key order; offsets count bytes from the start of the file."""

    page: Integers
    """Page id; 0 for an inline page."""
    flags: Integers
    key: Integers
    """Byte offset of the key."""
    key_size: Integers
    value: Integers
    """Byte offset of the value."""
    value_size: Integers


def leaf_elements(gather: Gather, pages: Pages, defects: Defects) -> Elements:
    """The elements of leaf pages; those that do not lie in their page are reported and left out.

    Leaf element: ``u32 flags; u32 pos; u32 ksize; u32 vsize``, pos counted from the element.
    """
    page, element = _spread(pages)
    first, second = gather.words(element), gather.words(element + 8)
    key = element + _high(first)
    key_size, value_size = _low(second), _high(second)
    end = key + key_size + value_size
    inside = _inside(pages, page, key, end, defects)
    _report_gaps(pages, page, key, end, inside, defects)
    columns = (pages.id[page], _low(first), key, key_size, key + key_size, value_size)
    if inside.all():
        return Elements(*columns)
    return Elements(*(column[inside] for column in columns))


def branch_elements(gather: Gather, pages: Pages, defects: Defects) -> tuple[Words, Integers]:
    """The child page ids of branch pages in order, and for each the index of its page.

    Branch element: ``u32 pos; u32 ksize; u64 child``, pos counted from the element.
    """
    page, element = _spread(pages)
    first, child = gather.words(element), gather.words(element + 8)
    key = element + _low(first)
    end = key + _high(first)
    inside = _inside(pages, page, key, end, defects)
    _report_gaps(pages, page, key, end, inside, defects)
    # The child of an element whose key is damaged is followed all the same: it proves itself.
    return child, page


def _spread(pages: Pages) -> tuple[Integers, Integers]:
    """For every element the index of its page and the byte offset of its header."""
    page = np.repeat(np.arange(len(pages.elements)), pages.elements)
    starts = np.cumsum(pages.elements) - pages.elements
    number = np.arange(len(page)) - starts[page]
    return page, pages.offset[page] + PAGE_HEADER.size + number * ELEMENT_SIZE


def _inside(pages: Pages, page: Integers, key: Integers, end: Integers, defects: Defects) -> Mask:
    data_start = pages.offset + PAGE_HEADER.size + pages.elements * ELEMENT_SIZE
    inside: Mask = (key >= data_start[page]) & (end <= pages.end[page])
    if not inside.all():
        outside = ~inside
        where = pages.id[page[outside]]
        defects.many("an element does not lie in its page", where, key[outside])
    return inside


def _report_gaps(
    pages: Pages, page: Integers, key: Integers, end: Integers, inside: Mask, defects: Defects
) -> None:
    expected = np.empty_like(key)
    expected[1:] = end[:-1]
    starts = (np.cumsum(pages.elements) - pages.elements)[pages.elements > 0]
    filled = pages.select(pages.elements > 0)
    expected[starts] = filled.offset + PAGE_HEADER.size + filled.elements * ELEMENT_SIZE
    gap = inside & (key != expected)
    if gap.any():
        what = "the elements do not join: one may be missing or misread"
        defects.many(what, pages.id[page[gap]], key[gap], Severity.WARNING)


def _low(words: Words) -> Integers:
    return (words & _LOW_HALF).astype(np.int64)


def _high(words: Words) -> Integers:
    return (words >> _HALF).astype(np.int64)
