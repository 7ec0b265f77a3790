"""The structures of a bbolt file: sizes, offsets and constants.

A file is an array of pages; pages 0 and 1 hold the two meta structures. Integers use the byte
order of the machine that wrote the file: little-endian everywhere except on s390x.

References:
    https://github.com/etcd-io/bbolt/blob/main/internal/common/page.go
    https://github.com/etcd-io/bbolt/blob/main/internal/common/meta.go
    https://github.com/etcd-io/bbolt/blob/main/internal/common/bucket.go
"""

from __future__ import annotations

import struct
from enum import IntFlag
from typing import TYPE_CHECKING, NamedTuple

from etcdpod.damage import Fault, FaultCode

if TYPE_CHECKING:
    from mmap import mmap

MAGIC = 0xED0CDAED
VERSION = 2
PAGE_SIZES = tuple(1024 << shift for shift in range(15))
"""The page sizes that bbolt tries when the first meta page is unreadable."""
PAGE_HEADER = struct.Struct("<QHHI")
META = struct.Struct("<IIIIQQQQQQ")
CHECKSUMMED_META_SIZE = 56
BRANCH_ELEMENT = struct.Struct("<IIQ")
LEAF_ELEMENT = struct.Struct("<IIII")
ELEMENT_SIZE = 16
FIRST_DATA_PAGE = 2
"""The number of meta pages: pages 0 and 1."""
BUCKET_HEADER = struct.Struct("<QQ")
BUCKET_LEAF_FLAG = 0x01
"""Flag of a leaf element whose value is a nested bucket."""
NO_FREELIST = 0xFFFFFFFFFFFFFFFF
"""Freelist page id of a file that does not store its freelist, as written by etcd on Linux."""
TRAILER_SIZE = 32
"""Size in bytes of the SHA-256 that ``etcdctl snapshot save`` appends after the last page."""
TRAILER_ALIGNMENT = 512
"""A file with a trailer has a size of 32 modulo this value (etcd's own check)."""

_FNV_OFFSET = 0xCBF29CE484222325
_FNV_PRIME = 0x100000001B3
_MASK_64 = 0xFFFFFFFFFFFFFFFF


class PageFlag(IntFlag):
    """What a page holds; exactly one flag is set."""

    BRANCH = 0x01
    LEAF = 0x02
    META = 0x04
    FREELIST = 0x10


class PageHeader(NamedTuple):
    """The first 16 bytes of a page: ``u64 id; u16 flags; u16 count; u32 overflow``."""

    id: int
    flags: int
    elements: int
    overflow: int
    """The number of further contiguous pages that belong to this one; they have no header."""


class Meta(NamedTuple):
    """The 64 bytes after the header of a meta page."""

    magic: int
    version: int
    page_size: int
    flags: int
    root: int
    """Page id of the root bucket."""
    sequence: int
    freelist: int
    high_water_mark: int
    """The lowest page id that was never allocated."""
    txid: int
    checksum: int


def fnv1a64(data: bytes) -> int:
    """The 64-bit FNV-1a hash of ``data``: the checksum of a meta page."""
    value = _FNV_OFFSET
    for byte in data:
        value = ((value ^ byte) * _FNV_PRIME) & _MASK_64
    return value


def read_meta(data: mmap | bytes, page_offset: int) -> Meta | None:
    """The meta structure of the page at byte ``page_offset``, not validated.

    None if the file ends before the structure does.
    """
    start = page_offset + PAGE_HEADER.size
    if start + META.size > len(data):
        return None
    return Meta._make(META.unpack_from(data, start))


def meta_fault(data: mmap | bytes, page_offset: int) -> Fault | None:
    """Why the meta page at byte ``page_offset`` cannot be trusted; None if it can."""
    meta = read_meta(data, page_offset)
    if meta is None:
        return Fault(FaultCode.BEYOND_FILE)
    if meta.magic != MAGIC:
        return Fault(FaultCode.NO_MAGIC)
    if meta.version != VERSION:
        return Fault(FaultCode.FORMAT_VERSION, meta.version, VERSION)
    start = page_offset + PAGE_HEADER.size
    if fnv1a64(data[start : start + CHECKSUMMED_META_SIZE]) != meta.checksum:
        return Fault(FaultCode.CHECKSUM_MISMATCH)
    if meta.page_size not in PAGE_SIZES:
        return Fault(FaultCode.PAGE_SIZE, meta.page_size)
    return None
