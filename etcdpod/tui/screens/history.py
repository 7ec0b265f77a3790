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
from etcdpod.tui.messages import Found, TravelTo
from etcdpod.tui.model.history.difference import VIEWS, Question, answer
from etcdpod.tui.model.history.export import history_export
from etcdpod.tui.model.history.life import Heading, Life, Moment, headings, iterate_life, touching
from etcdpod.tui.model.history.rows import HistoryRows
from etcdpod.tui.model.objects.navigation import owner_place
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
    from etcdpod.tui.model.subject import Subject
    from etcdpod.tui.threads import Stopped

NARROW = 100
"""Columns below which the table is kept short."""


@dataclass
class LifeRead(Message):
    """The history, or its beginning, was read."""

    life: Life | None
    noise: bool
    done: bool


@dataclass
class DifferenceRead(Message):
    """The right side is there."""

    revision: int
    view: str
    lines: Sequence[Line]


class HistoryScreen(CommandScreen):
    """One object, revision by revision.

    Args:
        subject: the object; the cursor begins at its moment.
    """

    CSS_PATH = "history.tcss"
    KEYS: ClassVar[Sequence[type[Command]]] = commands.HISTORY
    TITLE_TEXT = "history"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 Textual declares it so
        (0, "-narrow"),
        (190, "-wide"),
    ]

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self.subject = subject
        self.at = subject.at
        self.life: Life | None = None
        self.view = next(iter(VIEWS))
        self.noise = False
        self.field = ""
        self.marked: Moment | None = None
        self._revision = subject.at

    def body(self) -> Iterable[Widget]:
        """A caption, the revisions, the difference."""
        yield Static(id="caption", markup=False)
        yield Vertical(Grid(id="steps"), Lines(id="difference"), id="panes")

    def on_mount(self) -> None:
        """Read the life in a thread."""
        self.about = f"history of {one_line(self.subject.full_name)}"
        self.app.refresh_title(self)
        self.steps.empty = "reading …"
        self.steps.focus()
        self._read_life()

    @property
    def steps(self) -> Grid:
        """The revisions."""
        return self.query_one("#steps", Grid)

    @property
    def difference(self) -> Lines:
        """The other side."""
        return self.query_one("#difference", Lines)

    # --- the life ---------------------------------------------------------------------------

    def _read_life(self) -> None:
        in_thread(self, partial(self._work_life, self.noise), "life")

    def _work_life(self, noise: bool, stopped: Stopped) -> None:
        life: Life | None = None
        registry = self.subject.world.registry
        for life in iterate_life(registry, self.subject.key, noise=noise):
            if stopped():
                return
            self.post_message(LifeRead(life, noise, done=False))
        self.post_message(LifeRead(life, noise, done=True))

    @on(LifeRead)
    def _take_life(self, event: LifeRead) -> None:
        event.stop()
        if event.noise != self.noise:
            return
        self.life = event.life
        self.steps.empty = "reading …" if not event.done else "no revision is kept"
        self._show_steps()

    def _show_steps(self) -> None:
        if self.life is None:
            return
        moments = self.life.moments
        if self.field:
            moments = tuple(touching(moments, self.field))
        narrow = self.size.width < NARROW
        rows = HistoryRows(headings(self.life, moments), self.at, self.marked, narrow)
        self.steps.show(rows, cursor=rows.position(self._revision))
        self._show_caption()

    def _show_caption(self) -> None:
        if self.life is None:
            return
        count, lives = len(self.life.moments), self.life.incarnations
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
    def selected(self) -> Moment | None:
        """The revision under the cursor."""
        source = self.steps.source
        if not isinstance(source, HistoryRows) or not source.entries:
            return None
        entry = source.entries[min(self.steps.cursor, len(source.entries) - 1)]
        if isinstance(entry, Heading):  # a heading stands for the revision below it
            rest = source.entries[self.steps.cursor :]
            return next((one for one in rest if isinstance(one, Moment)), None)
        return entry

    @on(Grid.Moved, "#steps")
    def _moved(self) -> None:
        moment = self.selected
        if moment is not None:
            self._revision = moment.revision
        self._show_difference()

    @on(Grid.Chosen, "#steps")
    def _chosen(self) -> None:
        self.action_zoom_difference()

    def _question(self) -> Question | None:
        moment, life = self.selected, self.life
        if moment is None or life is None:
            return None
        before = self.marked
        if before is None or before is moment:
            before = _neighbour(life, moment)
        elif before.revision > moment.revision:
            before, moment = moment, before
        world = self.subject.world
        marked = self.marked is not None and self.marked in (before, moment)
        width = self.difference.size.width or self.size.width
        return Question(
            world.registry,
            life.key,
            moment,
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

    def action_mark(self) -> None:
        """Mark the revision, or take the mark away."""
        moment = self.selected
        same = self.marked is not None and moment is not None
        self.marked = (
            None if same and self.marked.revision == moment.revision else moment  # type: ignore[union-attr]
        )
        self._show_steps()
        self._show_difference()

    def _show_view(self, view: str) -> None:
        self.view = view
        self._show_caption()
        self._show_difference()

    def action_next_view(self) -> None:
        """The view after this one."""
        names = list(VIEWS)
        self._show_view(names[(names.index(self.view) + 1) % len(names)])

    def action_changes(self) -> None:
        """Field by field."""
        self._show_view("changes")

    def action_unified(self) -> None:
        """Line by line."""
        self._show_view("unified")

    def action_side_by_side(self) -> None:
        """Beside each other."""
        self._show_view("side by side")

    def action_blame(self) -> None:
        """Who set each line."""
        self._show_view("blame")

    def action_whole_object(self) -> None:
        """The object."""
        self._show_view("object")

    def action_noise(self) -> None:
        """With or without managedFields and heartbeats."""
        self.noise = not self.noise
        self._read_life()

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
        moment = self.selected
        if moment is not None:
            self.app.post_message(TravelTo(moment.revision))

    def action_owner_history(self) -> None:
        """Find the owner in a thread, and show its history above this one."""
        subject = replace(self.subject, at=self._revision)
        in_thread(self, lambda stopped: self._find_owner(subject), "owner")

    def _find_owner(self, subject: Subject) -> None:
        self.post_message(Found(owner_place(subject)))

    @on(Found)
    def _found(self, event: Found) -> None:
        event.stop()
        self.app.push_screen(HistoryScreen(event.place.subject(self.subject.world, self._revision)))

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

    def action_next_pane(self) -> None:
        """The focus to the other side."""
        self.focus_next()

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


def _neighbour(life: Life, moment: Moment) -> Moment | None:
    """The revision before one, in the same incarnation."""
    index = life.moments.index(moment)
    before = life.moments[index - 1] if index else None
    if before is None or before.step.incarnation != moment.step.incarnation:
        return None
    return before
