"""All keys of a screen, from the commands themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.screen import ModalScreen
from textual.widgets import Static

from etcdpod.tui.cells import StyledText, line
from etcdpod.tui.styles import BOLD
from etcdpod.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from etcdpod.tui.cells import Line
    from etcdpod.tui.commands import Command

MOVING = (
    ("↑ ↓ k j", "Move by one row or line."),
    ("pgup pgdn", "Move by one page; home and end go to the first and last row."),
    ("^← ^→", "Scroll sideways."),
    ("W", "In a text: wrap long lines, or not."),
    (
        "mouse",
        "Click a row to select it, again to open it; a header to sort; the axis to travel.",
    ),
)
"""Keys of tables and texts themselves."""


class HelpScreen(ModalScreen[None]):
    """The help of one screen."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,question_mark,q,enter", "close", "Close"),
    ]

    def __init__(self, title: str, commands: Sequence[type[Command]]) -> None:
        super().__init__()
        self._title = title
        self._commands = commands

    def compose(self) -> ComposeResult:
        """A heading and the list."""
        yield Static(f"Keys: {self._title}   (esc closes)", id="help-title")
        yield Lines(id="help-lines")

    def on_mount(self) -> None:
        """Fill the list."""
        lines = self.query_one(Lines)
        lines.show(help_lines(self._commands))
        lines.focus()

    def action_close(self) -> None:
        """Back to the screen."""
        self.dismiss()


def help_lines(commands: Sequence[type[Command]]) -> list[Line]:
    """Key and sentence of each command."""
    pairs = [(command.keys(), command.help()) for command in commands]
    return [
        line(StyledText(f" {keys:<11}", BOLD), StyledText(text)) for keys, text in (*pairs, *MOVING)
    ]
