"""kubectl's tables: columns as in Go's tabwriter, separated by three spaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

MIN_WIDTH: Final = 6
"""Minimum width of a column, including its padding."""

PADDING: Final = 3


def table(header: Sequence[str] | None, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines of a table, each ending in a newline; nothing at all if there are no rows.

    Widths count characters. The last cell of a line is not padded, so a line whose last cells
    are empty ends in spaces, as in kubectl. A tab or newline inside a cell starts another
    cell or line.

    Args:
        header: the first line; None for ``--no-headers``.
        rows: the cells of each line.
    """
    lines: list[Sequence[str]] = []
    for row in rows:
        joined = "\t".join(row)
        if "\n" in joined or joined.count("\t") >= len(row):
            lines.extend(line.split("\t") for line in joined.split("\n"))
        else:
            lines.append(row)
    if not lines:
        return
    if header is not None:
        lines.insert(0, header)
    if len({len(line) for line in lines}) > 1:
        yield from _ragged(lines)
        return
    *padded, _ = zip(*lines, strict=True)
    line_format = _line_format([max(MIN_WIDTH, PADDING + max(map(len, cells))) for cells in padded])
    for line in lines:
        yield line_format(*line)


def _line_format(widths: Sequence[int]) -> Callable[..., str]:
    return ("".join(f"{{:<{width}}}" for width in widths) + "{}\n").format


def _ragged(lines: list[Sequence[str]]) -> Iterator[str]:
    """Lines of different length: a column is as wide as its widest cell in adjacent lines.

    A run of lines that all have the cell shares one width, and no later run is narrower.
    """
    widths: list[list[int]] = [[] for _ in lines]
    for column in range(max(map(len, lines)) - 1):
        width = MIN_WIDTH
        start = 0
        while start < len(lines):
            if len(lines[start]) - 1 <= column:
                start += 1
                continue
            end = start
            while end < len(lines) and len(lines[end]) - 1 > column:
                width = max(width, len(lines[end][column]) + PADDING)
                end += 1
            for index in range(start, end):
                widths[index].append(width)
            start = end
    for line, line_widths in zip(lines, widths, strict=True):
        yield _line_format(line_widths)(*line)
