"""How sure the revision numbers of a replay are.

A replay counts: each request that changed something takes the next main revision. Where the log
does not tell whether a request took effect, the count may be wrong from there on, until a later
request proves it right: a transaction that compares a key's mod revision, and by its success
states which revision an earlier write had; or a record of the database with the same content.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from etcdpod.formats.mvcc.logged import DOUBTFUL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etcdpod.formats.mvcc.logged import LogRows


class Numbering:
    """The doubts and proofs of one replay, as row numbers.

    Args:
        rows: the rows that are numbered.
        known: the number of the first row is right.
    """

    def __init__(self, rows: LogRows, *, known: bool) -> None:
        self._rows = rows
        self._start = len(rows)
        self._known = known
        self._doubts = array("Q")
        """Rows from which on the count may be wrong."""
        self._proofs = array("Q")
        self._corrections = array("Q")
        """Rows before which the count was wrong and from which on it was set right."""
        self._open = array("Q")
        """Doubts that no proof has followed yet."""

    def doubt(self) -> None:
        """From the next row on the numbers may be wrong."""
        row = len(self._rows)
        if not self._open or self._open[-1] != row:
            self._doubts.append(row)
            self._open.append(row)

    def prove(self, row: int) -> None:
        """The number of ``row`` is right."""
        self._proofs.append(row)
        if self._open and self._open[0] <= row:
            del self._open[: bisect_right(self._open, row)]

    @property
    def is_sure(self) -> bool:
        """Whether the count is right at this moment, as far as can be known."""
        return not self._open and (self._known or len(self._proofs) > 0)

    def is_doubtful(self, row: int) -> bool:
        """Whether no proof has followed a doubt that concerns ``row``."""
        return bool(self._open) and self._open[0] <= row

    def correct(self) -> int:
        """The numbers given since the first open doubt were wrong; the next ones are right.

        Returns:
            The row of that doubt.
        """
        if not self._open:
            # Nothing was in doubt but the number of the very first row.
            self._doubts.insert(0, self._start)
            self._open.append(self._start)
        first = self._open[0]
        self._corrections.append(len(self._rows))
        del self._open[:]
        self.doubt()
        return first

    def settle(self, further_proofs: Iterable[int] = ()) -> None:
        """Flag the rows whose numbers remain doubtful."""
        if self._known and not self._doubts:
            return
        proofs = sorted({*self._proofs, *further_proofs})
        for doubt in self._doubts:
            following = bisect_left(proofs, doubt)
            correction = bisect_right(self._corrections, doubt)
            stop = len(self._rows)
            if correction < len(self._corrections):
                stop = self._corrections[correction]
            is_proven = following < len(proofs) and proofs[following] < stop
            if not is_proven:
                self._flag(doubt, stop)
            elif not self._known and following == 0:
                # Proven from the right side only: the doubt stands between here and the start.
                self._flag(self._start, doubt)
        if not self._known and not proofs:
            self._flag(self._start, len(self._rows))

    def _flag(self, start: int, stop: int) -> None:
        flags = self._rows.flags
        for row in range(start, stop):
            flags[row] |= DOUBTFUL
