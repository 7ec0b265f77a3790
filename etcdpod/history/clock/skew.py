"""Clocks that disagree: each writer's offset from the API server's clock, as an interval.

The same renewal carries two times: the holder's, to the microsecond, and the API server's stamp,
cut to the second. Each pair bounds the offset between the two clocks to about a second; many
pairs together bound it to some hundredths. A writer's times are then read on the API server's
clock, which is the one that creation times and audit logs speak of.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from etcdpod.history.clock.bounds import TimeBounds
from etcdpod.history.clock.samples import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from etcdpod.history.clock.bounds import Row
    from etcdpod.history.clock.samples import LeaseSample

ODD: Final = 3 * SECOND
"""A single deviation larger than this is no latency: it is left out, and counted."""

WORTH_TELLING: Final = SECOND
"""An offset that is surely larger than this is reported."""

QUICK: Final = SECOND // 20
"""From a clock's reading to the server's stamp, in the quickest of many requests."""

PANEL: Final = 12
"""Writers that are compared with each other where the API server left no stamps."""


@dataclass(frozen=True, slots=True)
class Offset:
    """How far a writer's clock runs ahead of the API server's, in microseconds."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Skew:
    """A clock that is off."""

    lease: str
    """``NAMESPACE/NAME`` of the Lease that shows it."""
    revision: int
    """A revision of it that does."""
    microseconds: int
    """How far the holder's clock runs ahead; negative: behind."""
    note: str
    """The same as a sentence."""


@dataclass(frozen=True, slots=True)
class ClockAgreement:
    """What all Leases together say of time."""

    rows: list[Row]
    """Dated revisions, on one clock."""
    notes: tuple[str, ...]
    """What is to be said of the clocks, one sentence each."""
    skews: tuple[Skew, ...] = ()
    """The writers whose clocks are off; each is among the notes as well."""


