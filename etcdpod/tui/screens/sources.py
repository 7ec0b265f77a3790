"""Sources and integrity: what is read, how far back, what is damaged or missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.message import Message

from etcdpod.tui import commands
from etcdpod.tui.model.objects.export import text_export
from etcdpod.tui.model.sources import source_lines
from etcdpod.tui.screens.command_screen import CommandScreen
from etcdpod.tui.threads import in_thread
from etcdpod.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from etcdpod.tui.cells import Line
    from etcdpod.tui.commands import Command
    from etcdpod.tui.export import Exportable
    from etcdpod.tui.threads import Stopped


@dataclass
class ReportRead(Message):
    """The report was made."""

    lines: Sequence[Line]


class SourcesScreen(CommandScreen):
    """One report, made again each time."""

    CSS_PATH = "sources.tcss"
    KEYS: ClassVar[Sequence[type[Command]]] = commands.SOURCES
    TITLE_TEXT = "sources"

    def body(self) -> Iterable[Widget]:
        """The text."""
        yield Lines(id="sources-lines")

    def on_mount(self) -> None:
        """Make the report in a thread, as a live source is asked."""
        self.about = "sources and integrity"
        self.refresh_title()
        self.query_one(Lines).focus()
        self.action_refresh()

    def action_refresh(self) -> None:
        """Ask again."""
        in_thread(self, self._work, "report")

    def _work(self, stopped: Stopped) -> None:
        lines = source_lines(self.state, self.state.session.info)
        if not stopped():
            self.post_message(ReportRead(lines))

    @on(ReportRead)
    def _take(self, event: ReportRead) -> None:
        event.stop()
        self.query_one(Lines).show(event.lines)

    def exported(self) -> Exportable | None:
        """The report."""
        return text_export("Sources and integrity", "sources", self.query_one(Lines).text)
