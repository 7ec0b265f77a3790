"""Lanes on the screen: names at the left, states over the axis, a cursor in both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from etcdpod.forensics.incident.text import cells, ruler, shortened, title
from etcdpod.tui.cells import fitted
from etcdpod.tui.styles import BOLD, DIM, PAST, PLAIN, of_lane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.binding import BindingType

    from etcdpod.forensics.incident.model import Axis, Lane

WIDEST_NAME = 42
"""Columns that names may take, where there is room."""


class LaneChart(ScrollView, can_focus=True, inherit_bindings=False):
    """The picture of an incident."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lane-chart--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        ("up,k", "move(-1)", "Lane up"),
        ("down,j", "move(1)", "Lane down"),
        ("pageup", "page(-1)", "Page up"),
        ("pagedown", "page(1)", "Page down"),
        ("home", "edge(0)", "First lane"),
        ("end", "edge(1)", "Last lane"),
    ]

    class CursorMoved(Message):
        """The cursor moved."""

    class LaneChosen(Message):
        """The lane under the cursor was clicked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lanes: Sequence[Lane] = ()
        self.axis: Axis | None = None
        self.row = 0
        self.revision = 0
        """The revision of the cursor."""
        self.empty = "reading …"
        self._several = False

    @property
    def name_width(self) -> int:
        """Columns of the names."""
        widest = max((len(self._title(lane)) for lane in self.lanes), default=0)
        return min(widest, WIDEST_NAME, max(self.size.width // 3, 12))

    @property
    def columns(self) -> int:
        """Columns of the axis."""
        return max(self.scrollable_content_region.width - self.name_width - 1, 10)

    @property
    def lane(self) -> Lane | None:
        """The lane under the cursor."""
        return self.lanes[self.row] if 0 <= self.row < len(self.lanes) else None

    def load(self, lanes: Sequence[Lane]) -> None:
        """Take lanes: how wide their names are decides how wide the axis can be."""
        self.lanes = lanes
        self._several = len({lane.namespace for lane in lanes if lane.kind != "nodes"}) > 1

    def show(self, lanes: Sequence[Lane], axis: Axis | None, revision: int) -> None:
        """Show lanes on an axis."""
        self.load(lanes)
        self.axis = axis
        self.revision = revision
        self.row = min(self.row, max(len(lanes) - 1, 0))
        self.virtual_size = Size(self.size.width, len(lanes) + 1)
        self.refresh()
        self.post_message(self.CursorMoved())

    def _title(self, lane: Lane) -> str:
        return title(lane, namespace=self._several)

    # --- drawing ----------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """The ruler, or a lane."""
        width = self.scrollable_content_region.width
        index = round(self.scroll_y) + y - 1
        if self.axis is None or not self.lanes:
            text = self.empty if y == 0 else ""
            return Strip([Segment(text, DIM)]).adjust_cell_length(width, self.rich_style)
        if y == 0:
            segments = self._ruler(self.axis)
        elif index < len(self.lanes):
            segments = self._lane(self.lanes[index], self.axis, chosen=index == self.row)
        else:
            segments = []
        return (
            Strip(segments).adjust_cell_length(width, self.rich_style).apply_style(self.rich_style)
        )

    def _ruler(self, axis: Axis) -> list[Segment]:
        line = [(letter, PLAIN) for letter in ruler(axis)]
        column = axis.position(self.revision)
        label = f"▼{self.revision}"
        start = min(column, axis.columns - len(label))
        line[start : start + len(label)] = [(letter, PAST) for letter in label]
        head = Segment(" " * (self.name_width + 1))
        return [head, *(Segment(letter, style) for letter, style in line)]

    def _lane(self, lane: Lane, axis: Axis, *, chosen: bool) -> list[Segment]:
        name = fitted(shortened(self._title(lane), self.name_width), self.name_width)
        segments = [Segment(f"{name} ", BOLD if chosen else PLAIN)]
        if chosen:
            segments = [Segment(name, self.get_component_rich_style("lane-chart--cursor"))]
            segments.append(Segment(" "))
        cursor = axis.position(self.revision)
        for column, cell in enumerate(cells(lane, axis)):
            glyph, style = cell.glyph, of_lane(cell)
            if column == cursor:
                glyph = "│" if glyph == " " else glyph
                style = PAST if chosen else style + _CURSOR
            segments.append(Segment(glyph, style))
        return segments

    # --- moving -----------------------------------------------------------------------------

    def point_at(self, revision: int) -> None:
        """Put the time cursor on a revision."""
        if self.axis is not None:
            self.revision = min(max(revision, self.axis.first), self.axis.last)
            self.refresh()
            self.post_message(self.CursorMoved())

    def action_move(self, rows: int) -> None:
        """Another lane."""
        self.row = min(max(self.row + rows, 0), max(len(self.lanes) - 1, 0))
        region = Region(0, self.row, 1, 2)
        self.scroll_to_region(region, animate=False, force=True, immediate=True, x_axis=False)
        self.refresh()
        self.post_message(self.CursorMoved())

    def action_page(self, pages: int) -> None:
        """A page of lanes."""
        self.action_move(pages * max(self.size.height - 2, 1))

    def action_edge(self, last: int) -> None:
        """The first or the last lane."""
        self.action_move(len(self.lanes) if last else -len(self.lanes))

    def on_click(self, event: events.Click) -> None:
        """A click moves both cursors; on the lane chosen already, it opens it."""
        index = round(self.scroll_y) + event.y - 1
        column = event.x - self.name_width - 1
        if self.axis is None:
            return
        if 0 <= column < self.axis.columns:
            self.point_at(self.axis.revision_at(column))
        if event.y > 0 and index < len(self.lanes):
            if index == self.row and column < 0:
                self.post_message(self.LaneChosen())
            self.action_move(index - self.row)


_CURSOR = Style(bold=True, underline=True)
"""How the cursor's column looks in the lanes that are not chosen."""
