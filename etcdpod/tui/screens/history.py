"""The history of one object: its revisions on one side, what changed in one on the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from etcdpod.tui import commands
from etcdpod.tui.cells import plain_text
from etcdpod.tui.messages import LocationFound, ShowHistory, TravelTo
from etcdpod.tui.model.history.difference import VIEWS, Question, answer
from etcdpod.tui.model.history.export import history_export
from etcdpod.tui.model.history.object_history import (
    Heading,
    HistoryEntry,
    ObjectHistory,
    headings,
    iterate_history,
    touching,
)
from etcdpod.tui.model.history.rows import HistoryRows
from etcdpod.tui.model.objects.navigation import owner_location
from etcdpod.tui.model.safe_text import one_line
from etcdpod.tui.screens.command_screen import CommandScreen
from etcdpod.tui.threads import in_thread
from etcdpod.tui.widgets.grid import Grid
from etcdpod.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from etcdpod.tui.cells import Line
    from etcdpod.tui.commands import Command
    from etcdpod.tui.export import Exportable
    from etcdpod.tui.model.viewed_object import ViewedObject
    from etcdpod.tui.threads import Stopped

NARROW = 100
"""Columns below which the table is kept short."""


@dataclass
class HistoryRead(Message):
    """The history, or a first part of it, was read."""

    life: ObjectHistory | None
    noise: bool
    done: bool


@dataclass
class DifferenceRead(Message):
    """The text of the difference was made."""

    revision: int
    view: str
    lines: Sequence[Line]


class HistoryScreen(CommandScreen):
    """One object, revision by revision.

    Args:
        subject: the object; the cursor begins at its entry.
    """

    CSS_PATH = "history.tcss"
    KEYS: ClassVar[Sequence[type[Command]]] = commands.HISTORY
    TITLE_TEXT = "history"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 Textual declares it so
        (0, "-narrow"),
        (190, "-wide"),
    ]

    def __init__(self, subject: ViewedObject) -> None:
        super().__init__(subject.state)
        self.subject = subject
        self.at = subject.at
        self.life: ObjectHistory | None = None
        self.view = next(iter(VIEWS))
        self.noise = False
        self.field = ""
        self.marked: HistoryEntry | None = None
        self._revision = subject.at

    def body(self) -> Iterable[Widget]:
        """A caption, the revisions, the difference."""
        yield Static(id="caption", markup=False)
        yield Vertical(Grid(id="steps"), Lines(id="difference"), id="panes")

    def on_mount(self) -> None:
        """Read the history in a thread."""
        self.about = f"history of {one_line(self.subject.full_name)}"
        self.refresh_title()
        self.steps.empty = "reading …"
        self.steps.focus()
        self._read_history()

    @property
    def steps(self) -> Grid:
        """The revisions."""
        return self.query_one("#steps", Grid)

    @property
    def difference(self) -> Lines:
        """The difference."""
        return self.query_one("#difference", Lines)

    # --- the history ------------------------------------------------------------------------

    def _read_history(self) -> None:
        in_thread(self, partial(self._work_history, self.noise), "life")

    def _work_history(self, noise: bool, stopped: Stopped) -> None:
        life: ObjectHistory | None = None
        registry = self.state.registry
        for life in iterate_history(registry, self.subject.key, noise=noise):
            if stopped():
                return
            self.post_message(HistoryRead(life, noise, done=False))
        self.post_message(HistoryRead(life, noise, done=True))

    @on(HistoryRead)
    def _take_history(self, event: HistoryRead) -> None:
        event.stop()
        if event.noise != self.noise:
            return
        self.life = event.life
        self.steps.empty = "reading …" if not event.done else "no revision is kept"
        self._show_steps()

    def _show_steps(self) -> None:
        if self.life is None:
            return
        entries = self.life.entries
        if self.field:
            entries = tuple(touching(entries, self.field))
        narrow = self.size.width < NARROW
        rows = HistoryRows(headings(self.life, entries), self.at, self.marked, narrow)
        self.steps.show(rows, cursor=rows.position(self._revision))
        self._show_caption()

    def _show_caption(self) -> None:
        if self.life is None:
            return
        count, lives = len(self.life.entries), self.life.incarnations
        parts = [
            f"{count} revision{'' if count == 1 else 's'} kept",
            f"{lives} incarnation{'' if lives == 1 else 's'}",
            *self.life.missing,
            f"view: {self.view}",
        ]
        if self.field:
            parts.append(f"field: {self.field}")
        if self.noise:
            parts.append("with noise")
        self.query_one("#caption", Static).update("  ·  ".join(parts))

    # --- the difference ---------------------------------------------------------------------

    @property
    def selected(self) -> HistoryEntry | None:
        """The revision under the cursor."""
        source = self.steps.source
        if not isinstance(source, HistoryRows) or not source.entries:
            return None
        entry = source.entries[min(self.steps.cursor, len(source.entries) - 1)]
        if isinstance(entry, Heading):  # a heading opens the revision below it
            rest = source.entries[self.steps.cursor :]
            return next((one for one in rest if isinstance(one, HistoryEntry)), None)
        return entry

    @on(Grid.Moved, "#steps")
    def _moved(self) -> None:
        entry = self.selected
        if entry is not None:
            self._revision = entry.revision
        self._show_difference()

    @on(Grid.Chosen, "#steps")
    def _chosen(self) -> None:
        self.action_zoom_difference()

    def _question(self) -> Question | None:
        entry, life = self.selected, self.life
        if entry is None or life is None:
            return None
        before = self.marked
        if before is None or before is entry:
            before = _neighbour(life, entry)
        elif before.revision > entry.revision:
            before, entry = entry, before
        state = self.state
        marked = self.marked is not None and self.marked in (before, entry)
        width = self.difference.size.width or self.size.width
        return Question(
            state.registry,
            life.key,
            entry,
            before,
            marked and before is not None and self.marked is not self.selected,
            self.noise,
            width,
        )

    def _show_difference(self) -> None:
        question = self._question()
        if question is None:
            return
        in_thread(self, partial(self._work_difference, question, self.view), "difference")

    def _work_difference(self, question: Question, view: str, stopped: Stopped) -> None:
        lines = answer(question, view)
        if not stopped():
            self.post_message(DifferenceRead(question.selected.revision, view, lines))

    @on(DifferenceRead)
    def _take_difference(self, event: DifferenceRead) -> None:
        event.stop()
        if event.view == self.view:
            self.difference.show(event.lines)

    # --- keys -------------------------------------------------------------------------------

    def action_mark_revision(self) -> None:
        """Mark the revision, or take the mark away."""
        entry = self.selected
        marked = self.marked
        same = marked is not None and entry is not None and marked.revision == entry.revision
        self.marked = None if same else entry
        self._show_steps()
        self._show_difference()

    def action_show_view(self, view: str) -> None:
        """Show the difference in another view."""
        self.view = view
        self._show_caption()
        self._show_difference()

    def action_next_view(self) -> None:
        """The view after this one."""
        names = list(VIEWS)
        self.action_show_view(names[(names.index(self.view) + 1) % len(names)])

    def action_noise(self) -> None:
        """With or without managedFields and heartbeats."""
        self.noise = not self.noise
        self._read_history()

    def action_field_filter(self) -> None:
        """Ask for a field."""
        self.prompt.ask("field", "field", text=self.field)

    def answered(self, question: str, text: str) -> None:
        """Show only revisions that touched the field."""
        if question == "field":
            self.field = text.strip()
            self._show_steps()

    def action_travel(self) -> None:
        """The browser at this revision."""
        entry = self.selected
        if entry is not None:
            self.app.post_message(TravelTo(entry.revision))

    def action_owner_history(self) -> None:
        """Find the owner in a thread, and show its history above this one."""
        subject = replace(self.subject, at=self._revision)
        in_thread(self, lambda stopped: self._find_owner(subject), "owner")

    def _find_owner(self, subject: ViewedObject) -> None:
        self.post_message(LocationFound(owner_location(subject)))

    @on(LocationFound)
    def _found(self, event: LocationFound) -> None:
        event.stop()
        subject = event.place.subject(self.state, self._revision)
        self.app.post_message(ShowHistory(subject))

    def action_previous_revision(self) -> None:
        """One revision up."""
        self.steps.action_move(-1)

    def action_next_revision(self) -> None:
        """One revision down."""
        self.steps.action_move(1)

    def action_zoom_difference(self) -> None:
        """The difference over everything, or back."""
        self.toggle_class("zoomed")
        (self.difference if self.has_class("zoomed") else self.steps).focus()

    def action_back(self) -> None:
        """Close what is open, the screen last."""
        if not self.prompt.display and self.has_class("zoomed"):
            self.action_zoom_difference()
        elif not self.prompt.display and self.field:
            self.field = ""
            self._show_steps()
        else:
            super().action_back()

    def exported(self) -> Exportable | None:
        """The history, with the difference that is shown."""
        if self.life is None:
            return None
        return history_export(self.subject, self.life, self.view, plain_text(self.difference.lines))


def _neighbour(life: ObjectHistory, entry: HistoryEntry) -> HistoryEntry | None:
    """The revision before one, in the same incarnation."""
    index = life.entries.index(entry)
    before = life.entries[index - 1] if index else None
    if before is None or before.step.incarnation != entry.step.incarnation:
        return None
    return before
