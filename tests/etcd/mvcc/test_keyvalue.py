"""KeyValues read as arrays and one by one: both must agree, on etcd's bytes and on any others."""

from __future__ import annotations

import mmap

import numpy as np
import pytest
from bbolt_writer import key_value, varint
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etcdpod.etcd.bbolt.gather import Gather
from etcdpod.etcd.mvcc.keyvalue import (
    KeyValue,
    as_etcd_writes_it,
    parse_key_value,
    read_key_values,
)
from etcdpod.etcd.mvcc.varint import read_tagged, read_varint

PADDING = b"\x7f" * 24
"""Bytes after a message that would show a read beyond its end."""

numbers = st.integers(0, 2**63 - 1) | st.integers(0, 300)
leases = numbers | st.integers(-(2**63), -1)
messages = st.builds(
    key_value,
    st.binary(min_size=1, max_size=200),
    create=numbers,
    mod=numbers,
    version=numbers,
    value=st.binary(max_size=300),
    lease=leases,
)


def gather_of(data: bytes) -> Gather:
    mapping = mmap.mmap(-1, max(len(data), 1))
    mapping[: len(data)] = data
    return Gather(mapping, len(data))


def read_as_arrays(messages: list[bytes]) -> list[KeyValue | None]:
    """Each message as ``read_key_values`` sees it, None where it did not understand it."""
    data, offsets = b"", []
    for message in messages:
        offsets.append(len(data))
        data += message + PADDING
    sizes = np.array([len(message) for message in messages], np.int64)
    columns, understood = read_key_values(gather_of(data), np.array(offsets, np.int64), sizes)
    found: list[KeyValue | None] = []
    for row, offset in enumerate(offsets):
        read = KeyValue(*(int(column[row]) for column in columns))
        start = read.value_offset - offset if read.value_size else 0
        relative = read._replace(key_offset=read.key_offset - offset, value_offset=start)
        found.append(relative if understood[row] else None)
    return found


def test_the_rows_of_etcd():
    update = bytes.fromhex(
        "0a182f72656769737472792f706f64732f64656661756c742f61 1002 1803 2002 2a027632"
    )
    tombstone = bytes.fromhex("0a182f72656769737472792f706f64732f64656661756c742f61")
    assert read_as_arrays([update, tombstone]) == [
        KeyValue(2, 24, 2, 3, 2, 34, 2, 0),
        KeyValue(2, 24, 0, 0, 0, 0, 0, 0),
    ]


@given(st.lists(messages, min_size=1, max_size=8))
@example([key_value(b"k", create=2, mod=2, version=1, lease=-1)])
@example([key_value(b"k", create=2**62, mod=2**62, version=1, value=b"v", lease=2**62)])
def test_both_readers_agree_on_what_etcd_writes(encoded):
    for message, fast in zip(encoded, read_as_arrays(encoded), strict=True):
        slow = parse_key_value(message)
        assert slow is not None
        if slow.value_size == 0:
            slow = slow._replace(value_offset=0)
        assert as_etcd_writes_it(message, slow)
        counters = (slow.create_revision, slow.mod_revision, slow.version)
        if fast is not None:
            assert fast == slow
        else:
            # No record of etcd has one zero among them, and no cluster has lived that long.
            assert 0 in counters or max(counters) >= 1 << 49


@settings(max_examples=300)
@given(st.data())
def test_the_fast_reader_never_differs_from_the_slow_one_on_damaged_bytes(data):
    message = bytearray(data.draw(messages))
    for _ in range(data.draw(st.integers(1, 3))):
        message[data.draw(st.integers(0, len(message) - 1))] ^= data.draw(st.integers(1, 255))
    message = bytes(message[: data.draw(st.integers(1, len(message)))])
    (fast,) = read_as_arrays([message])
    slow = parse_key_value(message)
    if fast is not None:
        assert slow is not None
        assert fast == (slow if slow.value_size else slow._replace(value_offset=0))


def test_fields_in_another_order_and_unknown_fields_are_read_one_by_one():
    message = (
        b"\x2a\x02v1" + b"\x20\x01" + b"\x18\x05" + b"\x10\x05" + b"\x0a\x01k"
        + b"\x3a\x03new" + b"\x41" + b"\0" * 8 + b"\x4d" + b"\0" * 4
    )  # fmt: skip
    assert read_as_arrays([message]) == [None]
    parsed = parse_key_value(message)
    assert parsed is not None
    assert not as_etcd_writes_it(message, parsed)
    assert message[parsed.key_offset : parsed.key_offset + parsed.key_size] == b"k"
    assert message[parsed.value_offset : parsed.value_offset + parsed.value_size] == b"v1"
    assert (parsed.create_revision, parsed.mod_revision, parsed.version) == (5, 5, 1)


@pytest.mark.parametrize(
    "message",
    [
        b"\x0a",
        b"\x0a\x05abc",
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x10" + b"\xff" * 11,
        b"\x0b",
        b"\x0a\x01k\x07\x00",
        b"\x0a\x01k\x2a\x05ab",
    ],
    ids=["cut", "short key", "huge key", "endless varint", "group", "wire type 7", "short value"],
)
def test_malformed_messages_are_refused_by_both(message):
    assert parse_key_value(message) is None
    assert read_as_arrays([message]) == [None]


@given(st.integers(0, 2**64 - 1), st.binary(max_size=20))
def test_varints_of_every_length(number, behind):
    data = b"\x30" + varint(number) + behind
    field = read_tagged(gather_of(data.ljust(30, b"\xff")), np.array([0], np.int64))
    assert (int(field.tag[0]), int(field.value[0])) == (0x30, number)
    assert int(field.end[0]) == 1 + len(varint(number))
    assert read_varint(data, 1) == (number, 1 + len(varint(number)))


def test_a_varint_without_an_end_has_none():
    field = read_tagged(gather_of(b"\x30" + b"\x80" * 30), np.array([0], np.int64))
    assert int(field.end[0]) == 0
    assert read_varint(b"\x80" * 30, 0) is None
    assert read_varint(b"\x80", 0) is None
