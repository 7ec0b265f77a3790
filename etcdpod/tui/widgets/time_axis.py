"""The timeline at the bottom: writes as bars, the changes of one object, and the cursor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from etcdpod.forensics.incident.text import ruler
from etcdpod.tui.styles import BOLD, DIM, PAST, PLAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from etcdpod.forensics.incident.model import Axis
    from etcdpod.tui.model.browser_state import BrowserState
    from etcdpod.tui.model.revision_times import RevisionTimes


LABEL = 9
"""Columns before the axis."""

_BARS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class AxisContent:
    """What a time axis shows."""

    axis: Axis
    writes: Sequence[int]
    """Revisions written in each column."""
    changes: Sequence[int] = ()
    """Revisions at which the selected object changed."""
    at: int | None = None
    """The revision that is shown; None: the newest."""


class TimeAxis(Widget):
    """Three lines: bars, cursor and changes, times."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"time-axis--bar"}

    class RevisionClicked(Message):
        """A place of the axis was clicked."""

        def __init__(self, revision: int) -> None:
            super().__init__()
            self.revision = revision

    class Resized(Message):
        """The axis has another number of columns now."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.content: AxisContent | None = None
        self._basis: tuple[int, int, RevisionTimes] | None = None

    @property
    def columns(self) -> int:
        """Columns that the axis itself has."""
        return max(self.size.width - LABEL - 1, 1)

    def show(self, state: BrowserState, changes: Sequence[int], at: int | None) -> None:
        """Show all writes, the changes of one object, and the revision that is displayed."""
        if not len(state.ledger) or self.size.width == 0:
            return
        basis = (self.columns, len(state.ledger), state.times)
        if self.content is None or basis != self._basis:
            axis = state.axis(self.columns)
            self._basis, self.content = basis, AxisContent(axis, state.writes(axis))
        self.content = replace(self.content, changes=changes, at=at)
        self.refresh()

    def on_resize(self) -> None:
        """Slices are columns: whoever counts the writes must count again."""
        self.post_message(self.Resized())

    def render_line(self, y: int) -> Strip:
        """One of the three lines."""
        width = self.size.width
        if self.content is None or self.content.axis.columns != self.columns:
            return Strip.blank(width, self.rich_style)
        painters = (self._bars, self._cursor, self._times)
        segments = painters[y]() if y < len(painters) else []
        return (
            Strip(segments).adjust_cell_length(width, self.rich_style).apply_style(self.rich_style)
        )

    def _at_column(self) -> int | None:
        content = self.content
        if content is None or content.at is None:
            return None
        return content.axis.position(content.at)

    def _bars(self) -> list[Segment]:
        assert self.content is not None
        most = max(self.content.writes, default=0)
        style = self.get_component_rich_style("time-axis--bar")
        segments = [Segment("writes".ljust(LABEL), DIM)]
        cursor = self._at_column()
        for column, count in enumerate(self.content.writes):
            # The root makes small numbers visible beside a burst that is a hundred times larger.
            level = 0 if not count else 1 + round((len(_BARS) - 2) * (count / most) ** 0.5)
            segments.append(Segment(_BARS[level], PAST if column == cursor else style))
        return segments

    def _cursor(self) -> list[Segment]:
        assert self.content is not None
        axis = self.content.axis
        line = [("─", DIM)] * axis.columns
        for revision in self.content.changes:
            if axis.first <= revision <= axis.last:
                line[axis.position(revision)] = ("●", BOLD)
        cursor = self._at_column()
        if cursor is not None:
            text = f"┃{self.content.at}"
            start = min(cursor, axis.columns - len(text))
            line[start : start + len(text)] = [(letter, PAST) for letter in text]
        label = f"{axis.first}".ljust(LABEL)
        return [Segment(label, DIM), *(Segment(letter, style) for letter, style in line)]

    def _times(self) -> list[Segment]:
        assert self.content is not None
        label = "UTC" if self.content.axis.has_times else "revision"
        return [Segment(label.ljust(LABEL), DIM), Segment(ruler(self.content.axis), PLAIN)]

    def on_click(self, event: events.Click) -> None:
        """A click travels to its place."""
        column = event.x - LABEL
        if self.content is not None and 0 <= column < self.columns:
            self.post_message(self.RevisionClicked(self.content.axis.revision_at(column)))
