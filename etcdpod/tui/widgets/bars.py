"""The lines above and below every screen: the title and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.reactive import reactive
from textual.widgets import Static

from etcdpod.tui.commands import Help

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etcdpod.tui.commands import Command


class TitleBar(Static):
    """The subject and the displayed revision; the colour changes for the past."""

    subject: reactive[str] = reactive("")
    moment: reactive[str] = reactive("")
    """``AS OF …``; empty for the newest revision."""
    live: reactive[bool] = reactive(False)
    """The newest revision of a live source is displayed."""
    progress: reactive[str] = reactive("")
    problem: reactive[str] = reactive("")

    def render(self) -> Text:
        """The subject at the left, the state at the right."""
        moment = self.moment or ("● LIVE" if self.live else "")
        right = "  ".join(part for part in (self.progress, moment) if part)
        if self.problem:
            right = f"✗ {self.problem}"
        width = self.size.width - 2
        left = Text(f"etcdpod  {self.subject}", no_wrap=True)
        left.truncate(max(width - len(right) - 1, 8), overflow="ellipsis")
        left.append(" " * max(width - left.cell_len - len(right), 1))
        return left.append(right, style="bold")

    def watch_moment(self, moment: str) -> None:
        """Colour the past differently."""
        self.set_class(bool(moment), "past")

    def watch_problem(self, problem: str) -> None:
        """Colour a lost connection differently."""
        self.set_class(bool(problem), "problem")


class KeyBar(Static):
    """The keys of a screen, as many as fit, from its commands."""

    def __init__(self, commands: Sequence[type[Command]]) -> None:
        super().__init__()
        self._commands = [command for command in commands if command.footer]

    def render(self) -> Text:
        """``key word`` pairs, as many as fit; always the help key at the end."""
        text = Text(no_wrap=True, overflow="crop")
        room = self.size.width - 2
        *others, last = sorted(self._commands, key=lambda command: command is Help)
        for command in others:
            piece = _piece(command)
            if text.cell_len + piece.cell_len + 2 + _piece(last).cell_len > room:
                break
            text.append(piece).append("  ")
        return text.append(_piece(last))


def _piece(command: type[Command]) -> Text:
    keys = command.footer_keys or command.keys()
    return Text.assemble((keys, "bold"), f" {command.footer}")
