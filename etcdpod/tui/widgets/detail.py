"""The pane below the table: one object in several ways, read in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from etcdpod.errors import EtcdpodError
from etcdpod.tui.model.detail.panes import TABS
from etcdpod.tui.model.objects.export import object_export, pane_export
from etcdpod.tui.model.safe_text import one_line
from etcdpod.tui.model.text import message
from etcdpod.tui.threads import in_thread
from etcdpod.tui.widgets.lines import Lines
from etcdpod.tui.work_priority import Rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.timer import Timer

    from etcdpod.tui.cells import Line
    from etcdpod.tui.export import Exportable
    from etcdpod.tui.model.viewed_object import ViewedObject
    from etcdpod.tui.threads import Stopped

SETTLE = 0.06
"""Seconds without a key before an object is read: holding a key down reads none in between."""


@dataclass
class LinesRead(Message):
    """The text of a tab was made."""

    subject: ViewedObject
    tab: str
    lines: Sequence[Line]


class TabStrip(Widget):
    """The names of the tabs, and the object at the right."""

    class TabClicked(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self) -> None:
        super().__init__()
        self.active = next(iter(TABS))
        self.subject = ""

    def render(self) -> Text:
        """One line."""
        text = Text(no_wrap=True, overflow="crop")
        for name in TABS:
            text.append(f" {name} ", style="reverse bold" if name == self.active else "")
        room = self.size.width - text.cell_len - 1
        if room > len(self.subject):
            text.append(" " * (room - len(self.subject)) + self.subject, style="dim")
        return text

    def on_click(self, event: events.Click) -> None:
        """Find the tab at the place of the click."""
        right = 0
        for name in TABS:
            right += len(name) + 2
            if event.x < right:
                self.post_message(self.TabClicked(name))
                return


class Detail(Vertical):
    """The tabs and their text."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.subject: ViewedObject | None = None
        self.tab = next(iter(TABS))
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """A line of tabs above the text."""
        yield TabStrip()
        yield Lines(id="detail-lines")

    @property
    def lines(self) -> Lines:
        """The text."""
        return self.query_one(Lines)

    def look_at(self, subject: ViewedObject | None) -> None:
        """Show another object, or the same at another revision."""
        if subject == self.subject:
            return
        self.subject = subject
        strip = self.query_one(TabStrip)
        strip.subject = "" if subject is None else one_line(_title(subject))
        strip.refresh()
        self._load_soon()

    def open_tab(self, tab: str) -> None:
        """Show another tab."""
        self.tab = tab
        strip = self.query_one(TabStrip)
        strip.active = tab
        strip.refresh()
        self._load()

    def exported(self) -> Exportable | None:
        """The object, or the text of the tab if that has the focus; None without an object."""
        subject, text = self.subject, self.lines.text
        if subject is None:
            return None
        if self.lines.has_focus and self.tab != "YAML":
            return pane_export(subject, self.tab, text)
        return object_export(subject, self.tab, text)

    def reload(self) -> None:
        """Read again what is shown."""
        self._load()

    def _load_soon(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(SETTLE, self._load)

    def _load(self) -> None:
        if self.subject is None:
            self.lines.show(message("nothing is selected"))
            return
        in_thread(self, partial(self._work, self.subject, self.tab), "detail")

    def _work(self, subject: ViewedObject, tab: str, stopped: Stopped) -> None:
        try:
            with subject.state.priority.work(Rank.LOOKED_AT):
                lines = TABS[tab](subject)
        except (EtcdpodError, OSError) as error:
            lines = message("cannot be read", one_line(str(error)))
        if not stopped():
            self.post_message(LinesRead(subject, tab, lines))

    @on(LinesRead)
    def _take(self, event: LinesRead) -> None:
        event.stop()
        if event.subject == self.subject and event.tab == self.tab:
            self.lines.show(event.lines)

    @on(TabStrip.TabClicked)
    def _tab_clicked(self, event: TabStrip.TabClicked) -> None:
        event.stop()
        self.open_tab(event.tab)


def _title(subject: ViewedObject) -> str:
    moment = "newest" if subject.at is None else f"as of {subject.at}"
    return f"{subject.full_name}  {moment}"
