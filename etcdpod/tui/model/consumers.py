"""Who makes the revisions and holds the bytes, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from etcdpod.forensics.activity.activity import Consumer, consumers
from etcdpod.forensics.activity.attribution import writers
from etcdpod.tui.cells import GridColumn, StyledText
from etcdpod.tui.model.safe_text import one_line
from etcdpod.tui.styles import BOLD, DIM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from etcdpod.tui.model.browser_state import BrowserState

BAR = 20
"""Columns of the bar of the largest."""

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def groupings(state: BrowserState) -> dict[str, Callable[[bytes], str]]:
    """The group of a key, for each way of grouping."""
    catalog, ledger = state.catalog, state.ledger

    def number(key: bytes) -> int:
        found = ledger.number(key)
        return 0 if found is None else found

    return {
        "kind": lambda key: catalog.kind(number(key)).label,
        "namespace": lambda key: catalog.namespace(number(key)) or "(cluster)",
        "key": lambda key: key.decode(errors="backslashreplace"),
    }


@dataclass(frozen=True)
class ConsumerRows:
    """Consumers as the source of a grid, the largest first."""

    title: str
    found: Sequence[Consumer]
    by_bytes: bool

    @property
    def columns(self) -> Sequence[GridColumn]:
        """Name, numbers, and a bar of the number that they are ordered by."""
        return (
            GridColumn(self.title.upper(), limit=70),
            GridColumn("REVISIONS", right=True),
            GridColumn("BYTES", right=True),
            GridColumn("KEYS", right=True),
            GridColumn("LARGEST", right=True),
            GridColumn("FIRST", right=True),
            GridColumn("LAST", right=True),
            GridColumn("BYTES" if self.by_bytes else "REVISIONS", limit=BAR + 8),
        )

    def __len__(self) -> int:
        return len(self.found)

    def row(self, index: int) -> Sequence[StyledText]:
        """One consumer."""
        one = self.found[index]
        size = one.bytes if self.by_bytes else one.revisions
        total = sum(c.bytes if self.by_bytes else c.revisions for c in self.found)
        most = self.found[0].bytes if self.by_bytes else self.found[0].revisions
        share = f" {100 * size / max(total, 1):.0f}%"
        numbers = (one.revisions, one.bytes, one.keys, one.largest)
        return (
            StyledText(one_line(one.name), BOLD),
            *(StyledText(f"{number:,}") for number in numbers),
            StyledText(str(one.first), DIM),
            StyledText(str(one.last), DIM),
            StyledText(bar(size, most) + share),
        )


def bar(size: int, most: int) -> str:
    """A bar of eighths of a column."""
    eighths = round(BAR * 8 * size / max(most, 1))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def ordered(found: Sequence[Consumer], *, by_bytes: bool) -> list[Consumer]:
    """The largest first."""
    return sorted(found, key=lambda c: (-(c.bytes if by_bytes else c.revisions), c.name))


GROUPINGS = ("kind", "namespace", "key", "writer")
"""What can be counted by, in the order in which it is gone through."""


def count(
    state: BrowserState, grouping: str, progress: Callable[[int, int], None] | None = None
) -> list[Consumer]:
    """Count by one of the groupings; counting writers reads every revision."""
    if grouping == "writer":
        return writers(state.registry, state.ledger, progress=progress)
    return consumers(state.ledger, groupings(state)[grouping])
