"""A hex dump: offset, hex, and the printable characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 16
"""Bytes per line."""


def hexdump(data: bytes) -> Iterator[str]:
    """Lines, each ending in a newline, in the layout of ``hexdump -C``."""
    for offset in range(0, len(data), WIDTH):
        piece = data[offset : offset + WIDTH]
        left, right = piece[:8].hex(" "), piece[8:].hex(" ")
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in piece)
        yield f"{offset:08x}  {left:<23}  {right:<23}  |{text}|\n"
    yield f"{len(data):08x}\n"
