"""How complete an incarnation of a key is: complete, with gaps, or last revision only.

Every put has a ``version``, so the number of puts missing between two kept ones is certain. A
tombstone has none: no put is missing before it only if every revision in between is accounted for.
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
"""Maximum number of revisions listed for a gap."""


class Completeness(Enum):
    """How complete an incarnation is."""

    COMPLETE = "complete"
    """Every revision from creation to end is kept."""
    GAPS = "gaps"
    """Several revisions are kept, and some are missing."""
    LAST_REVISION = "last revision only"
    """Only the last known revision is kept."""
    NOTHING = "nothing"
    """No revision with a value is kept."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing or possibly missing revisions of an incarnation."""

    after: int
    """Main revision before the gap; at the beginning, the create revision minus one."""
    before: int
    """Main revision after the gap."""
    count: int | None
    """Number of missing revisions by ``version``; None if unknown: before a deletion."""
    candidates: tuple[int, ...]
    """Unaccounted revision numbers in between, among them the missing ones; empty if too many."""

    @property
    def is_exact(self) -> bool:
        """Whether the candidates are exactly the missing revisions."""
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
    """The completeness of an incarnation of a key."""

    completeness: Completeness
    kept: int
    """Number of kept puts."""
    missing: int
    """Number of puts known to be missing."""
    gaps: tuple[Gap, ...]
    end: int | None
    """Main revision of the deletion; None if not kept, or if the object exists."""

    def __str__(self) -> str:
        if not self.gaps:
            return self.completeness.value
        return f"{self.completeness.value}: {'; '.join(map(str, self.gaps))}"


class Revisions:
    """The main revisions that a source accounts for, across all keys.

    Args:
        records: all records of the source; values are not needed.
        current: the newest revision of the source.
        compacted: its compact revision, at which the tree has the newest put of every key.
    """

    def __init__(self, records: Iterable[Record], current: int, compacted: int = 0) -> None:
        self._known = array("q", sorted({record.revision.main for record in records}))
        self.current = current
        self.compacted = compacted

    def unknown(self, after: int, before: int) -> tuple[int, ...] | None:
        """The unaccounted revisions between two revisions; None if too many."""
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
    """Return the verdict on an incarnation of a key.

    Args:
        life: its records in revision order, ending with the tombstone if kept.
        revisions: what the whole source accounts for.
        ended: the key no longer exists, or was created again since.
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
    """The revision up to which the last put is known to be the newest."""
    if put.provenance.trust is Trust.VOUCHED:
        # Compaction keeps the newest put up to its revision, so none followed this one.
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
