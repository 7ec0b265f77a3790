"""Text of any length: only the lines that are visible are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from etcdpod.tui.cells import plain_text, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from etcdpod.tui.cells import Line


MOST_WRAPPED = 20_000
"""Lines up to which long ones are wrapped; a longer text is shown as it is."""


class Lines(ScrollView, can_focus=True, inherit_bindings=False):
    """A scrolled text, each line a sequence of styled pieces that are safe to draw."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("up,k", "scroll_by(-1)", "Line up"),
        ("down,j", "scroll_by(1)", "Line down"),
        ("pageup,ctrl+b", "scroll_pages(-1)", "Page up"),
        ("pagedown,ctrl+f", "scroll_pages(1)", "Page down"),
        ("home", "scroll_edge(0)", "Start"),
        ("end,G", "scroll_edge(1)", "End"),
        ("W", "wrap", "Wrap long lines"),
        ("ctrl+left", "shift(-8)", "To the left"),
        ("ctrl+right", "shift(8)", "To the right"),
    ]

    def __init__(self, *, id: str | None = None, wrap: bool = True) -> None:
        super().__init__(id=id)
        self.wrap = wrap
        """Wrap lines that are too long, or scroll sideways."""
        self._lines: Sequence[Line] = ()
        self._shown: Sequence[Line] = ()
        self._widest = 0

    @property
    def lines(self) -> Sequence[Line]:
        """The text, as it was given."""
        return self._lines

    def show(self, lines: Sequence[Line]) -> None:
        """Show another text, from its beginning."""
        self._lines = lines
        self._widest = 0
        self._lay_out()
        self.scroll_to(0, 0, animate=False, force=True, immediate=True)

    @property
    def text(self) -> str:
        """The whole text, for the clipboard."""
        return plain_text(self._lines)

    def action_wrap(self) -> None:
        """With long lines going on below, or with scrolling sideways."""
        self.wrap = not self.wrap
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if self.wrap and width and len(self._lines) <= MOST_WRAPPED:
            self._shown = [part for line in self._lines for part in wrapped(line, width)]
        else:
            self._shown = self._lines
        self._measure()
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """What comes into view may be wider."""
        super().watch_scroll_y(old_value, new_value)
        self._measure()

    def on_resize(self) -> None:
        """More may be in view, and lines may break elsewhere."""
        self._lay_out()

    def _measure(self) -> None:
        first = round(self.scroll_y)
        visible = self._shown[first : first + max(self.size.height, 1)]
        widths = (sum(piece.width for piece in line) for line in visible)
        self._widest = max(self._widest, *widths, 0)
        self.virtual_size = Size(self._widest, len(self._shown))

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self.scrollable_content_region.width
        index = round(self.scroll_y) + y
        if index >= len(self._shown):
            return Strip.blank(width, self.rich_style)
        scroll = round(self.scroll_x)
        strip = Strip([Segment(piece.text, piece.style) for piece in self._shown[index]])
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
        self.scroll_to(y=len(self._shown) if last else 0, animate=False)

    def action_shift(self, columns: int) -> None:
        """Scroll sideways."""
        self.scroll_relative(x=columns, animate=False)
