"""Tracks how certain the revision numbers of a replay are.

A replay counts: each request that changed something takes the next main revision. If the log does
not determine whether a request took effect, the count may be wrong from there on, until a later
request proves it right: a transaction that compares a key's mod revision and succeeds, which
confirms the revision of an earlier write; or a record of the database with the same content.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from etcdpod.etcd.replay.rows import DOUBTFUL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etcdpod.etcd.replay.rows import LogRows


NO_ROWS = range(0)


class Numbering:
    """The doubts and proofs of one replay, as row numbers.

    Args:
        rows: the rows that are numbered.
        known: the number of the first row is known to be right.
    """

    def __init__(self, rows: LogRows, *, known: bool) -> None:
        self._rows = rows
        self._start = len(rows)
        self._known = known
        self._doubts = array("Q")
        """Rows from which on the count may be wrong: too high by one for each of these rows."""
        self._wild = array("Q")
        """Rows from which on the count may be wrong in either direction."""
        self._proofs = array("Q")
        self._corrections = array("Q")
        """Rows from which on a wrong count was corrected."""
        self._open: list[tuple[int, bool]] = []
        """Doubts not yet followed by a proof, and whether they are wild."""
        self._open_wild = 0
        """How many of the open doubts are wild."""

    @property
    def is_pristine(self) -> bool:
        """Whether there has never been a doubt."""
        return self._known and not self._doubts and not self._wild

    @property
    def is_sure(self) -> bool:
        """Whether the count is currently believed to be right."""
        return not self._open and (self._known or len(self._proofs) > 0)

    @property
    def is_adrift(self) -> bool:
        """Whether even the number of the first row is unknown."""
        return not self._known and len(self._proofs) == 0

    @property
    def is_wild(self) -> bool:
        """Whether the count may currently be wrong in either direction."""
        return self._open_wild > 0

    @property
    def breaks(self) -> frozenset[int]:
        """The rows before which a request of unknown content was applied."""
        return frozenset(self._wild)

    def doubt(self, *, wild: bool = False) -> None:
        """Record that the numbers may be wrong from the next row on.

        Args:
            wild: the request's content is unknown; otherwise a request is assumed to have taken
                effect, and the count is at most too high.
        """
        row = len(self._rows)
        (self._wild if wild else self._doubts).append(row)
        self._open.append((row, wild))
        self._open_wild += wild

    def prove(self, row: int) -> range:
        """Record that the number of ``row`` is right, and usually those since the last proof.

        Returns:
            Rows before it whose numbers may still be wrong.
        """
        if not self._open or self._open[0][0] > row:
            self._proofs.append(row)
            return NO_ROWS
        was_adrift = self.is_adrift
        self._proofs.append(row)
        closed = self._open[: bisect_right(self._open, (row, True))]
        del self._open[: len(closed)]
        wild = sum(is_wild for _, is_wild in closed)
        self._open_wild -= wild
        if was_adrift:
            return range(self._start, self._unproven_end(closed[-1][0], row))
        return range(closed[0][0], row) if _may_cancel(wild, len(closed) - wild) else range(0)

    def is_doubtful(self, row: int) -> bool:
        """Whether a doubt that affects ``row`` has not been followed by a proof."""
        return self.is_adrift or (bool(self._open) and self._open[0][0] <= row)

    def correct(self) -> int:
        """Record that the numbers since the first open doubt were wrong; the next are right.

        Returns:
            The row of that doubt.
        """
        if self.is_adrift:
            self._doubts.insert(0, self._start)
            self._open.insert(0, (self._start, False))
        first, _ = self._open[0]
        self._corrections.append(len(self._rows))
        del self._open[:]
        self._open_wild = 0
        self.doubt()
        return first

    def settle(self, further_proofs: Iterable[int] = ()) -> None:
        """Flag the rows whose numbers remain in doubt."""
        if self.is_pristine:
            return
        proofs = sorted({*self._proofs, *further_proofs})
        for doubt in sorted({*self._doubts, *self._wild}):
            following = bisect_left(proofs, doubt)
            correction = bisect_right(self._corrections, doubt)
            stop = len(self._rows)
            if correction < len(self._corrections):
                stop = self._corrections[correction]
            # If even the first number is unknown, the rows before the doubt need a proof as well.
            first = doubt if self._known or following > 0 else self._start
            if following == len(proofs) or proofs[following] >= stop:
                self._flag(first, stop)
            elif self._is_ambiguous(proofs, following):
                self._flag(first, proofs[following])
            elif not self._known and following == 0:
                # Proven on the later side only: the error lies between the start and here.
                self._flag(self._start, self._unproven_end(doubt, proofs[following]))
        if not self._known and not proofs:
            self._flag(self._start, len(self._rows))

    def _unproven_end(self, doubt: int, proof: int) -> int:
        """The end of the rows of a doubtful entry, or its start if the proof is one of those rows.

        If the entry had no effect after all, and the first revision was taken one too low, then
        everything after it is right and only the entry itself is wrong.
        """
        entries = self._rows.raft_index
        end = doubt
        while end < len(entries) and entries[end] == entries[doubt]:
            end += 1
        return doubt if proof < end else end

    def _is_ambiguous(self, proofs: list[int], following: int) -> bool:
        """Whether errors at the doubts between two proofs could cancel each other out."""
        before = proofs[following - 1] if following > 0 else -1
        upto = proofs[following]
        wild = bisect_right(self._wild, upto) - bisect_right(self._wild, before)
        assumed = bisect_right(self._doubts, upto) - bisect_right(self._doubts, before)
        return _may_cancel(wild, assumed)

    def _flag(self, start: int, stop: int) -> None:
        flags = self._rows.flags
        # Rows may have been removed in the meantime.
        for row in range(start, min(stop, len(flags))):
            flags[row] |= DOUBTFUL


def _may_cancel(wild: int, assumed: int) -> bool:
    """Whether errors may cancel out. A count that is at most too high is right if its end is."""
    return wild > 1 or (wild == 1 and assumed > 0)
