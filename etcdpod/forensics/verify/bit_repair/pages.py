"""Finds the bit flip in a page's headers that repairs the page.

Pages are redundant: the id is the position, elements are adjacent, keys ascend, and zeros follow
the last element. So a flipped bit in a header can be found.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from etcdpod.etcd.bbolt.layout import (
    BRANCH_ELEMENT,
    ELEMENT_SIZE,
    FIRST_DATA_PAGE,
    LEAF_ELEMENT,
    META,
    PAGE_HEADER,
    PageFlag,
    meta_fault,
)
from etcdpod.forensics.verify.bit_repair.keys import hole_repairs, sub_repairs
from etcdpod.forensics.verify.bit_repair.proof import proves_trailer
from etcdpod.forensics.verify.bit_repair.records import record_flips
from etcdpod.forensics.verify.model import Repair, VerifiedSource
from etcdpod.forensics.verify.tree_order import page_entries

if TYPE_CHECKING:
    from etcdpod.damage import Damage
    from etcdpod.etcd.bbolt.file import BboltFile

MOST_ELEMENTS = 1024
"""Maximum number of elements of a page to search."""
LARGEST_PAGE = 1 << 21


def page_repairs(subject: VerifiedSource, damage: Damage) -> tuple[Repair, ...]:
    """The bit flip that repairs the page of a defect, if there is one."""
    store = subject.store
    if store is None or damage.page is None or subject.seconds_left() <= 0:
        return ()
    file, page = store.file, damage.page
    if not 0 <= page < file.page_count:
        return ()
    if page < FIRST_DATA_PAGE:
        return _meta_repairs(file, page)
    found = _page_flips(file, page, subject)
    if not found and damage.offset is not None:
        found = record_flips(file, page, damage.offset)
    if not found and damage.offset is not None and damage.key is not None:
        found = hole_repairs(store, damage.key, damage.offset)
    if not found:
        found = sub_repairs(store, page)
    return proves_trailer(store, found)


def _meta_repairs(file: BboltFile, page: int) -> tuple[Repair, ...]:
    """The bit flip of a meta page that makes its checksum match."""
    start = page * file.page_size
    content = bytearray(file.data[start : start + PAGE_HEADER.size + META.size])
    if meta_fault(bytes(content), 0) is None:
        return ()
    for offset in range(PAGE_HEADER.size, len(content)):
        for bit in range(8):
            content[offset] ^= 1 << bit
            sound = meta_fault(bytes(content), 0) is None
            content[offset] ^= 1 << bit
            if sound:
                proof = "the checksum of the meta page is right with it"
                return (Repair(start + offset, bit, content[offset], proof, proven=True),)
    return ()


def _page_flips(file: BboltFile, page: int, subject: VerifiedSource) -> list[Repair]:
    start = page * file.page_size
    header = PAGE_HEADER.unpack_from(file.data, start)
    size = _extent(file, page)
    content = bytearray(file.data[start : start + size])
    if is_sound_page(content, page, file.page_size):
        return _child_flips(file, page, content)
    elements = min(header[2], MOST_ELEMENTS)
    limit = min(PAGE_HEADER.size + elements * ELEMENT_SIZE, len(content))
    found = []
    for offset in range(limit):
        if subject.seconds_left() <= 0:
            break
        for bit in range(8):
            content[offset] ^= 1 << bit
            if is_sound_page(content, page, file.page_size):
                proof = "the page is sound with it"
                found.append(Repair(start + offset, bit, content[offset] ^ (1 << bit), proof))
            content[offset] ^= 1 << bit
    return found


def _extent(file: BboltFile, page: int) -> int:
    """Maximum size of a page in bytes: up to the next valid page."""
    last = page + 1
    while last < file.page_count and (last - page) * file.page_size < LARGEST_PAGE:
        header = file.page_header(last)
        if header is not None and header.id == last:
            break
        last += 1
    return (last - page) * file.page_size


def is_sound_page(content: bytearray, page: int, page_size: int) -> bool:
    """Whether the bytes are a sound page ``page``, as etcd writes it."""
    number, flags, count, overflow = PAGE_HEADER.unpack_from(content, 0)
    if number != page or flags not in (PageFlag.BRANCH, PageFlag.LEAF) or count == 0:
        return False
    end = (overflow + 1) * page_size
    if end > len(content) or PAGE_HEADER.size + count * ELEMENT_SIZE > end:
        return False
    keys = []
    expected = PAGE_HEADER.size + count * ELEMENT_SIZE
    for index in range(count):
        element = PAGE_HEADER.size + index * ELEMENT_SIZE
        if flags == PageFlag.BRANCH:
            position, key_size, _ = BRANCH_ELEMENT.unpack_from(content, element)
            value_size = 0
        else:
            bucket, position, key_size, value_size = LEAF_ELEMENT.unpack_from(content, element)
            if bucket > 1:
                return False
        if element + position != expected or key_size == 0:
            return False
        expected += key_size + value_size
        if expected > end:
            return False
        keys.append(bytes(content[element + position : element + position + key_size]))
    # overflow pages are never unused
    if overflow > 0 and expected <= end - page_size:
        return False
    return not any(content[expected:end]) and all(a < b for a, b in pairwise(keys))


def _child_flips(file: BboltFile, page: int, content: bytearray) -> list[Repair]:
    """The bit flips of a child id, in a sound branch, that lead to the right page."""
    number, flags, count, _ = PAGE_HEADER.unpack_from(content, 0)
    del number
    found: list[Repair] = []
    if flags != PageFlag.BRANCH:
        return found
    children = [
        BRANCH_ELEMENT.unpack_from(content, PAGE_HEADER.size + index * ELEMENT_SIZE)
        for index in range(count)
    ]
    ids = [child for _, _, child in children]
    for index, (position, key_size, child) in enumerate(children):
        element = PAGE_HEADER.size + index * ELEMENT_SIZE
        key = bytes(content[element + position : element + position + key_size])
        if _begins_with(file, child, key) and ids.count(child) == 1:
            continue
        for bit in range(64):
            other = child ^ (1 << bit)
            if other not in ids and _begins_with(file, other, key):
                offset = element + 8 + bit // 8
                proof = "the page that it then names begins with the key of the branch"
                place = page * file.page_size + offset
                found.append(Repair(place, bit % 8, content[offset], proof))
    return found


def _begins_with(file: BboltFile, page: int, key: bytes) -> bool:
    """Whether a page belongs to a tree and its first key is ``key`` or just above it."""
    header = file.page_header(page) if FIRST_DATA_PAGE <= page < file.page_count else None
    if header is None or header.id != page:
        return False
    entries, _ = page_entries(file, page)
    return bool(entries) and entries[0].key == key
