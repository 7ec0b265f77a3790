"""When a revision was written: intervals that hold the truth, from times that objects carry.

etcd stores no times, but the objects in it do, at known revisions. Between those a revision gets
an interval; the evidence of a revision itself narrows it. The times are the API server's clock:
the one in ``creationTimestamp``, in ``managedFields`` and in the audit log.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from etcdpod.changes import TimeSpan
from etcdpod.history.clock.bounds import TimeBounds
from etcdpod.history.clock.neighbours import Neighbourhood
from etcdpod.history.clock.samples import (
    SECOND,
    lease_samples,
    newest_stamp,
    own_interval,
)
from etcdpod.history.clock.skew import reconcile
from etcdpod.times import micros_of, time_of_micros

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from etcdpod.changes import Step
    from etcdpod.history.clock.samples import Interval
    from etcdpod.history.clock.skew import ClockAgreement, Skew
    from etcdpod.registry.objects import Objects

STORING: Final = SECOND // 4
"""From a time being read to the write being stored, allowed for at least; more where the
source itself shows more."""

HANDLING: Final = SECOND // 10
"""How long before its write a request may have come."""

WIDE: Final = 3 * SECOND
"""An interval from Leases alone that is wider than this is worth reading neighbours for."""

UNKNOWN: Final[Interval] = (None, None)


class Clock:
    """The times of a source's revisions. Reads the source only when first asked.

    Args:
        registry: whose revisions.
    """

    def __init__(self, registry: Objects) -> None:
        self._registry = registry
        self._neighbourhood = Neighbourhood(registry)

    @classmethod
    def from_registry(cls, registry: Objects) -> Clock:
        """The clock of a registry; costs nothing until a time is asked for."""
        return cls(registry)

    @cached_property
    def _agreement(self) -> ClockAgreement:
        return reconcile(lease_samples(self._registry))

    @cached_property
    def _leases(self) -> TimeBounds:
        return TimeBounds(self._agreement.rows)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of the clocks: those that are off, and what slowed writes down."""
        notes = self._agreement.notes
        if not len(self._leases):
            return (*notes, "no Lease dates these revisions: times come from objects around them")
        if self._leases.contradiction > SECOND:
            notes += (
                f"some writes were stored {self._leases.contradiction / SECOND:.1f} s after their "
                "time was read: all intervals allow for that",
            )
        return notes

    @property
    def skews(self) -> tuple[Skew, ...]:
        """The writers whose clocks are off."""
        return self._agreement.skews

    def span(self, revision: int, own: Interval = UNKNOWN) -> TimeSpan:
        """When a revision was written.

        Args:
            revision: main revision.
            own: the earliest and latest moment by the object's own times, as ``own_interval``
                gives them; an interval that contradicts the neighbours is left out.
        """
        allowed = STORING + self._leases.contradiction
        interval = _narrowed(self._between_leases(revision), own, allowed)
        if _is_wide(interval):
            interval = _narrowed(interval, self._neighbourhood.interval(revision), allowed)
        estimate = self._estimate(revision, interval, is_own=own[1] is not None)
        low, high = interval
        return TimeSpan(
            earliest=time_of_micros(None if low is None else low - HANDLING),
            latest=time_of_micros(None if high is None else high + allowed),
            estimate=time_of_micros(estimate),
        )

    def _between_leases(self, revision: int) -> Interval:
        return self._leases.earliest(revision), self._leases.latest(revision)

    def _around(self, revision: int) -> Interval:
        """What the Leases say, and the neighbours where the Leases say little."""
        interval = self._between_leases(revision)
        if not _is_wide(interval):
            return interval
        near = self._neighbourhood.interval(revision)
        return _narrowed(interval, near, STORING + self._leases.contradiction)

    def _estimate(self, revision: int, interval: Interval, *, is_own: bool) -> int | None:
        low, high = interval
        if low is None or high is None:
            return low if high is None else high
        if high - low > WIDE:  # the last thing known is nearer than the middle of nowhere
            return low + SECOND // 2
        share = 0.5 if is_own else self._leases.fraction(revision)
        return low + round((high - low) * share)

    def times(self, steps: Iterator[Step]) -> Iterator[tuple[Step, TimeSpan]]:
        """Each step of one key with its time, in order: no estimate lies before the one above."""
        before: Step | None = None
        past: Interval = UNKNOWN
        for step in steps:
            own = _own(before, step)
            earliest = max((t for t in (own[0], past[0]) if t is not None), default=None)
            span = self.span(step.record.mod_revision, (earliest, own[1]))
            estimate = span.estimate
            if estimate is not None and past[1] is not None and micros_of(estimate) < past[1]:
                estimate = time_of_micros(past[1])
            yield step, TimeSpan(span.earliest, span.latest, estimate)
            past = earliest, None if estimate is None else micros_of(estimate)
            before = step

    def revision_at(self, time: datetime) -> int:
        """The newest revision that was written by ``time``, as far as is known; 0: none."""
        wanted = micros_of(time)
        low, high = 0, self._registry.connector.info().current_revision
        while low < high:  # all up to ``low`` were written by then, none after ``high``
            middle = (low + high + 1) // 2
            earliest, latest = self._around(middle)
            sure = latest if latest is not None else earliest
            if sure is None or sure <= wanted:
                low = middle
            else:
                high = middle - 1
        return self._beyond(low, wanted)

    def _beyond(self, revision: int, wanted: int) -> int:
        """The last of the revisions after ``revision`` that are estimated not to be later."""
        newest = 0
        for record in self._registry.connector.records(since=revision + 1):
            low, high = self._around(record.mod_revision)
            value = self._registry.read_unmasked(record, projection=_STAMPS).object or {}
            metadata = value.get("metadata")
            stamp = newest_stamp(metadata) if isinstance(metadata, dict) else None
            newest = max(newest, stamp or 0)
            interval = _narrowed((low, high), (newest or None, None), STORING)
            estimate = self._estimate(record.mod_revision, interval, is_own=False)
            if estimate is not None and estimate > wanted:
                break
            revision = record.mod_revision
        return revision


_STAMPS: Final[dict[str, Any]] = {"metadata": {"managedFields": {"time": {}}}}


def _own(before: Step | None, step: Step) -> Interval:
    """What a step's object says of its own time."""
    if step.object is None or step.event == "DELETED":
        return UNKNOWN
    neighbour = before if step.missing_before == 0 and step.event == "MODIFIED" else None
    created = step.record.version == 1
    return own_interval(neighbour.object if neighbour else None, step.object, created=created)


def _is_wide(interval: Interval) -> bool:
    low, high = interval
    return low is None or high is None or high - low > WIDE


def _narrowed(interval: Interval, by: Interval, allowed: int) -> Interval:
    """The part that two intervals share; the first alone if they contradict each other."""
    low, high = interval
    other_low, other_high = by
    if low is not None and other_high is not None and other_high + allowed < low:
        return interval
    if high is not None and other_low is not None and other_low > high + allowed:
        return interval
    lows = [time for time in (low, other_low) if time is not None]
    highs = [time for time in (high, other_high) if time is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    if low is not None and high is not None and low > high:
        low, high = high, low
    return low, high
