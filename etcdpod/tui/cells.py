"""A cell of a grid, and text cut or padded to a width that a terminal will agree with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rich.cells import cell_len, set_cell_size

from etcdpod.tui.styles import PLAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

    Line = Sequence["StyledText"]
    """One line of a text: pieces side by side."""


@dataclass(frozen=True, slots=True)
class StyledText:
    """A text that is safe to draw, and its style."""

    text: str
    style: Style = PLAIN
    span: int = 1
    """Columns that it covers in a grid; the cells below it are not drawn."""

    @property
    def width(self) -> int:
        """Columns that it takes."""
        return len(self.text) if self.text.isascii() else cell_len(self.text)


@dataclass(frozen=True, slots=True)
class GridColumn:
    """One column of a grid."""

    title: str
    width: int = 0
    """Fixed width; 0: as wide as what was seen in it."""
    limit: int = 60
    """No wider than this; longer text loses its end."""
    right: bool = False
    """Numbers end at the right."""
    least: int = 0
    """How far it may be squeezed where there is too little room; 0: not at all."""
    short: str = ""
    """The title where the column is narrower than that."""
    middle: bool = False
    """What is too long loses its middle and not its end: names of pods end in what differs."""


class RowSource(Protocol):
    """What a grid shows."""

    @property
    def columns(self) -> Sequence[GridColumn]:
        """The columns, from left to right."""

    def __len__(self) -> int: ...

    def row(self, index: int) -> Sequence[StyledText]:
        """The cells of a row: safe text and a style each."""


class NoRows:
    """A source without anything."""

    columns: Sequence[GridColumn] = ()

    def __len__(self) -> int:
        return 0

    def row(self, index: int) -> Sequence[StyledText]:
        """There is none."""
        return ()


def fitted(text: str, width: int, *, right: bool = False, middle: bool = False) -> str:
    """The text in exactly ``width`` columns; what is left out of a longer one shows as ``…``."""
    size = len(text) if text.isascii() else cell_len(text)
    if size <= width:
        return " " * (width - size) + text if right else text + " " * (width - size)
    if width <= 1:
        return "…"[:width]
    if middle and text.isascii():
        tail = (width - 1) // 2
        return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"
    return set_cell_size(text, width - 1) + "…"


def spread(widths: Sequence[int], place: int, span: int, gap: int) -> int:
    """How wide some columns are together, with the gaps between them."""
    covered = widths[place : place + span]
    return sum(covered) + gap * (len(covered) - 1)


def squeezed(widths: Sequence[int], columns: Sequence[GridColumn], excess: int) -> list[int]:
    """The widths with ``excess`` taken from the columns that have most to give."""
    found = list(widths)
    givers = [place for place, column in enumerate(columns) if column.least]
    while excess > 0:
        place = max(
            (p for p in givers if found[p] > columns[p].least),
            key=lambda p: found[p] - columns[p].least,
            default=None,
        )
        if place is None:
            break
        found[place] -= 1
        excess -= 1
    return found


def line(*pieces: str | StyledText) -> Line:
    """A line from pieces; plain strings are cells without a style."""
    return [piece if isinstance(piece, StyledText) else StyledText(piece) for piece in pieces]


def plain_text(lines: Sequence[Line]) -> str:
    """Lines as text, for files and for the clipboard."""
    return "\n".join("".join(piece.text for piece in one).rstrip() for one in lines)


def wrapped(pieces: Line, width: int) -> list[Line]:
    """A line in as many lines as it takes, all but the first indented below its text."""
    if sum(piece.width for piece in pieces) <= width or width < NARROWEST:
        return [pieces]
    indent = hanging(pieces, width)
    lines: list[list[StyledText]] = [[]]
    room = width
    for piece in pieces:
        rest = piece.text
        while rest:
            part, rest = _split(rest, room)
            if part:
                lines[-1].append(StyledText(part, piece.style))
                room -= StyledText(part).width
            if rest:
                lines.append([StyledText(" " * indent)])
                room = width - indent
    return list(lines)


FARTHEST = 34
"""The largest indentation of a wrapped line, in columns."""

NARROWEST = 20
"""Columns in which wrapping still makes sense."""

_COLUMN = re.compile(r" *\S+(?: \S+)*?(?: {2,}|: +)(?=\S)")


def hanging(pieces: Line, width: int) -> int:
    """Where the text of a line begins: after its indentation, or after a label and blanks."""
    text = "".join(piece.text for piece in pieces)[:width]
    match = _COLUMN.match(text)
    after = match.end() if match is not None else 0
    if 0 < after <= min(width // 2, FARTHEST):
        return after
    return min(len(text) - len(text.lstrip(" ")) + 2, width // 2)


def _split(text: str, room: int) -> tuple[str, str]:
    """As much of a text as fits, and the rest; split between words where possible."""
    size = len(text) if text.isascii() else cell_len(text)
    if size <= room:
        return text, ""
    cut = text[:room] if text.isascii() else set_cell_size(text, room).rstrip()
    blank = cut.rfind(" ")
    if blank > len(cut) * 2 // 3:
        cut = cut[: blank + 1]
    if not cut and room >= NARROWEST // 2:
        cut = text[:1]
    return cut, text[len(cut) :]
