"""Looks up one key in the newest committed state of a file that may be changing at the same time.

A writer never overwrites a page of the newest committed tree, nor of the previous tree until the
next transaction begins. So a result is valid if the metas did not change while it was computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.etcd.bbolt.layout import (
    BRANCH_ELEMENT,
    BUCKET_HEADER,
    ELEMENT_SIZE,
    LEAF_ELEMENT,
    PAGE_HEADER,
    PageFlag,
)

if TYPE_CHECKING:
    from etcdpod.etcd.bbolt.file import BboltFile

MAX_DEPTH = 32


def find(file: BboltFile, bucket: bytes, key: bytes) -> tuple[int, int] | None:
    """Byte offset and size of the value of ``key`` in ``bucket``; None if the key is absent."""
    entry = _find_in_tree(file, file.meta.root, bucket)
    if entry is None or entry[1] < BUCKET_HEADER.size:
        return None
    offset, size = entry
    root, _ = BUCKET_HEADER.unpack_from(file.data, offset)
    if root != 0:
        return _find_in_tree(file, root, key)
    inline = offset + BUCKET_HEADER.size
    return _find_on_leaf(file, inline, offset + size, key)


def _find_in_tree(file: BboltFile, page: int, key: bytes) -> tuple[int, int] | None:
    for _ in range(MAX_DEPTH):
        header = file.page_header(page)
        if header is None or header.id != page:
            return None
        start = page * file.page_size
        end = min((page + header.overflow + 1) * file.page_size, file.size)
        if header.flags == PageFlag.LEAF:
            return _find_on_leaf(file, start, end, key)
        if header.flags != PageFlag.BRANCH:
            return None
        child = _child(file, start, end, key)
        if child is None:
            return None
        page = child
    return None


def _child(file: BboltFile, start: int, end: int, key: bytes) -> int | None:
    """The child of a branch page that would hold ``key``."""
    _, _, count, _ = PAGE_HEADER.unpack_from(file.data, start)
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        element = start + PAGE_HEADER.size + middle * ELEMENT_SIZE
        if element + ELEMENT_SIZE > end:
            return None
        position, size, _ = BRANCH_ELEMENT.unpack_from(file.data, element)
        if file.data[element + position : min(element + position + size, end)] <= key:
            low = middle + 1
        else:
            high = middle
    element = start + PAGE_HEADER.size + max(low - 1, 0) * ELEMENT_SIZE
    if count == 0 or element + ELEMENT_SIZE > end:
        return None
    _, _, child = BRANCH_ELEMENT.unpack_from(file.data, element)
    return int(child)


def _find_on_leaf(file: BboltFile, start: int, end: int, key: bytes) -> tuple[int, int] | None:
    if start + PAGE_HEADER.size > end:
        return None
    _, _, count, _ = PAGE_HEADER.unpack_from(file.data, start)
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        element = start + PAGE_HEADER.size + middle * ELEMENT_SIZE
        if element + ELEMENT_SIZE > end:
            return None
        _, position, key_size, size = LEAF_ELEMENT.unpack_from(file.data, element)
        value = element + position + key_size
        found = file.data[element + position : min(value, end)]
        if found == key:
            return (value, size) if value + size <= end else None
        low, high = (middle + 1, high) if found < key else (low, middle)
    return None
