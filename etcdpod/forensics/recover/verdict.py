"""How much of one life of a key is still there: all of it, with gaps, or only its last words.

Every put carries its ``version``, so the number of puts that are missing between two that are
kept is known for certain. A tombstone carries none: whether puts are missing right before it
shows only where no revision between the two is left that nothing accounts for.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING

from etcdpod.records import Trust

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from etcdpod.records import Record

MOST_CANDIDATES = 32
"""Revision numbers that are listed for one gap."""


class Completeness(Enum):
    """The verdict in a word."""

    COMPLETE = "complete"
    """Every revision of the life is there, from its creation to its end."""
    GAPS = "gaps"
    """Several revisions are there, and some are not."""
    LAST_REVISION = "last revision only"
    """One revision is there, the last that is known, and some before it are not."""
    NOTHING = "nothing"
    """No revision with a value is there."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Revisions of one life that existed, or may have, and are not there."""

    after: int
    """Main revision before the gap; one less than the create revision at the beginning."""
    before: int
    """Main revision after the gap."""
    count: int | None
    """Revisions missing, by ``version``; None where that cannot be known: before a deletion."""
    candidates: tuple[int, ...]
    """The revision numbers between the two that no record accounts for; the missing ones are
    among them. Empty where there are too many to list."""

    @property
    def is_exact(self) -> bool:
        """Whether the candidates are the missing revisions themselves."""
        return self.count is not None and len(self.candidates) == self.count

    def __str__(self) -> str:
        if self.is_exact:
            numbers = ", ".join(map(str, self.candidates))
            return f"revision{'s' if len(self.candidates) > 1 else ''} {numbers} missing"
        place = f"between {self.after} and {self.before}"
        if self.count is None:
            return f"perhaps revisions {place}"
        return f"{self.count} revision{'s' if self.count > 1 else ''} missing {place}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How whole one life of a key is."""

    completeness: Completeness
    kept: int
    """Puts that are there."""
    missing: int
    """Puts that are known to be missing."""
    gaps: tuple[Gap, ...]
    end: int | None
    """Main revision of the deletion; None where it is not kept, or the life goes on."""

    def __str__(self) -> str:
        if not self.gaps:
            return self.completeness.value
        return f"{self.completeness.value}: {'; '.join(map(str, self.gaps))}"


class Revisions:
    """The main revisions that a source accounts for, whatever key they belong to.

    Args:
        records: all records of the source; values are not needed.
        current: the newest revision of the source.
        compacted: its compact revision, at which its tree has the newest put of every key.
    """

    def __init__(self, records: Iterable[Record], current: int, compacted: int = 0) -> None:
        self._known = array("q", sorted({record.revision.main for record in records}))
        self.current = current
        self.compacted = compacted

    def unknown(self, after: int, before: int) -> tuple[int, ...] | None:
        """The numbers between two revisions that nothing accounts for; None for too many."""
        known = self._known[bisect_right(self._known, after) : bisect_left(self._known, before)]
        count = max(before - after - 1, 0) - len(known)
        if count > MOST_CANDIDATES:
            return None
        found: list[int] = []
        expected = after + 1
        for revision in (*known, before):
            found.extend(range(expected, min(revision, expected + MOST_CANDIDATES)))
            expected = revision + 1
        return tuple(found[:count]) if count > 0 else ()


def judge(life: Sequence[Record], revisions: Revisions, *, ended: bool) -> Verdict:
    """The verdict on one life of a key.

    Args:
        life: its records in revision order, the tombstone last where one is kept.
        revisions: what the whole source accounts for.
        ended: the key does not exist any more, or began another life since.
    """
    puts = [record for record in life if not record.tombstone]
    end = life[-1].mod_revision if life and life[-1].tombstone else None
    if not puts:
        return Verdict(Completeness.NOTHING, 0, 1, (), end)
    gaps = [gap for gap in _gaps(puts, revisions) if gap is not None]
    missing = sum(gap.count or 0 for gap in gaps)
    if ended:
        last = _unchanged_until(puts[-1], revisions)
        until = end if end is not None else revisions.current + 1
        candidates = revisions.unknown(last, until)
        if end is None or candidates is None or candidates:
            gaps.append(Gap(last, until, None, candidates or ()))
    return Verdict(_completeness(puts, gaps, missing), len(puts), missing, tuple(gaps), end)


def _unchanged_until(put: Record, revisions: Revisions) -> int:
    """The revision up to which the last put of a life is known to have been its newest."""
    if put.provenance.trust is Trust.VOUCHED:
        # Compaction leaves the newest put up to its revision: there was none after this one.
        return max(put.mod_revision, revisions.compacted)
    return put.mod_revision


def _gaps(puts: Sequence[Record], revisions: Revisions) -> Iterable[Gap | None]:
    first = puts[0]
    yield _gap(first.create_revision - 1, first.mod_revision, first.version - 1, revisions)
    for before, record in pairwise(puts):
        count = record.version - before.version - 1
        yield _gap(before.mod_revision, record.mod_revision, count, revisions)


def _gap(after: int, before: int, count: int, revisions: Revisions) -> Gap | None:
    if count <= 0:
        return None
    return Gap(after, before, count, revisions.unknown(after, before) or ())


def _completeness(puts: Sequence[Record], gaps: Sequence[Gap], missing: int) -> Completeness:
    if not gaps:
        return Completeness.COMPLETE
    alone = len(puts) == 1 and missing > 0
    return Completeness.LAST_REVISION if alone else Completeness.GAPS
