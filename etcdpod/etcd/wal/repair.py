"""Finds the one flipped bit that would explain why a record fails its checksum.

CRC-32C is linear: the checksums of two messages of equal length that differ in one bit have a
difference that depends only on the position of that bit. So the position follows from it.
Thirty-two bits prove nothing: one in several hundred thousand damaged records fits by chance.
"""

from __future__ import annotations

from functools import cache

import google_crc32c

MAX_SIZE = 1 << 16
"""The largest record, in bytes, that is searched for a flipped bit while the log is read."""
_POLYNOMIAL = 0x82F63B78
"""The CRC-32C polynomial, bit-reflected."""


def find_flipped_bit(data: bytes, checksum: int, expected: int) -> tuple[int, int] | None:
    """Byte and bit of ``data`` that, when flipped, make the checksum match.

    Args:
        data: the content of the record.
        checksum: the running checksum before it.
        expected: the checksum that the record states.

    Returns:
        None if no single bit fits.
    """
    if len(data) > MAX_SIZE:
        return None
    bit = flipped_bit(int(google_crc32c.extend(checksum, data)) ^ expected, len(data))
    return None if bit is None else divmod(bit, 8)


def flipped_bit(difference: int, size: int) -> int | None:
    """Which bit of a message of ``size`` bytes changes its CRC-32C by ``difference``.

    Returns:
        Its number, counted from the lowest bit of the first byte; None if there is none.
    """
    table, inverse = _tables()
    # Starting with the effect of each bit of the last byte, move towards the start.
    last = {table[1 << bit]: bit for bit in range(8)}
    for back in range(size):
        if difference in last:
            return (size - 1 - back) * 8 + last[difference]
        # The difference of the states before a byte that is equal in both messages.
        index = inverse[difference >> 24]
        difference = (((difference ^ table[index]) << 8) | index) & 0xFFFFFFFF
    return None


@cache
def _tables() -> tuple[list[int], dict[int, int]]:
    """The CRC table, and its inverse: the index of the entry with a given highest byte."""
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table, {value >> 24: byte for byte, value in enumerate(table)}
