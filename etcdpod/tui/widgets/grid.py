"""A table of any length: only the rows that are visible are asked for and drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from etcdpod.tui.cells import NoRows, StyledText, fitted, spread, squeezed
from etcdpod.tui.styles import PLAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.binding import BindingType

    from etcdpod.tui.cells import RowSource

GAP = 2
"""Blanks between two columns, where there is room; else one."""


class Grid(ScrollView, can_focus=True, inherit_bindings=False):
    """A virtual table with a cursor over whole rows."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--header",
        "grid--cursor",
        "grid--cursor-blurred",
        "grid--empty",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        ("up,k", "move(-1)", "ObjectRow up"),
        ("down,j", "move(1)", "ObjectRow down"),
        ("pageup,ctrl+b", "page(-1)", "Page up"),
        ("pagedown,ctrl+f", "page(1)", "Page down"),
        ("home", "edge(0)", "First row"),
        ("end,G", "edge(1)", "Last row"),
        ("ctrl+left", "shift(-8)", "Columns to the left"),
        ("ctrl+right", "shift(8)", "Columns to the right"),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)

    class Moved(Message):
        """The cursor is on another row, or its row changed."""

        def __init__(self, grid: Grid, index: int) -> None:
            super().__init__()
            self.grid = grid
            self.index = index

        @property
        def control(self) -> Grid:
            """The grid that it happened in."""
            return self.grid

    class Chosen(Moved):
        """A row was clicked while the cursor was on it already."""

    class HeaderClicked(Moved):
        """The title of column ``index`` was clicked."""

    class Scrolled(Moved):
        """Other rows are visible now; ``index`` is the first of them."""

    def __init__(self, *, id: str | None = None, empty: str = "", header: bool = True) -> None:
        super().__init__(id=id)
        self.source: RowSource = NoRows()
        self.empty = empty
        """The text shown when there are no rows."""
        self._header = int(header)
        self._widths: list[int] = []
        self._drawn: list[int] = []
        self._gap = GAP
        self._plain_style = self._cursor_style = self._header_style = PLAIN
        self._strips: LRUCache[tuple[int, bool], Strip] = LRUCache(512)

    def show(self, source: RowSource, *, cursor: int | None = None) -> None:
        """Show another source, or the same one after it changed."""
        if [c.title for c in source.columns] != [c.title for c in self.source.columns]:
            self._widths = []
        self.source = source
        self._strips.clear()
        last = max(len(source) - 1, 0)
        self._measure()
        wanted = min(self.cursor if cursor is None else cursor, last)
        if wanted == self.cursor:
            self.post_message(self.Moved(self, wanted))
        self.cursor = wanted
        self._reveal()
        self.refresh()

    def redraw(self) -> None:
        """Redraw visible cells; the rows are the same."""
        self._strips.clear()
        self._measure()
        self.refresh()

    @property
    def visible_rows(self) -> range:
        """The indices of the rows that can be seen."""
        first = round(self.scroll_y)
        return range(first, min(first + self._page, len(self.source)))

    @property
    def _page(self) -> int:
        return max(self.scrollable_content_region.height - self._header, 1)

    # --- drawing ----------------------------------------------------------------------------

    def _measure(self) -> None:
        """Widen columns to their visible cells; they never shrink, so nothing jumps."""
        columns = self.source.columns
        if len(self._widths) != len(columns):
            self._widths = [len(column.title) for column in columns]
        for index in self.visible_rows:
            for place, cell in enumerate(self.source.row(index)):
                if place < len(columns) and cell.span == 1:
                    wide = min(cell.width, columns[place].limit)
                    self._widths[place] = max(self._widths[place], wide)
        for place, column in enumerate(columns):
            if column.width:
                self._widths[place] = column.width
        room = self.scrollable_content_region.width
        gaps = max(len(columns) - 1, 0)
        self._gap = GAP if sum(self._widths) + GAP * gaps <= room else 1
        excess = sum(self._widths) + self._gap * gaps - room
        drawn = squeezed(self._widths, columns, excess) if room else list(self._widths)
        if excess < 0:
            self._make_room(drawn, -excess)
        if drawn != self._drawn:
            self._drawn = drawn
            self._strips.clear()
        total = sum(self._drawn) + self._gap * gaps
        self.virtual_size = Size(total, len(self.source) + self._header)

    def _make_room(self, widths: list[int], spare: int) -> None:
        """Widen columns below a cell that covers several, as far as there is room to spare."""
        wanted = 0
        for index in self.visible_rows:
            for place, cell in enumerate(self.source.row(index)):
                if cell.span > 1:
                    lacking = cell.width - spread(widths, place, cell.span, self._gap)
                    wanted = max(wanted, min(lacking, spare))
                    last = place + cell.span - 1
        if wanted:
            widths[last] += wanted

    def render_lines(self, crop: Region) -> list[Strip]:
        """The visible lines; their styles are worked out once for all of them."""
        cursor = "grid--cursor" if self.has_focus else "grid--cursor-blurred"
        self._plain_style = self.rich_style
        self._cursor_style = self.get_component_rich_style(cursor)
        self._header_style = self.get_component_rich_style("grid--header")
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self.scrollable_content_region.width
        scroll = round(self.scroll_x)
        index = round(self.scroll_y) + y - self._header
        if self._header and y == 0:
            strip, style = self._header_strip(), self._header_style
        elif 0 <= index < len(self.source):
            style = self._cursor_style if index == self.cursor else self._plain_style
            strip = self._row_strip(index)
        elif index == 0 and self.empty:
            style = self.get_component_rich_style("grid--empty")
            return Strip([Segment(self.empty)]).adjust_cell_length(width).apply_style(style)
        else:
            return Strip.blank(width, self._plain_style)
        return strip.crop_extend(scroll, scroll + width, style).apply_style(style)

    def _row_strip(self, index: int) -> Strip:
        plain = index == self.cursor and self.has_focus
        found = self._strips.get((index, plain))
        if found is None:
            found = self._strips[(index, plain)] = self._strip(self.source.row(index), plain)
        return found

    def _header_strip(self) -> Strip:
        pairs = zip(self.source.columns, self._drawn, strict=False)
        titles = [c.short if c.short and width < len(c.title) else c.title for c, width in pairs]
        return self._strip([StyledText(title) for title in titles], plain=True)

    def _strip(self, cells: Sequence[StyledText], plain: bool) -> Strip:
        """Cells side by side. On the cursor colours give way to its own, marks stay."""
        segments: list[Segment] = []
        below = 0
        columns = zip(cells, self._drawn, self.source.columns, strict=False)
        for place, (cell, width, column) in enumerate(columns):
            if place < below:
                continue
            if cell.span > 1:
                below = place + cell.span
                width = spread(self._drawn, place, cell.span, self._gap)
            style = cell.style if not plain else _without_colour(cell.style)
            text = fitted(cell.text, width, right=column.right, middle=column.middle)
            # Padding carries no style: only text is struck through.
            shown = text.rstrip(" ")
            segments.append(Segment(shown, style))
            segments.append(Segment(" " * (len(text) - len(shown) + self._gap)))
        return Strip(segments)

    # --- moving -----------------------------------------------------------------------------

    def watch_cursor(self, before: int, now: int) -> None:
        """Post ``Moved``, and redraw both rows."""
        self._reveal()
        self.post_message(self.Moved(self, now))
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Measure the rows that are visible now, and post ``Scrolled``."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._measure()
            self.post_message(self.Scrolled(self, round(new_value)))

    def on_resize(self) -> None:
        """More rows may be visible now."""
        self._strips.clear()
        self._measure()
        self._reveal()
        self.post_message(self.Scrolled(self, round(self.scroll_y)))

    def _reveal(self) -> None:
        if not self.is_attached or len(self.source) == 0:
            return
        region = Region(round(self.scroll_x), self.cursor, 1, 1 + self._header)
        self.scroll_to_region(region, animate=False, force=True, immediate=True, x_axis=False)

    def action_move(self, rows: int) -> None:
        """Move the cursor by some rows."""
        self.cursor = min(max(self.cursor + rows, 0), max(len(self.source) - 1, 0))

    def action_page(self, pages: int) -> None:
        """Move the cursor by whole pages."""
        self.action_move(pages * max(self._page - 1, 1))

    def action_edge(self, last: int) -> None:
        """Move the cursor to the first or the last row."""
        self.cursor = max(len(self.source) - 1, 0) if last else 0

    def action_shift(self, columns: int) -> None:
        """Scroll sideways."""
        self.scroll_relative(x=columns, animate=False)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; on the cursor, it chooses; in the header, it names a column."""
        index = round(self.scroll_y) + event.y - self._header
        if self._header and event.y == 0:
            self.post_message(self.HeaderClicked(self, self._column_at(event.x)))
        elif 0 <= index < len(self.source):
            if index == self.cursor:
                self.post_message(self.Chosen(self, index))
            self.cursor = index

    def _column_at(self, x: int) -> int:
        right = -round(self.scroll_x)
        for place, width in enumerate(self._drawn):
            right += width + self._gap
            if x < right:
                return place
        return max(len(self._drawn) - 1, 0)


def _without_colour(style: Style) -> Style:
    return Style(strike=style.strike, italic=style.italic, underline=style.underline) or PLAIN
