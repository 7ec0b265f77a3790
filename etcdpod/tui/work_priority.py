"""Work priority: what is displayed is read before anything else."""

from __future__ import annotations

from contextlib import contextmanager
from enum import IntEnum
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 0.5
"""Seconds that less urgent work waits at most, so that it is done eventually."""


class Rank(IntEnum):
    """Kinds of work, the most urgent first."""

    LOOKED_AT = 0
    """Rows and text on the screen."""
    LISTED = 1
    """Keys of revisions, and rows for filtering and sorting."""
    DATED = 2
    """Times of revisions."""


class WorkPriority:
    """Makes background threads give way, as Python runs one thread at a time."""

    def __init__(self) -> None:
        self._working = [0] * len(Rank)
        self._changed = Condition()

    @contextmanager
    def work(self, rank: Rank) -> Iterator[None]:
        """While work of a rank is done."""
        self._count(rank, 1)
        try:
            yield
        finally:
            self._count(rank, -1)

    def give_way(self, rank: Rank, longest: float = LONGEST) -> None:
        """Wait while more urgent work is done; call it between pieces of work."""
        with self._changed:
            self._changed.wait_for(lambda: not any(self._working[:rank]), longest)

    def _count(self, rank: Rank, change: int) -> None:
        with self._changed:
            self._working[rank] += change
            self._changed.notify_all()
