"""Monotone bounds on the times of revisions: what one revision implies for its neighbours.

Revisions are numbered in the order in which they were written. So a revision was written no
earlier than any before it, and no later than any after it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = tuple[int, int | None, int | None]
"""A revision, and the earliest and latest moment of its own evidence."""


class TimeBounds:
    """What a set of dated revisions says of every revision.

    Args:
        rows: dated revisions, in any order.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        ordered = sorted(rows, key=lambda row: row[0])
        lower = [(revision, time) for revision, time, _ in ordered if time is not None]
        upper = [(revision, time) for revision, _, time in ordered if time is not None]
        self._low_revisions = [revision for revision, _ in lower]
        self._low = list(accumulate((time for _, time in lower), max))
        self._high_revisions = [revision for revision, _ in upper]
        self._high = list(accumulate((time for _, time in reversed(upper)), min))[::-1]
        late = (
            low - time for revision, time in upper if (low := self.earliest(revision)) is not None
        )
        self.contradiction = max(0, max(late, default=0))
        """How far, at worst, an earlier revision's time lies after a later one's: what a write
        took from its time being read to its being stored, or a clock that is wrong."""

    def __len__(self) -> int:
        return len(self._low)

    def earliest(self, revision: int) -> int | None:
        """The latest of the lower bounds at or before ``revision``."""
        place = bisect_right(self._low_revisions, revision)
        return self._low[place - 1] if place else None

    def latest(self, revision: int) -> int | None:
        """The earliest of the upper bounds at or after ``revision``."""
        place = bisect_left(self._high_revisions, revision)
        return self._high[place] if place < len(self._high) else None

    def fraction(self, revision: int) -> float:
        """How far ``revision`` lies on the way between the dated ones around it, 0 to 1."""
        place = bisect_right(self._low_revisions, revision)
        if place == 0 or place == len(self._low_revisions):
            return 0.5
        before, after = self._low_revisions[place - 1], self._low_revisions[place]
        return (revision - before) / (after - before)
