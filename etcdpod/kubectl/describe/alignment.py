"""Lines with tabs brought into columns, as Go's tabwriter does it for ``kubectl describe``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.kubectl.formats.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PADDING: Final = 2
"""Spaces after the widest cell of a column."""


def aligned(lines: Iterable[str]) -> str:
    """The text of lines whose cells are separated by tabs.

    A column reaches over neighbouring lines that all have a further cell behind it, and is as
    wide as its widest cell; the last cell of a line is not padded. What comes from a cluster is
    made safe here, so a newline in a value begins a line, as it does in kubectl.

    Returns:
        The text; each line ends in a newline.
    """
    rows = [line.split("\t") for text in lines for line in printable(text).split("\n")]
    widths: list[list[int]] = [[] for _ in rows]
    for column in range(max(map(len, rows), default=0) - 1):
        for start, end in _blocks(rows, column):
            width = max(len(row[column]) for row in rows[start:end]) + PADDING
            for index in range(start, end):
                widths[index].append(width)
    return "".join(_joined(row, width) for row, width in zip(rows, widths, strict=True))


def _blocks(rows: list[list[str]], column: int) -> Iterator[tuple[int, int]]:
    """The stretches of rows that have a cell in ``column`` and one more behind it."""
    start = None
    for index, row in enumerate(rows):
        if len(row) - 1 > column:
            start = index if start is None else start
        elif start is not None:
            yield start, index
            start = None
    if start is not None:
        yield start, len(rows)


def _joined(row: list[str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
    return "".join(padded) + row[-1] + "\n"
