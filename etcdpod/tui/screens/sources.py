"""Sources and integrity: what is read, how far back, what is damaged or missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.message import Message

from etcdpod.errors import EtcdpodError
from etcdpod.tui import commands
from etcdpod.tui.messages import Said
from etcdpod.tui.model.object_export import text_export
from etcdpod.tui.model.sources import source_lines
from etcdpod.tui.screens.base import CommandScreen
from etcdpod.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from etcdpod.tui.cells import Line
    from etcdpod.tui.commands import Command
    from etcdpod.tui.export import Exportable


@dataclass
class ReportRead(Message):
    """The report is there."""

    lines: Sequence[Line]


class SourcesScreen(CommandScreen):
    """One report, read anew each time."""

    CSS_PATH = "sources.tcss"
    COMMANDS: ClassVar[Sequence[type[Command]]] = commands.SOURCES
    TITLE_TEXT = "sources"

    def body(self) -> Iterable[Widget]:
        """The text."""
        yield Lines(id="sources-lines")

    def on_mount(self) -> None:
        """Read in a thread: a live source is asked."""
        self.app.refresh_title(self, "sources and integrity")
        self.query_one(Lines).focus()
        self.action_refresh()

    def action_refresh(self) -> None:
        """Ask again."""
        self.run_worker(self._work, thread=True, exclusive=True, group="report")

    def _work(self) -> None:
        try:
            info = self.world.session.info
            self.post_message(ReportRead(source_lines(self.world, info)))
        except (EtcdpodError, OSError) as error:
            self.post_message(Said(str(error), problem=True))

    @on(ReportRead)
    def _take(self, event: ReportRead) -> None:
        event.stop()
        self.query_one(Lines).show(event.lines)

    def action_top(self) -> None:
        """Who writes."""
        from etcdpod.tui.screens.top import TopScreen

        self.app.switch_screen(TopScreen())

    def exported(self) -> Exportable | None:
        """The report."""
        return text_export("Sources and integrity", "sources", self.query_one(Lines).text)
