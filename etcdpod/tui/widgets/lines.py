"""Text of any length: only the lines that are visible are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from etcdpod.tui.cells import plain_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from etcdpod.tui.cells import Line


class Lines(ScrollView, can_focus=True, inherit_bindings=False):
    """A scrolled text, each line a sequence of styled pieces that are safe to draw."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("up,k", "scroll_by(-1)", "Line up"),
        ("down,j", "scroll_by(1)", "Line down"),
        ("pageup,ctrl+b", "scroll_pages(-1)", "Page up"),
        ("pagedown,ctrl+f", "scroll_pages(1)", "Page down"),
        ("home", "scroll_edge(0)", "Start"),
        ("end,G", "scroll_edge(1)", "End"),
        ("ctrl+left", "shift(-8)", "To the left"),
        ("ctrl+right", "shift(8)", "To the right"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: Sequence[Line] = ()
        self._widest = 0

    def show(self, lines: Sequence[Line], *, keep_place: bool = False) -> None:
        """Show another text, from its beginning unless the place is to be kept."""
        self.lines = lines
        if not keep_place:
            self._widest = 0
            self.scroll_to(0, 0, animate=False, force=True, immediate=True)
        self._measure()
        self.refresh()

    @property
    def text(self) -> str:
        """The whole text, for the clipboard."""
        return plain_text(self.lines)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """What comes into view may be wider."""
        super().watch_scroll_y(old_value, new_value)
        self._measure()

    def on_resize(self) -> None:
        """More may be in view."""
        self._measure()

    def _measure(self) -> None:
        first = round(self.scroll_y)
        visible = self.lines[first : first + max(self.size.height, 1)]
        widths = (sum(piece.width for piece in line) for line in visible)
        self._widest = max(self._widest, *widths, 0)
        self.virtual_size = Size(self._widest, len(self.lines))

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self.scrollable_content_region.width
        index = round(self.scroll_y) + y
        if index >= len(self.lines):
            return Strip.blank(width, self.rich_style)
        scroll = round(self.scroll_x)
        strip = Strip([Segment(piece.text, piece.style) for piece in self.lines[index]])
        return strip.crop_extend(scroll, scroll + width, self.rich_style).apply_style(
            self.rich_style
        )

    def action_scroll_by(self, lines: int) -> None:
        """Scroll by some lines."""
        self.scroll_relative(y=lines, animate=False)

    def action_scroll_pages(self, pages: int) -> None:
        """Scroll by whole pages."""
        self.scroll_relative(y=pages * max(self.size.height - 1, 1), animate=False)

    def action_scroll_edge(self, last: int) -> None:
        """Scroll to the first or the last line."""
        self.scroll_to(y=len(self.lines) if last else 0, animate=False)

    def action_shift(self, columns: int) -> None:
        """Scroll sideways."""
        self.scroll_relative(x=columns, animate=False)
