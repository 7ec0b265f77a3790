"""Findings: what is wrong in the registry at a revision, why, and on what evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.message import Message
from textual.widgets import Static

from etcdpod.errors import UsageError
from etcdpod.forensics.diagnose.diagnose import Diagnosis, examine
from etcdpod.tui import commands
from etcdpod.tui.cells import plain_text
from etcdpod.tui.messages import Progress, Said, ShowHistory, TravelTo
from etcdpod.tui.model.findings import FindingRows, finding_lines
from etcdpod.tui.model.objects.export import text_export
from etcdpod.tui.model.objects.navigation import locate
from etcdpod.tui.model.objects.shapes import ODD, oddness
from etcdpod.tui.screens.command_screen import CommandScreen
from etcdpod.tui.threads import in_thread
from etcdpod.tui.widgets.grid import Grid
from etcdpod.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.tui.commands import Command
    from etcdpod.tui.export import Exportable
    from etcdpod.tui.model.browser_state import BrowserState
    from etcdpod.tui.threads import Stopped


@dataclass
class Diagnosed(Message):
    """The diagnosis was made."""

    diagnosis: Diagnosis


class FindingsScreen(CommandScreen):
    """The diagnosis, worst first, with the evidence of the chosen finding below.

    Args:
        state: the open sources.
        namespace: only of this namespace; None: of all.
        at: as of this revision; None: the newest.
    """

    CSS_PATH = "findings.tcss"
    KEYS: ClassVar[Sequence[type[Command]]] = commands.FINDINGS
    TITLE_TEXT = "findings"

    def __init__(self, state: BrowserState, namespace: str | None, at: int | None) -> None:
        super().__init__(state)
        self.namespace = namespace
        self.at = at

    def body(self) -> Iterable[Widget]:
        """A caption, the findings, the evidence."""
        yield Static(id="caption", markup=False)
        yield Grid(id="findings", empty="examining …")
        yield Lines(id="evidence")

    def on_mount(self) -> None:
        """Run the diagnosis in a thread."""
        self.about = "findings"
        self.refresh_title()
        self.query_one(Grid).focus()
        self.action_refresh()

    def action_refresh(self) -> None:
        """Run the diagnosis again."""
        in_thread(self, self._work, "diagnosis")

    def _work(self, stopped: Stopped) -> None:
        self.app.post_message(Progress("examining …", "diagnosis"))
        try:
            diagnosis = examine(self.state.registry, self.namespace, self.at)
        except ODD as error:
            self.post_message(Said(f"no diagnosis: {oddness(error)}", problem=True))
            return
        finally:
            self.app.post_message(Progress("", "diagnosis"))
        if not stopped():
            self.post_message(Diagnosed(diagnosis))

    @on(Diagnosed)
    def _take(self, event: Diagnosed) -> None:
        event.stop()
        found = event.diagnosis.findings
        grid = self.query_one(Grid)
        grid.empty = "no findings"
        grid.show(FindingRows(found), cursor=0)
        where = self.namespace or "all namespaces"
        unread = event.diagnosis.unreadable
        caption = f"{where}  ·  {len(found)} findings in {event.diagnosis.pods} pods"
        caption += f"  ·  {unread} pods cannot be read" if unread else ""
        self.query_one("#caption", Static).update(caption)

    @property
    def selected(self) -> Finding | None:
        """The finding under the cursor."""
        grid = self.query_one(Grid)
        if not isinstance(grid.source, FindingRows) or not len(grid.source):
            return None
        return grid.source.findings[grid.cursor]

    @on(Grid.Moved)
    def _moved(self) -> None:
        found = self.selected
        self.query_one(Lines).show([] if found is None else finding_lines(found))

    @on(Grid.Chosen)
    def _chosen(self) -> None:
        self.action_finding_history()

    def action_finding_history(self) -> None:
        """Open the history of the finding's object."""
        found = self.selected
        if found is None:
            return
        try:
            about = found.object
            place = locate(self.state, about.kind, about.namespace, about.name)
        except UsageError as error:
            self.post_message(Said(str(error), problem=True))
            return
        self.app.post_message(ShowHistory(place.subject(self.state, self.at)))

    def action_finding_travel(self) -> None:
        """Take the browser to the time since which the finding holds."""
        found = self.selected
        revision = None
        if found is not None and found.since is not None:
            revision = self.state.times.revision_by(found.since)
        if revision is not None:
            self.app.post_message(TravelTo(self.state.clamped(revision)))

    def exported(self) -> Exportable | None:
        """All findings with their evidence."""
        source = self.query_one(Grid).source
        if not isinstance(source, FindingRows):
            return None
        parts = []
        for index, found in enumerate(source.findings):
            head = "  ".join(cell.text for cell in source.row(index)[:-1])
            parts.append(f"{head}\n{plain_text(finding_lines(found))}")
        return text_export("Findings", "findings", "\n".join(parts))
