"""mvccpb.KeyValue: locates its fields, in many values at once or in one value of any encoding.

References:
    https://github.com/etcd-io/etcd/blob/main/api/mvccpb/kv.proto
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.etcd.mvcc.varint import (
    FieldReader,
    TaggedVarints,
    read_tagged,
    read_varint,
    write_varint,
)

if TYPE_CHECKING:
    from etcdpod.etcd.bbolt.gather import Gather, Integers, Mask

KEY, CREATE_REVISION, MOD_REVISION, VERSION, VALUE, LEASE = 0x0A, 0x10, 0x18, 0x20, 0x2A, 0x30
"""Tag bytes: field number times eight, plus wire type."""
MAX_FIELDS = 64
"""The maximum number of fields parsed; a KeyValue has six, so more would only waste time."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class KeyValue(NamedTuple):
    """One KeyValue; offsets are relative to the start of the message."""

    key_offset: int
    key_size: int
    create_revision: int
    mod_revision: int
    version: int
    value_offset: int
    value_size: int
    lease: int


class KeyValues(NamedTuple):
    """Many KeyValues as columns; offsets are relative to the start of the file."""

    key_offset: Integers
    key_size: Integers
    create_revision: Integers
    mod_revision: Integers
    version: Integers
    value_offset: Integers
    value_size: Integers
    lease: Integers


def read_key_values(gather: Gather, offset: Integers, size: Integers) -> tuple[KeyValues, Mask]:
    """The messages at ``offset``, and which of them were understood.

    Understood are messages in the order and encoding that etcd writes; the rest is left to
    ``parse_key_value``.
    """
    end = offset + size
    field = read_tagged(gather, offset)
    key_offset, key_size = field.end, _signed(field)
    understood = (field.tag == KEY) & (field.end > 0) & (key_size > 0)
    understood &= key_size <= end - key_offset
    columns = KeyValues(key_offset, key_size, *(np.zeros(len(offset), np.int64) for _ in range(6)))
    # A tombstone has only a key.
    rows = np.flatnonzero(understood & (key_offset + key_size < end))
    fields = FieldReader(gather, (key_offset + key_size)[rows])
    for tag, column in (
        (CREATE_REVISION, columns.create_revision),
        (MOD_REVISION, columns.mod_revision),
        (VERSION, columns.version),
    ):
        field = fields.next()
        good = (field.tag == tag) & (field.end > 0) & (field.end <= end[rows])
        understood[rows[~good]] = False
        column[rows] = _signed(field)
    behind = _read_values(fields, columns, understood, rows, end)
    leased = understood[rows] & (behind < end[rows])
    _read_leases(gather, columns, understood, rows[leased], behind[leased], end)
    return columns, understood


def _read_values(
    fields: FieldReader, columns: KeyValues, understood: Mask, rows: Integers, end: Integers
) -> Integers:
    """Fill in where the values lie; returns the offset after each, or its start if absent."""
    start, limit = fields.offset, end[rows]
    field = fields.next()
    present = (field.tag == VALUE) & (start < limit)
    size = _signed(field)
    good = (field.end > 0) & (size >= 0) & (size <= limit - field.end)
    understood[rows[present & ~good]] = False
    columns.value_offset[rows] = np.where(present, field.end, 0)
    columns.value_size[rows] = np.where(present, size, 0)
    return np.where(present, field.end + size, start)


def _read_leases(
    gather: Gather,
    columns: KeyValues,
    understood: Mask,
    rows: Integers,
    position: Integers,
    end: Integers,
) -> None:
    field = read_tagged(gather, position)
    good = (field.tag == LEASE) & (field.end == end[rows])
    understood[rows[~good]] = False
    columns.lease[rows] = _signed(field)


def _signed(field: TaggedVarints) -> Integers:
    return field.value.view(np.int64)


def parse_key_value(data: bytes) -> KeyValue | None:
    """The fields of one message in any order, unknown ones skipped; None if malformed."""
    numbers = dict.fromkeys((CREATE_REVISION, MOD_REVISION, VERSION, LEASE), 0)
    spans = {KEY: (0, 0), VALUE: (0, 0)}
    offset = fields = 0
    while offset < len(data):
        fields += 1
        read = read_varint(data, offset)
        if read is None or fields > MAX_FIELDS:
            return None
        tag, start = read
        field = _skip(data, tag & 7, start)
        if field is None:
            return None
        start, value, offset = field
        if tag in numbers:
            numbers[tag] = value - (1 << 64) if value >> 63 else value
        elif tag in spans:
            spans[tag] = (start, offset - start)
    return KeyValue(
        *spans[KEY],
        numbers[CREATE_REVISION],
        numbers[MOD_REVISION],
        numbers[VERSION],
        *spans[VALUE],
        numbers[LEASE],
    )


def as_etcd_writes_it(data: bytes, parsed: KeyValue) -> bool:
    """Whether ``data`` is etcd's own encoding of ``parsed``: in order, zero fields omitted."""
    encoded = bytearray()
    for tag, content in (
        (KEY, data[parsed.key_offset : parsed.key_offset + parsed.key_size]),
        (CREATE_REVISION, parsed.create_revision),
        (MOD_REVISION, parsed.mod_revision),
        (VERSION, parsed.version),
        (VALUE, data[parsed.value_offset : parsed.value_offset + parsed.value_size]),
        (LEASE, parsed.lease),
    ):
        if isinstance(content, bytes):
            field = write_varint(len(content)) + content if content else b""
        else:
            field = write_varint(content) if content != 0 else b""
        encoded += bytes([tag]) + field if field else b""
    return data == encoded


def _skip(data: bytes, wire_type: int, offset: int) -> tuple[int, int, int] | None:
    """Start, field number and end of the field content at ``offset``; None if malformed."""
    if wire_type in (_FIXED64, _FIXED32):
        end = offset + (8 if wire_type == _FIXED64 else 4)
        return (offset, 0, end) if end <= len(data) else None
    read = read_varint(data, offset)
    if read is None or wire_type not in (_VARINT, _BYTES):
        return None
    value, end = read
    if wire_type == _VARINT:
        return end, value, end
    return (end, 0, end + value) if value <= len(data) - end else None
