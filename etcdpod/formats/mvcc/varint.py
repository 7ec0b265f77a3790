"""Protobuf varints: many at once from a mapped file, or one from bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from etcdpod.formats.bbolt.gather import Gather, Integers, Words

MAX_BYTES = 10
_CONTINUATION = np.uint64(0x8080808080808080)
_PAYLOAD = np.uint64(0x7F7F7F7F7F7F7F7F)


class TaggedVarints(NamedTuple):
    """Protobuf fields of one tag byte and a varint each."""

    tag: Integers
    value: Words
    end: Integers
    """Offset of the first byte after the varint; 0 where it does not end within 10 bytes."""


def read_tagged(gather: Gather, offset: Integers) -> TaggedVarints:
    """The tag byte at each offset and the varint behind it. Tags above one byte read as tags."""
    word = gather.words(offset)
    tag = (word & np.uint64(0xFF)).astype(np.int64)
    value, length = _decode(word >> np.uint64(8), 7)
    end = np.where(length > 0, offset + 1 + length, 0)
    long = np.flatnonzero(length == 0)
    if len(long) > 0:
        value[long], long_length = _decode_long(gather, offset[long] + 1)
        end[long] = np.where(long_length > 0, offset[long] + 1 + long_length, 0)
    return TaggedVarints(tag, value, end)


def _decode(word: Words, available: int) -> tuple[Words, Integers]:
    """The varint in the low ``available`` bytes of each word, and its length (0: unterminated)."""
    mask = np.uint64((1 << (8 * available)) - 1)
    stop = ~word & _CONTINUATION & mask
    lowest = stop & (~stop + np.uint64(1))
    # A power of two is exact as a float, and its exponent is the number of the bit.
    exponent = (lowest.astype(np.float64).view(np.uint64) >> np.uint64(52)).astype(np.int64)
    length = np.where(stop != 0, (exponent - 1023 - 7) // 8 + 1, 0)
    value = word & (lowest - np.uint64(1)) & _PAYLOAD
    return _squeeze(value), length


def _decode_long(gather: Gather, offset: Integers) -> tuple[Words, Integers]:
    """The same for varints of eight to ten bytes, as lease ids are."""
    low, high = gather.words(offset), gather.words(offset + 8)
    value, length = _decode(low, 8)
    longer = length == 0
    rest, rest_length = _decode(high, 2)
    full = _squeeze(low & _PAYLOAD) | (rest << np.uint64(56))
    value = np.where(longer, full, value)
    length = np.where(longer & (rest_length > 0), rest_length + 8, length)
    return value, length


def _squeeze(groups: Words) -> Words:
    """Join the seven payload bits of eight bytes into one number."""
    one, two, four = (np.uint64(shift) for shift in (1, 2, 4))
    odd, pair, quad = (
        np.uint64(mask) for mask in (0x7F007F007F007F00, 0x3FFF00003FFF0000, 0x0FFFFFFF00000000)
    )
    value = (groups & (odd >> np.uint64(8))) | ((groups & odd) >> one)
    value = (value & (pair >> np.uint64(16))) | ((value & pair) >> two)
    return (value & (quad >> np.uint64(32))) | ((value & quad) >> four)


def read_varint(data: bytes, offset: int) -> tuple[int, int] | None:
    """The varint at ``offset`` as an unsigned number, and the offset behind it.

    None where it does not end within ten bytes or within the data.
    """
    value = 0
    for index in range(MAX_BYTES):
        if offset + index >= len(data):
            return None
        byte = data[offset + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, offset + index + 1
    return None
