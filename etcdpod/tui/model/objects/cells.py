"""The table of objects as cells: what a listing knows, and how each kind of row looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from etcdpod.kube.model.age import human_duration
from etcdpod.tui.cells import GridColumn, StyledText
from etcdpod.tui.model.objects.listing import NAME, NAMESPACE, OWN_COLUMNS
from etcdpod.tui.model.safe_text import one_line
from etcdpod.tui.styles import BOLD, DIM, GONE, PLAIN, WARNING, of_readiness, of_status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.style import Style

    from etcdpod.tui.model.objects.entries import ListedObject
    from etcdpod.tui.model.objects.listing import ObjectListing
    from etcdpod.tui.model.objects.rows import ObjectRow
    from etcdpod.tui.model.revision_times import RevisionTimes

_HEADERS = {"REVISION": "REV"}
"""Shorter titles, to save width."""
_LEAST = {
    NAME: 15,
    NAMESPACE: 4,
    "RESTARTS": 3,
    "LAST CHANGE": 13,
    "MESSAGE": 30,
    "STATUS": 16,
    "OBJECT": 18,
    "SCHEDULE": 10,
}
_SHORT = {NAMESPACE: "NS", "RESTARTS": "RST"}
_MIDDLE = {NAME, "OBJECT"}
_STYLED = {"STATUS": of_status, "READY": of_readiness, "TYPE": of_status, "REASON": of_status}
_RIGHT = {"REVISION", "KEPT"}
_LIMITS = {NAME: 48, NAMESPACE: 24, "MESSAGE": 90, "STATUS": 26}
_PENDING = StyledText("…", DIM)


@dataclass
class ObjectRows:
    """A listing as the source of a grid."""

    listing: ObjectListing
    times: RevisionTimes
    now: datetime

    @property
    def columns(self) -> Sequence[GridColumn]:
        """The columns; the one that rows are sorted by is marked."""
        view = self.listing.view
        order = " ▲" if view.reverse else " ▼"
        return [
            GridColumn("", width=1),
            *(
                GridColumn(
                    _HEADERS.get(name, name) + (order if name == view.sort else ""),
                    limit=_LIMITS.get(name, 40),
                    right=name in _RIGHT,
                    least=_LEAST.get(name, 0),
                    short=_SHORT.get(name, ""),
                    middle=name in _MIDDLE,
                )
                for name in self.listing.headers
            ),
        ]

    def __len__(self) -> int:
        return len(self.listing.entries)

    def row(self, index: int) -> Sequence[StyledText]:
        """The cells of an object: struck through if it was deleted, ``…`` while being read."""
        entry = self.listing.entries[index]
        content = self.listing.store.last_known(entry.number, entry.row)
        cells = [self._cell(entry, content, name) for name in self.listing.headers]
        if entry.gone:
            struck = [StyledText(cell.text, GONE, cell.span) for cell in cells[:-1]]
            return [StyledText("✗", WARNING), *struck, cells[-1]]
        return [self._mark(entry, content), *cells]

    def _mark(self, entry: ListedObject, content: ObjectRow | None) -> StyledText:
        """The mark of a row: it cannot be read, or it changed at the displayed revision."""
        if content is not None and content.problem:
            return StyledText("⚠", WARNING)
        return StyledText("●", BOLD) if entry.revision == self.listing.view.at else StyledText("")

    def _cell(self, entry: ListedObject, content: ObjectRow | None, name: str) -> StyledText:
        if name == NAMESPACE:
            return StyledText(one_line(entry.namespace))
        if name == NAME:
            return StyledText(one_line(entry.name))
        if name == "REVISION":
            return StyledText(str(entry.revision))
        if name == "KEPT":
            return StyledText(str(entry.kept))
        if name == OWN_COLUMNS[-1]:
            return self._last_change(entry, content)
        if content is None:
            return _PENDING
        if content.problem:
            return self._problem(content, name)
        place = self.listing.columns.index(name)
        text = content.cells[place] if place < len(content.cells) else ""
        return StyledText(text, _STYLED.get(name, _plain)(text))

    def _problem(self, content: ObjectRow, name: str) -> StyledText:
        """The reason, spanning all columns of its kind."""
        own = [column for column in self.listing.columns if column != NAME]
        if name != own[0]:
            return StyledText("")
        return StyledText(content.problem, WARNING, span=len(own))

    def _last_change(self, entry: ListedObject, content: ObjectRow | None) -> StyledText:
        moment = self.times.at(entry.revision)
        if entry.gone:
            return StyledText(self._deleted(entry, moment), WARNING)
        if content is None:
            return StyledText(self._ago(moment), DIM)
        return StyledText(f"{self._ago(moment or content.changed)}  {content.writer}".strip(), DIM)

    def _deleted(self, entry: ListedObject, moment: datetime | None) -> str:
        if not entry.has_tombstone:
            return f"✗ gone by {self.listing.ledger.compact_revision}"
        return f"✗ gone {self._ago(moment) or f'at {entry.revision}'}"

    def _ago(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        return human_duration(max((self.now - moment).total_seconds(), 0.0))


def _plain(text: str) -> Style:
    return PLAIN
