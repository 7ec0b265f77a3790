"""The revisions of one object as rows, with headings for incarnations and gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.style import Style

from etcdpod.tui.cells import GridColumn, StyledText
from etcdpod.tui.model.history.object_history import Heading, HistoryEntry
from etcdpod.tui.model.text import clock_text
from etcdpod.tui.styles import BOLD, DIM, PAST, PLAIN, REMOVED, WARNING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class HistoryRows:
    """A history as the source of a grid."""

    entries: Sequence[HistoryEntry | Heading]
    at: int | None = None
    """The revision that the browser shows; what came later is dim."""
    marked: HistoryEntry | None = None
    narrow: bool = False
    """There is little room: what changed needs it more than who did it."""

    @property
    def columns(self) -> Sequence[GridColumn]:
        """Revision, time, who, size, what."""
        return (
            GridColumn("", width=1),
            GridColumn("REVISION", right=True),
            GridColumn("TIME"),
            GridColumn("WHO", limit=14 if self.narrow else 28),
            GridColumn("SIZE", right=True),
            GridColumn("WHAT", limit=400),
        )

    def __len__(self) -> int:
        return len(self.entries)

    def row(self, index: int) -> Sequence[StyledText]:
        """A revision, or a heading in its last column."""
        entry = self.entries[index]
        blank = StyledText("")
        if isinstance(entry, Heading):
            style, letter = (WARNING, "┄") if entry.gap else (BOLD, "●")
            return (
                StyledText(letter, style),
                blank,
                blank,
                blank,
                blank,
                StyledText(entry.text, style),
            )
        step = entry.step
        late = self.at is not None and entry.revision > self.at
        style = REMOVED if step.event == "DELETED" else DIM if late else PLAIN
        emphasis = Style(bold=True) + style if entry.by_intent else style
        is_marked = self.marked is not None and entry.revision == self.marked.revision
        trust = step.record.provenance.trust.value
        sign = (
            StyledText("◆", PAST)
            if is_marked
            else StyledText("" if trust == "A" else trust, WARNING)
        )
        return (
            sign,
            StyledText(str(step.record.revision), DIM if late else BOLD),
            StyledText(clock_text(entry.time), style),
            StyledText(entry.who, emphasis if entry.by_intent else DIM),
            StyledText("" if step.record.tombstone else f"{step.record.value_size:,}", DIM),
            StyledText(entry.what, emphasis),
        )

    def position(self, revision: int | None) -> int:
        """The last row up to a revision; for None the newest."""
        found = 0
        for index, entry in enumerate(self.entries):
            if isinstance(entry, Heading):
                continue
            if revision is not None and entry.revision > revision and found:
                break
            found = index
        return found
