"""Aligns tab-separated cells in columns, as Go's tabwriter does for ``kubectl describe``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.kubectl.formats.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PADDING: Final = 2
"""The number of spaces after the widest cell of a column."""


def aligned(lines: Iterable[str]) -> str:
    """The text of lines whose cells are separated by tabs.

    A column block spans adjacent lines that all have another cell after this one, and is as wide
    as its widest cell; the last cell of a line is not padded. Cluster data is escaped here for the
    terminal, and a newline in a value starts a new line, as in kubectl.

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
    """The ranges of rows that have a cell in ``column`` and another one after it."""
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
