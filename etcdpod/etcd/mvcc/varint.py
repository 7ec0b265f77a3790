"""Protobuf varints: many at once from a mapped file, or one at a time from bytes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from etcdpod.etcd.bbolt.gather import Gather, Integers, Words

MAX_BYTES = 10
_FOUR_WORDS = np.dtype([(name, "<u8") for name in ("first", "second", "third", "fourth")])
_BYTE = np.uint64(8)
_CONTINUATIONS = np.uint64(0x0080808080808080)
"""The continuation bits of seven bytes."""
_PAYLOAD = np.uint64(0x7F7F7F7F7F7F7F7F)
_ODD_GROUPS, _EVEN_GROUPS = np.uint64(0x7F007F007F007F00), np.uint64(0x007F007F007F007F)
_ODD_PAIRS, _EVEN_PAIRS = np.uint64(0x3FFF00003FFF0000), np.uint64(0x00003FFF00003FFF)
_HIGH_QUAD, _LOW_QUAD = np.uint64(0x0FFFFFFF00000000), np.uint64(0x000000000FFFFFFF)


class TaggedVarints(NamedTuple):
    """Protobuf fields that consist of a one-byte tag and a varint."""

    tag: Integers
    value: Words
    end: Integers
    """Offset of the first byte after the varint; 0 if it does not end within 10 bytes."""


def read_tagged(gather: Gather, offset: Integers) -> TaggedVarints:
    """The tag byte at each offset and the varint after it. Longer tags are not decoded."""
    word = gather.words(offset)
    value, length = _decode(word >> _BYTE)
    end = np.where(length > 0, offset + 1 + length, 0)
    long = np.flatnonzero(length == 0)
    if len(long) > 0:
        value[long], long_length = _decode_long(gather, offset[long] + 1)
        end[long] = np.where(long_length > 0, offset[long] + 1 + long_length, 0)
    return TaggedVarints(_low_byte(word), value, end)


class FieldReader:
    """Reads consecutive fields of many messages at once, from 32 bytes of each.

    Four short fields are fetched once and shifted out, rather than fetched individually.
    """

    def __init__(self, gather: Gather, offset: Integers) -> None:
        found = gather.structures(offset, _FOUR_WORDS)
        self._words = [found[name].astype(np.uint64) for name in _FOUR_WORDS.names or ()]
        self.offset = offset

    def next(self) -> TaggedVarints:
        """The next field; its end is 0 if its varint is longer than seven bytes."""
        word = self._words[0]
        value, length = _decode(word >> _BYTE)
        tag = _low_byte(word)
        shift = ((length + 1) * 8).astype(np.uint64)
        rest = np.uint64(64) - shift
        words = self._words
        self._words = [
            *((low >> shift) | (high << rest) for low, high in pairwise(words)),
            words[-1] >> shift,
        ]
        self.offset = self.offset + 1 + length
        return TaggedVarints(tag, value, np.where(length > 0, self.offset, 0))


def _low_byte(word: Words) -> Integers:
    return (word & np.uint64(0xFF)).view(np.int64)


def _decode(word: Words) -> tuple[Words, Integers]:
    """The varint in the low seven bytes of each word, and its length (0: it does not end there)."""
    stop = ~word & _CONTINUATIONS
    lowest = stop & (~stop + np.uint64(1))
    # A power of two is exact as a float, and its exponent is the number of the bit.
    exponent = (lowest.astype(np.float64).view(np.uint64) >> np.uint64(52)).view(np.int64)
    length = np.maximum((exponent - 1022) >> 3, 0)
    return _squeeze(word & (lowest - np.uint64(1)) & _PAYLOAD, int(length.max(initial=0))), length


def _decode_long(gather: Gather, offset: Integers) -> tuple[Words, Integers]:
    """The varint of eight to ten bytes at each offset, as used by lease ids, and its length."""
    low, high = gather.words(offset), gather.words(offset + 8)
    eighth, ninth = low >> np.uint64(63), (high >> np.uint64(7)) & np.uint64(1)
    tenth = (high >> np.uint64(15)) & np.uint64(1)
    last_bits = (high & np.uint64(0x7F)) << np.uint64(56)
    top_bit = (high & np.uint64(0x100)) << np.uint64(55)
    value = _squeeze(low & _PAYLOAD, 8)
    value |= np.where(eighth == 1, last_bits, np.uint64(0))
    value |= np.where((eighth == 1) & (ninth == 1), top_bit, np.uint64(0))
    length = np.where(eighth == 0, 8, np.where(ninth == 0, 9, np.where(tenth == 0, 10, 0)))
    return value, length


def _squeeze(groups: Words, length: int) -> Words:
    """Join the seven payload bits of each byte into one number, from at most ``length`` bytes."""
    value = (groups & _EVEN_GROUPS) | ((groups & _ODD_GROUPS) >> np.uint64(1))
    if length > 2:
        value = (value & _EVEN_PAIRS) | ((value & _ODD_PAIRS) >> np.uint64(2))
    if length > 4:
        value = (value & _LOW_QUAD) | ((value & _HIGH_QUAD) >> np.uint64(4))
    return value


def read_varint(data: bytes, offset: int) -> tuple[int, int] | None:
    """The varint at ``offset`` as an unsigned number, and the offset after it.

    None if it does not end within ten bytes or within the data.
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


def write_varint(number: int) -> bytes:
    """The shortest varint encoding of a number; a negative one takes ten bytes, as in protobuf."""
    number &= 0xFFFFFFFFFFFFFFFF
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