def reconcile(samples: Sequence[LeaseSample]) -> ClockAgreement:
    """Date every renewal on one clock, and name the clocks that differ from it."""
    notes: list[str] = []
    stamps = _trusted_stamps(samples, notes)
    reference = TimeBounds((revision, stamp, stamp + SECOND) for revision, stamp in stamps.items())
    groups: dict[str, list[LeaseSample]] = {}
    for sample in samples:
        groups.setdefault(sample.writer, []).append(sample)
    if len(stamps) * 2 < len(samples):
        return _without_stamps(groups)
    rows: list[Row] = []
    skews: list[Skew] = []
    for writer, group in groups.items():
        offset = _offset(writer, group, reference, notes)
        rows.extend(_row(sample, offset, stamps.get(sample.revision)) for sample in group)
        if offset is not None and (offset.least > WORTH_TELLING or offset.most < -WORTH_TELLING):
            skews.append(_skew(group[-1], (offset.least + offset.most) // 2))
    return ClockAgreement(rows, (*notes, *(skew.note for skew in skews)), tuple(skews))


def _skew(sample: LeaseSample, ahead: int) -> Skew:
    note = (
        f"the clock of {sample.writer} is {_ahead(ahead)} the API server's: "
        "its times are corrected by that"
    )
    return Skew(sample.lease, sample.revision, ahead, note)


def _row(sample: LeaseSample, offset: Offset | None, stamp: int | None) -> Row:
    """A renewal on the API server's clock, by the stamp and by the holder's corrected time."""
    earliest, latest = (None, None) if stamp is None else (stamp, stamp + SECOND)
    if offset is not None:
        low, high = sample.own - offset.most, sample.own_end - offset.least
        earliest = low if earliest is None else max(earliest, low)
        latest = high if latest is None else min(latest, high)
    return sample.revision, earliest, latest


def _trusted_stamps(samples: Iterable[LeaseSample], notes: list[str]) -> dict[int, int]:
    """The largest set of stamps that never run backwards, by revision.

    Several API servers may write, each with its own clock; the stamps do not say which. One
    that is off stands out against the order of the revisions.
    """
    stamped = [(sample.revision, sample.stamp) for sample in samples if sample.stamp is not None]
    kept = _longest_ascending([stamp for _, stamp in stamped])
    trusted = {stamped[i][0]: stamped[i][1] for i in kept}
    bounds = TimeBounds((revision, stamp, stamp + SECOND) for revision, stamp in trusted.items())
    odd = [
        distance
        for revision, stamp in stamped
        if revision not in trusted and abs(distance := _outside(bounds, revision, stamp)) > SECOND
    ]
    if odd:
        notes.append(
            f"{len(odd)} of {len(stamped)} API server times lie about "
            f"{_ahead(round(median(odd)))} the others: one API server's clock is off, or was set; "
            "they are not used"
        )
    return trusted


def _longest_ascending(values: Sequence[int]) -> list[int]:
    """The positions of a longest subsequence that never descends (patience sorting)."""
    tails: list[int] = []
    positions: list[int] = []
    previous: list[int] = []
    for position, value in enumerate(values):
        place = bisect_right(tails, value)
        previous.append(positions[place - 1] if place else -1)
        if place == len(tails):
            tails.append(value)
            positions.append(position)
        else:
            tails[place], positions[place] = value, position
    chain = []
    position = positions[-1] if positions else -1
    while position >= 0:
        chain.append(position)
        position = previous[position]
    return chain[::-1]


def _outside(bounds: TimeBounds, revision: int, time: int) -> int:
    """How far a time lies after (positive) or before what the bounds allow; 0 inside."""
    low, high = bounds.earliest(revision), bounds.latest(revision)
    if high is not None and time > high:
        return time - high
    if low is not None and time < low:
        return time - low
    return 0


def _offset(
    writer: str, group: Sequence[LeaseSample], reference: TimeBounds, notes: list[str]
) -> Offset | None:
    """The writer's offset; None where its clock was set within the span, or nothing is known."""
    spans = [
        (sample.own - high, sample.own_end - low)
        for sample in group
        if (low := reference.earliest(sample.revision)) is not None
        and (high := reference.latest(sample.revision)) is not None
    ]
    if not spans:
        return None
    middle = round(median((low + high) // 2 for low, high in spans))
    agreeing = [(low, high) for low, high in spans if low - ODD <= middle <= high + ODD]
    least = max(low for low, _ in agreeing)
    most = min(high for _, high in agreeing) + QUICK
    if len(agreeing) * 10 < len(spans) * 7 or least - most > ODD:
        notes.append(f"the clock of {writer} was set within the span: its times are not used")
        return None
    least, most = min(least, most), max(least, most)  # a clock that drifted within the span
    return Offset(least, most)


def _without_stamps(groups: dict[str, list[LeaseSample]]) -> ClockAgreement:
    """Where the API server left no stamps: the clocks on which most writers agree."""
    panel = sorted(groups, key=lambda writer: -len(groups[writer]))[:PANEL]
    apart = {
        (one, other): _distance(groups[one], groups[other]) for one in groups for other in panel
    }
    agreeing = {
        writer: [other for other in panel if abs(apart[other, writer]) <= ODD] for writer in panel
    }
    best = max(panel, key=lambda writer: len(agreeing[writer]), default="")
    if len(panel) > 1 and len(agreeing[best]) * 2 <= len(panel):
        return ClockAgreement(
            [], ("the clocks of the Leases disagree, and it is unknown which is right",)
        )
    rows: list[Row] = []
    skews = []
    for writer, group in groups.items():
        ahead = apart[writer, best]
        if abs(ahead) <= ODD:
            rows.extend((sample.revision, sample.own, sample.own_end) for sample in group)
            continue
        note = (
            f"the clock of {writer} is about {_ahead(ahead)} that of "
            f"{len(agreeing[best])} other Leases: its times are not used"
        )
        skews.append(Skew(group[-1].lease, group[-1].revision, ahead, note))
    return ClockAgreement(rows, tuple(skew.note for skew in skews), tuple(skews))


def _distance(one: Sequence[LeaseSample], other: Sequence[LeaseSample]) -> int:
    """How far ``one`` runs ahead of ``other``, by the renewals of ``other`` around each."""
    revisions = [sample.revision for sample in other]
    between: list[int] = []
    beside: list[int] = []
    for sample in one:
        place = bisect_right(revisions, sample.revision)
        around = other[max(place - 1, 0) : place + 1]
        distance = sample.own - sum(near.own for near in around) // len(around)
        (between if len(around) == 2 else beside).append(distance)
    return round(median(between or beside))


def _ahead(offset: int) -> str:
    return f"{abs(offset) / SECOND:.1f} s {'ahead of' if offset > 0 else 'behind'}"
