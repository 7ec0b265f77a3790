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

from etcdpod.etcd.replay.rows import DOUBTFUL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etcdpod.etcd.replay.rows import LogRows


NO_ROWS = range(0)


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
        """Rows from which on the count may be wrong: too high by one for each of them."""
        self._wild = array("Q")
        """Rows from which on it may be wrong in either direction."""
        self._proofs = array("Q")
        self._corrections = array("Q")
        """Rows before which the count was wrong and from which on it was set right."""
        self._open: list[tuple[int, bool]] = []
        """Doubts that no proof has followed yet, and whether they are wild."""
        self._open_wild = 0
        """How many of them are."""

    @property
    def is_pristine(self) -> bool:
        """Whether nothing was ever in doubt."""
        return self._known and not self._doubts and not self._wild

    @property
    def is_sure(self) -> bool:
        """Whether the count is right at this moment, as far as can be known."""
        return not self._open and (self._known or len(self._proofs) > 0)

    @property
    def is_adrift(self) -> bool:
        """Whether not even the number of the first row is known."""
        return not self._known and len(self._proofs) == 0

    @property
    def is_wild(self) -> bool:
        """Whether the count may be wrong in either direction at this moment."""
        return self._open_wild > 0

    @property
    def breaks(self) -> frozenset[int]:
        """The rows before which something happened of which nothing is known."""
        return frozenset(self._wild)

    def doubt(self, *, wild: bool = False) -> None:
        """From the next row on the numbers may be wrong.

        Args:
            wild: what happened is not known at all; otherwise a request is assumed to have taken
                effect, and the count is at most too high.
        """
        row = len(self._rows)
        (self._wild if wild else self._doubts).append(row)
        self._open.append((row, wild))
        self._open_wild += wild

    def prove(self, row: int) -> range:
        """The number of ``row`` is right, and so are those since the last proof, as a rule.

        Returns:
            Rows before it whose numbers may be wrong all the same.
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
        """Whether no proof has followed a doubt that concerns ``row``."""
        return self.is_adrift or (bool(self._open) and self._open[0][0] <= row)

    def correct(self) -> int:
        """The numbers given since the first open doubt were wrong; the next ones are right.

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
        """Flag the rows whose numbers remain doubtful."""
        if self.is_pristine:
            return
        proofs = sorted({*self._proofs, *further_proofs})
        for doubt in sorted({*self._doubts, *self._wild}):
            following = bisect_left(proofs, doubt)
            correction = bisect_right(self._corrections, doubt)
            stop = len(self._rows)
            if correction < len(self._corrections):
                stop = self._corrections[correction]
            # Where not even the first number is known, it takes a proof to know those before.
            first = doubt if self._known or following > 0 else self._start
            if following == len(proofs) or proofs[following] >= stop:
                self._flag(first, stop)
            elif self._is_ambiguous(proofs, following):
                self._flag(first, proofs[following])
            elif not self._known and following == 0:
                # Proven from the right side only: the doubt stands between here and the start.
                self._flag(self._start, self._unproven_end(doubt, proofs[following]))
        if not self._known and not proofs:
            self._flag(self._start, len(self._rows))

    def _unproven_end(self, doubt: int, proof: int) -> int:
        """Where the rows of a doubtful entry end, unless the proof is of one of them.

        If it had no effect after all, and the first revision was taken one too low, then all
        behind it is right and it alone never was.
        """
        entries = self._rows.raft_index
        end = doubt
        while end < len(entries) and entries[end] == entries[doubt]:
            end += 1
        return doubt if proof < end else end

    def _is_ambiguous(self, proofs: list[int], following: int) -> bool:
        """Whether the doubts between two proofs may have been wrong and yet add up to nothing."""
        before = proofs[following - 1] if following > 0 else -1
        upto = proofs[following]
        wild = bisect_right(self._wild, upto) - bisect_right(self._wild, before)
        assumed = bisect_right(self._doubts, upto) - bisect_right(self._doubts, before)
        return _may_cancel(wild, assumed)

    def _flag(self, start: int, stop: int) -> None:
        flags = self._rows.flags
        # Rows may have been cut off meanwhile.
        for row in range(start, min(stop, len(flags))):
            flags[row] |= DOUBTFUL


def _may_cancel(wild: int, assumed: int) -> bool:
    """Whether errors may cancel. A count that is at most too high is right if its end is."""
    return wild > 1 or (wild == 1 and assumed > 0)
