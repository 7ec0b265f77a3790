"""Finds the one flipped bit that would explain why a record fails its checksum.

CRC-32C is linear: two messages of one length that differ in one bit have checksums whose
difference depends on the place of that bit alone. So the place follows from the difference.
Thirty-two bits prove nothing: one damaged record in some hundred thousand fits by chance.
"""

from __future__ import annotations

from functools import cache

import google_crc32c

MAX_SIZE = 1 << 16
"""Bytes of a record in which a flipped bit is looked for while the log is read."""
_POLYNOMIAL = 0x82F63B78
"""CRC-32C, its bits reversed."""


def find_flipped_bit(data: bytes, checksum: int, expected: int) -> tuple[int, int] | None:
    """Byte and bit of ``data`` that, flipped, makes it fit.

    Args:
        data: the content of the record.
        checksum: the running checksum before it.
        expected: the checksum that the record states.

    Returns:
        None where no single bit fits.
    """
    if len(data) > MAX_SIZE:
        return None
    bit = flipped_bit(int(google_crc32c.extend(checksum, data)) ^ expected, len(data))
    return None if bit is None else divmod(bit, 8)


def flipped_bit(difference: int, size: int) -> int | None:
    """Which bit of a message of ``size`` bytes changes its CRC-32C by ``difference``.

    Returns:
        Its number, counted from the lowest bit of the first byte; None where no single bit does.
    """
    table, inverse = _tables()
    # What one bit at the very end changes, then one bit further and further towards the start.
    last = {table[1 << bit]: bit for bit in range(8)}
    for back in range(size):
        if difference in last:
            return (size - 1 - back) * 8 + last[difference]
        # The difference of the state before a byte that was equal in both messages.
        index = inverse[difference >> 24]
        difference = (((difference ^ table[index]) << 8) | index) & 0xFFFFFFFF
    return None


@cache
def _tables() -> tuple[list[int], dict[int, int]]:
    """What each value of a byte makes of the checksum, and the byte for each highest byte."""
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table, {value >> 24: byte for byte, value in enumerate(table)}
