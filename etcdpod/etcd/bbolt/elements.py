"""The elements of many pages at once, as arrays, each checked against the bounds of its page.

Writers pack elements densely and in order: the first key follows the element headers, and every
later key follows the previous value (on a branch page, the previous key). A gap is reported as a
defect, but the element is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.damage import DamageCode
from etcdpod.etcd.bbolt.layout import ELEMENT_SIZE, PAGE_HEADER

if TYPE_CHECKING:
    from etcdpod.etcd.bbolt.defects import Defects
    from etcdpod.etcd.bbolt.gather import Gather, Integers, Mask, Words

LEAF_ELEMENT = np.dtype(
    [("flags", "<u4"), ("position", "<u4"), ("key_size", "<u4"), ("value_size", "<u4")]
)
BRANCH_ELEMENT = np.dtype([("position", "<u4"), ("key_size", "<u4"), ("child", "<u8")])
"""Element layouts as in ``layout``; positions are relative to the start of the element."""


class Pages(NamedTuple):
    """Pages as columns, in key order."""

    id: Integers
    """Page id; 0 for an inline page."""
    offset: Integers
    """Byte offset of the page header."""
    end: Integers
    """Byte offset of the end of the page with its overflow."""
    elements: Integers
    """The number of elements."""

    def select(self, chosen: Mask | Integers | slice) -> Pages:
        """The pages selected by a mask, an index array or a slice."""
        return Pages(*(column[chosen] for column in self))


def pages_of(*fields: int) -> Pages:
    """A single page with the given id, offset, end and count; with no fields, no pages."""
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
    """The elements of leaf pages; those that exceed their page are reported and left out."""
    page, offset = _spread(pages)
    found = gather.structures(offset, LEAF_ELEMENT)
    key = offset + found["position"]
    key_size, value_size = (found[name].astype(np.int64) for name in ("key_size", "value_size"))
    inside = _inside(pages, page, key, key + key_size + value_size, defects)
    flags = found["flags"].astype(np.int64)
    columns = (pages.id[page], flags, key, key_size, key + key_size, value_size)
    if inside.all():
        return Elements(*columns)
    return Elements(*(column[inside] for column in columns))


def branch_elements(gather: Gather, pages: Pages, defects: Defects) -> tuple[Words, Integers]:
    """The child page ids of branch pages in order, and the index of each child's parent page."""
    page, offset = _spread(pages)
    found = gather.structures(offset, BRANCH_ELEMENT)
    key = offset + found["position"]
    _inside(pages, page, key, key + found["key_size"], defects)
    # The child of an element with a damaged key is still followed: it has its own checks.
    return found["child"].astype(np.uint64), page


def _spread(pages: Pages) -> tuple[Integers, Integers]:
    """For every element, the index of its page and the byte offset of its header."""
    page = np.repeat(np.arange(len(pages.elements)), pages.elements)
    starts = np.cumsum(pages.elements) - pages.elements
    number = np.arange(len(page)) - starts[page]
    return page, pages.offset[page] + PAGE_HEADER.size + number * ELEMENT_SIZE


def _inside(pages: Pages, page: Integers, key: Integers, end: Integers, defects: Defects) -> Mask:
    """Which elements lie within their page and end before the next one begins.

    This bounds the elements of a page by the size of the page, whatever their headers claim.
    """
    data_start = pages.offset + PAGE_HEADER.size + pages.elements * ELEMENT_SIZE
    outside = (key < data_start[page]) | (end > pages.end[page])
    last = np.ones(len(page), np.bool_)
    last[:-1] = page[1:] != page[:-1]
    over = np.zeros(len(page), np.bool_)
    over[:-1] = ~last[:-1] & ~outside[1:] & (end[:-1] > key[1:])
    gap = np.zeros(len(page), np.bool_)
    gap[:-1] = ~last[:-1] & (end[:-1] < key[1:])
    first = np.ones(len(page), np.bool_)
    first[1:] = last[:-1]
    gap[first] |= key[first] > data_start[page[first]]
    for fault, code in (
        (outside, DamageCode.ELEMENT_OUTSIDE_PAGE),
        (over & ~outside, DamageCode.ELEMENTS_OVERLAP),
        (gap & ~outside, DamageCode.ELEMENTS_APART),
    ):
        if fault.any():
            defects.many(code, pages.id[page[fault]], key[fault])
    return ~outside & ~over
