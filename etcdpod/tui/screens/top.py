"""Top: which kinds, namespaces, keys and writers make the revisions and hold the bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.message import Message
from textual.widgets import Static

from etcdpod.tui import commands
from etcdpod.tui.messages import Progress
from etcdpod.tui.model.consumers import GROUPINGS, ConsumerRows, count, ordered
from etcdpod.tui.model.objects.export import text_export
from etcdpod.tui.screens.command_screen import CommandScreen
from etcdpod.tui.threads import Cancelled, in_thread
from etcdpod.tui.widgets.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from etcdpod.forensics.activity.activity import Consumer
    from etcdpod.tui.commands import Command
    from etcdpod.tui.export import Exportable
    from etcdpod.tui.model.browser_state import BrowserState
    from etcdpod.tui.threads import Stopped


@dataclass
class ConsumersCounted(Message):
    """The consumers were counted."""

    grouping: str
    found: Sequence[Consumer]


class TopScreen(CommandScreen):
    """A table of consumers."""

    CSS_PATH = "top.tcss"
    KEYS: ClassVar[Sequence[type[Command]]] = commands.TOP
    TITLE_TEXT = "top"

    def __init__(self, state: BrowserState) -> None:
        super().__init__(state)
        self.grouping = "kind"
        self.by_bytes = False
        self._found: Sequence[Consumer] = ()

    def body(self) -> Iterable[Widget]:
        """A caption and the table."""
        yield Static(id="caption", markup=False)
        yield Grid(id="consumers")

    def on_mount(self) -> None:
        """Count by kind first."""
        self.about = "top"
        self.refresh_title()
        self.query_one(Grid).focus()
        self._count()

    def _count(self) -> None:
        self.query_one(Grid).empty = "counting …"
        in_thread(self, partial(self._work, self.grouping), "count")

    def _work(self, grouping: str, stopped: Stopped) -> None:
        def progress(done: int, total: int) -> None:
            if stopped():
                raise Cancelled
            self.app.post_message(Progress(f"reading writers … {done:,} of {total:,}", "count"))

        try:
            found = count(self.state, grouping, progress)
            self.post_message(ConsumersCounted(grouping, found))
        except Cancelled:
            pass
        finally:
            self.app.post_message(Progress("", "count"))

    @on(ConsumersCounted)
    def _take(self, event: ConsumersCounted) -> None:
        event.stop()
        if event.grouping == self.grouping:
            self._found = event.found
            self._show()

    def _show(self) -> None:
        found = ordered(self._found, by_bytes=self.by_bytes)
        self.query_one(Grid).show(ConsumerRows(self.grouping, found, self.by_bytes), cursor=0)
        revisions = sum(one.revisions for one in found)
        size = sum(one.bytes for one in found)
        order = "bytes" if self.by_bytes else "revisions"
        self.query_one("#caption", Static).update(
            f"by {self.grouping}, most {order} first  ·  {revisions:,} revisions in {size:,} bytes "
            f"of etcd's bucket  ·  {self.state.info.size:,} bytes in all"
        )

    def action_group_by(self) -> None:
        """The next grouping."""
        names = GROUPINGS
        self.grouping = names[(names.index(self.grouping) + 1) % len(names)]
        self._count()

    def action_order_by(self) -> None:
        """Bytes instead of revisions, or back."""
        self.by_bytes = not self.by_bytes
        self._show()

    def exported(self) -> Exportable | None:
        """The table."""
        rows = ConsumerRows(self.grouping, ordered(self._found, by_bytes=self.by_bytes), False)
        lines = ["\t".join(column.title for column in rows.columns[:-1])]
        lines += ["\t".join(cell.text for cell in rows.row(i)[:-1]) for i in range(len(rows))]
        return text_export(f"Top by {self.grouping}", f"top-{self.grouping}", "\n".join(lines))
