"""Moving through time: what the keys of the time machine do to the screen that has one."""

from __future__ import annotations

from etcdpod.errors import UsageError
from etcdpod.tui.model.revision_times import parse_place
from etcdpod.tui.screens.command_screen import CommandScreen
from etcdpod.tui.widgets.time_axis import TimeAxis


class TimeTravelScreen(CommandScreen):
    """A screen with a revision ``at`` which it is shown, and an axis to move it on."""

    def travel(self, revision: int | None) -> None:
        """Show another revision; None: the newest. The screen says how."""
        raise NotImplementedError

    def selected_key(self) -> bytes | None:
        """The etcd key of the object whose changes are stepped through."""
        raise NotImplementedError

    @property
    def here(self) -> int:
        """The revision that is shown."""
        return self.state.newest if self.at is None else self.at

    def go(self, revision: int) -> None:
        """Travel to the nearest revision that can be shown."""
        revision = self.state.clamped(revision)
        self.travel(None if revision >= self.state.newest else revision)

    def action_earlier(self) -> None:
        """To the last revision of the slice before that has another."""
        axis = self._axis().content
        if axis is None:
            return
        first = axis.axis.revision_at(axis.axis.position(self.here))
        self.go(min(first, self.here) - 1)

    def action_later(self) -> None:
        """To the last revision of the next slice that has one."""
        axis = self._axis().content
        if axis is None:
            return
        columns = axis.axis.columns
        column = axis.axis.position(self.here) + 1
        while column < columns and axis.axis.revision_at(column) <= self.here:
            column += 1
        if column + 1 >= columns:
            self.go(self.state.newest)
            return
        following = axis.axis.position(axis.axis.revision_at(column)) + 1
        self.go(max(axis.axis.revision_at(following) - 1, self.here + 1))

    def action_revision_back(self) -> None:
        """One revision back."""
        self.go(self.here - 1)

    def action_revision_forward(self) -> None:
        """One revision on."""
        self.go(self.here + 1)

    def action_previous_change(self) -> None:
        """To the last change of the selected object before now."""
        earlier = [revision for revision in self._changes() if revision < self.here]
        if earlier:
            self.go(earlier[-1])

    def action_next_change(self) -> None:
        """To the next change of the selected object."""
        later = [revision for revision in self._changes() if revision > self.here]
        if later:
            self.go(later[0])
        else:
            self.travel(None)

    def action_live(self) -> None:
        """To the newest revision."""
        self.travel(None)

    def action_go_to_revision(self) -> None:
        """Ask for a revision or a time."""
        self.prompt.ask("go", "go to revision or time (UTC)")

    def go_to_text(self, text: str) -> None:
        """Travel to what was typed.

        Raises:
            UsageError: it is neither a revision nor a time.
        """
        state = self.state
        revision = parse_place(text, state.times, self.here, state.newest)
        if not state.oldest <= revision <= state.newest:
            raise UsageError(
                f"revision {revision} is not kept here",
                next_step=f"this source holds {state.oldest} to {state.newest}",
            )
        self.go(revision)

    def _changes(self) -> list[int]:
        key = self.selected_key()
        return [] if key is None else self.state.ledger.revisions_of(key)

    def _axis(self) -> TimeAxis:
        return self.query_one(TimeAxis)
