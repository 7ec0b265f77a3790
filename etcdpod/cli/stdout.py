"""The only place that writes to stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def write(parts: Iterable[str]) -> None:
    """Text as it comes, UTF-8 whatever the locale says."""
    out = sys.stdout.buffer
    for part in parts:
        out.write(part.encode("utf-8", "surrogateescape"))


def write_lines(lines: Iterable[str]) -> None:
    """Each with a newline after it."""
    write(line + "\n" for line in lines)


def write_bytes(data: bytes) -> None:
    """Raw bytes, for ``-o raw`` and ``-o hex``'s source."""
    sys.stdout.buffer.write(data)
