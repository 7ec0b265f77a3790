"""The structures against the bytes of a db that etcd 3.5.1 wrote."""

from __future__ import annotations

import pytest

from etcdpod.damage import Fault, FaultCode
from etcdpod.etcd.bbolt.layout import (
    LEAF_ELEMENT,
    NO_FREELIST,
    PAGE_HEADER,
    PageFlag,
    fnv1a64,
    meta_fault,
    read_meta,
)

META_0 = bytes.fromhex(
    "00000000000000000400000000000000 edda0ced 02000000 00100000 00000000 0200000000000000"
    "0000000000000000 ffffffffffffffff 0500000000000000 0c00000000000000 8854756c6687453b"
)
META_1 = bytes.fromhex(
    "01000000000000000400000000000000 edda0ced 02000000 00100000 00000000 0800000000000000"
    "0000000000000000 ffffffffffffffff 0900000000000000 0d00000000000000 dff4ec77e0647cf3"
)


@pytest.mark.parametrize(
    ("data", "expected"), [(b"", 0xCBF29CE484222325), (b"a", 0xAF63DC4C8601EC8C)]
)
def test_checksums_are_64_bit_fnv_1a(data, expected):
    assert fnv1a64(data) == expected


@pytest.mark.parametrize(
    ("page", "root", "high_water_mark", "txid"), [(META_0, 2, 5, 12), (META_1, 8, 9, 13)]
)
def test_a_meta_page_of_etcd_is_read_and_accepted(page, root, high_water_mark, txid):
    meta = read_meta(page, 0)
    assert meta is not None
    assert (meta.root, meta.high_water_mark, meta.txid) == (root, high_water_mark, txid)
    assert (meta.page_size, meta.freelist) == (4096, NO_FREELIST)
    assert meta_fault(page, 0) is None


@pytest.mark.parametrize(
    ("offset", "fault"),
    [
        (16, FaultCode.NO_MAGIC),
        (20, FaultCode.FORMAT_VERSION),
        (32, FaultCode.CHECKSUM_MISMATCH),
        (64, FaultCode.CHECKSUM_MISMATCH),
        (72, FaultCode.CHECKSUM_MISMATCH),
    ],
)
def test_a_meta_page_with_one_flipped_bit_is_refused_and_says_why(offset, fault):
    page = bytearray(META_1)
    page[offset] ^= 0x10
    assert meta_fault(bytes(page), 0).code is fault


def test_a_meta_page_that_the_file_cuts_is_no_meta_page():
    assert read_meta(META_0[:79], 0) is None
    assert meta_fault(META_0[:79], 0) == Fault(FaultCode.BEYOND_FILE)


def test_page_and_element_headers_are_read_field_by_field():
    header = PAGE_HEADER.unpack(bytes.fromhex("080000000000000002000a0000000000"))
    assert header == (8, PageFlag.LEAF, 10, 0)
    element = LEAF_ELEMENT.unpack(bytes.fromhex("01000000a00000000500000020000000"))
    assert element == (1, 160, 5, 32)
