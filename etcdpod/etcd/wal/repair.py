"""Looks for the one flipped bit that would explain why a record fails its checksum.

A checksum of 32 bits cannot prove a repair: among the thousands of bits of a record one may fit by
chance, once in some hundred thousand damaged records. What is found is a proposal.
"""

from __future__ import annotations

import google_crc32c

MAX_SIZE = 1 << 16
"""Bytes of a record in which a flipped bit is looked for."""
_POLYNOMIAL = 0x82F63B78
"""CRC-32C, reflected."""


def find_flipped_bit(data: bytes, checksum: int, expected: int) -> tuple[int, int] | None:
    """Byte and bit of ``data`` that, flipped, makes it fit.

    The CRC is linear: one flipped bit changes the result by a number that depends on its
    distance from the end alone. So one pass over the distances finds it.

    Args:
        data: the content of the record.
        checksum: the running checksum before it.
        expected: the checksum that the record states.

    Returns:
        None where no single bit fits, or more than one does.
    """
    if len(data) > MAX_SIZE:
        return None
    difference = int(google_crc32c.extend(checksum, data)) ^ expected
    found: list[tuple[int, int]] = []
    # What a flip of the last bit (the highest of the last byte) changes; then one bit at a time.
    change = _POLYNOMIAL
    for distance in range(8 * len(data)):
        if change == difference:
            found.append((len(data) - 1 - distance // 8, 7 - distance % 8))
        change = (change >> 1) ^ (_POLYNOMIAL if change & 1 else 0)
    return found[0] if len(found) == 1 else None
