"""Lanes as text: one line per object, one column per slice of the axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from etcdpod.forensics.incident.model import LaneState, MarkKind, round_times
from etcdpod.kubectl.formats.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.forensics.incident.model import Axis, Lane, Mark

NAME_WIDTH = 40
"""Maximum columns of a lane's name; longer ones are shortened in the middle."""

_SGR = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36, "white": 90}


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a lane."""

    glyph: str
    colour: str
    state: LaneState | None = None
    """None if the object did not exist or only has a mark."""


BLANK = Cell(" ", "")


def cells(lane: Lane, axis: Axis) -> list[Cell]:
    """The columns of a lane.

    A column shows its mark, else its trouble, else its last state: short trouble stays visible.
    """
    row = [BLANK] * axis.columns
    for span in lane.spans:
        if span.end <= axis.first or span.start > axis.last:
            continue
        start = axis.position(max(span.start, axis.first))
        end = axis.columns if span.end > axis.last else axis.position(span.end)
        cell = Cell(span.state.glyph, span.state.colour, span.state)
        for column in range(start, max(end, start + 1)):
            shown = row[column].state
            if shown is None or not shown.trouble or span.state.trouble:
                row[column] = cell
    for mark in _loudest_last(lane.marks):
        if axis.first <= mark.revision <= axis.last:
            column = axis.position(mark.revision)
            row[column] = Cell(mark.kind.glyph, mark.kind.colour, row[column].state)
    return row


def _loudest_last(marks: Sequence[Mark]) -> list[Mark]:
    """Marks in drawing order: the last one in a column wins."""
    loudness = (MarkKind.MOVED, MarkKind.GONE, MarkKind.RESTART)
    return sorted(marks, key=lambda mark: loudness.index(mark.kind))


def ruler(axis: Axis, *, spacing: int = 16) -> str:
    """The line of times (or revisions) above the lanes."""
    ticks = round_times(axis, spacing)
    if not ticks:
        ticks = [
            (column, str(axis.revision_at(column))) for column in range(0, axis.columns, spacing)
        ]
    line = ""
    for column, text in ticks:
        label = "╷" + text
        if column >= len(line) and column + len(label) <= axis.columns:
            line = line.ljust(column) + label + " "
    return line.ljust(axis.columns)[: axis.columns]


def legend(lanes: Sequence[Lane]) -> list[LaneState | MarkKind]:
    """The states and marks that occur in the lanes, in a fixed order."""
    states = {span.state for lane in lanes for span in lane.spans}
    marks = {mark.kind for lane in lanes for mark in lane.marks}
    return [
        *(one for one in LaneState if one in states),
        *(one for one in MarkKind if one in marks),
    ]


def title(lane: Lane, *, namespace: bool = True) -> str:
    """The label of a lane: the name with the namespace, or with the kind for a node."""
    if lane.kind == "nodes":
        return printable(f"node {lane.name}")
    return printable(f"{lane.namespace}/{lane.name}" if namespace else lane.name)


def shortened(text: str, width: int) -> str:
    """A name, shortened in the middle to ``width``."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def draw_lanes(lanes: Sequence[Lane], axis: Axis, *, colour: bool = False) -> Iterator[str]:
    """The timeline, line by line: ruler, lanes with notes, legend.

    Args:
        lanes: the lanes, in drawing order.
        axis: its ``columns`` exclude names and notes.
        colour: use terminal colours as well as letters.
    """
    several = len({lane.namespace for lane in lanes if lane.kind != "nodes"}) > 1
    names = [shortened(title(lane, namespace=several), NAME_WIDTH) for lane in lanes]
    width = max((len(name) for name in names), default=0)
    yield f"{'':{width}} {ruler(axis)}".rstrip()
    for lane, name in zip(lanes, names, strict=True):
        picture = "".join(_painted(cell, colour) for cell in cells(lane, axis))
        note = f"  {printable(lane.note)}" if lane.note else ""
        yield f"{name:{width}} {picture}{note}".rstrip()
    key = "  ".join(
        f"{_painted(Cell(sign.glyph, sign.colour), colour)} {sign.label}" for sign in legend(lanes)
    )
    yield f"{'':{width}} {key}".rstrip()


def _painted(cell: Cell, colour: bool) -> str:
    if not colour or not cell.colour:
        return cell.glyph
    return f"\x1b[{_SGR[cell.colour]}m{cell.glyph}\x1b[0m"
