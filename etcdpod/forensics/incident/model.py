"""The parts of a timeline: states, spans, marks, lanes, and the axis."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class LaneState(Enum):
    """The state of an object; its letter identifies it without colour."""

    PENDING = ("pending", "░", "yellow", False)
    UNSCHEDULABLE = ("unschedulable", "u", "magenta", True)
    INIT = ("init", "i", "cyan", False)
    CREATING = ("creating", "▒", "cyan", False)
    READY = ("ready", "━", "green", False)
    NOT_READY = ("not ready", "▓", "yellow", True)
    WAITING = ("waiting", "w", "red", True)
    IMAGE_PULL = ("image pull", "p", "red", True)
    BACK_OFF = ("back-off", "x", "red", True)
    CRASHED = ("crash", "!", "red", True)
    TERMINATING = ("terminating", "t", "blue", False)
    SUCCEEDED = ("succeeded", "=", "green", False)
    FAILED = ("failed", "F", "red", True)
    NODE_LOST = ("node lost", "▼", "magenta", True)
    SILENT = ("silent", "┃", "magenta", True)
    UNKNOWN = ("unknown", "?", "magenta", True)
    UNREADABLE = ("unreadable", "#", "white", False)
    NOT_KEPT = ("not kept", "·", "white", False)

    def __init__(self, label: str, glyph: str, colour: str, trouble: bool) -> None:
        self.label = label
        """Label in the legend."""
        self.glyph = glyph
        self.colour = colour
        """One of the eight ANSI colours."""
        self.trouble = trouble
        """Whether it indicates trouble."""


class MarkKind(Enum):
    """Events at one revision, in the order of the legend."""

    RESTART = ("restart", "R", "red")
    """A container was restarted."""
    MOVED = ("other node", "@", "magenta")
    """An incarnation began on another node than the previous one."""
    GONE = ("deleted", "×", "white")

    def __init__(self, label: str, glyph: str, colour: str) -> None:
        self.label = label
        """Label in the legend."""
        self.glyph = glyph
        self.colour = colour


@dataclass(frozen=True, slots=True)
class LaneSpan:
    """A span of one state, from ``start`` up to but excluding ``end`` (main revisions)."""

    start: int
    end: int
    state: LaneState
    reason: str = ""
    """The Kubernetes reason, if any."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An event at one revision."""

    revision: int
    kind: MarkKind
    text: str


@dataclass(frozen=True, slots=True)
class Lane:
    """The incarnations of one key on the axis."""

    kind: str
    """The plural, as in keys: ``pods``, ``nodes``."""
    namespace: str
    name: str
    spans: tuple[LaneSpan, ...]
    """In revision order, without overlap."""
    marks: tuple[Mark, ...] = ()
    note: str = ""
    """The most relevant fact, in a few words."""
    left_over: int | None = None
    """Its oldest revision recovered from unreferenced space."""

    @property
    def first(self) -> int:
        """Its first known revision."""
        return self.spans[0].start if self.spans else self.marks[0].revision

    @property
    def first_trouble(self) -> int | None:
        """The revision at which trouble begins; None if there is none."""
        return next((span.start for span in self.spans if span.state.trouble), None)

    def span_at(self, revision: int) -> LaneSpan | None:
        """The span that contains a revision; None if the object did not exist."""
        index = bisect_right(self.spans, revision, key=lambda span: span.start) - 1
        if index < 0 or self.spans[index].end <= revision:
            return None
        return self.spans[index]


def first_shown(lanes: Sequence[Lane], compact_revision: int) -> int:
    """The first revision of an axis that shows everything known of lanes.

    Below the compact revision little is kept, which is shown only if more was recovered.
    """
    births = min((lane.first for lane in lanes), default=compact_revision)
    found = [lane.left_over for lane in lanes if lane.left_over is not None]
    return min([max(births, compact_revision), *found])


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of revisions, laid out by time if times are known.

    Positions are columns from 0 to ``columns``.
    """

    first: int
    last: int
    columns: int
    moments: tuple[tuple[int, float], ...] = field(default=(), repr=False)
    """(revision, Unix time), ascending in both; with fewer than two the axis counts revisions."""

    @property
    def has_times(self) -> bool:
        """Whether it is laid out by time, which takes two samples."""
        return len(self.moments) > 1

    def position(self, revision: int) -> int:
        """The column of a revision, clamped to the axis."""
        left, right = self._place(self.first), self._place(self.last + 1)
        if right <= left:
            return 0
        share = (self._place(revision) - left) / (right - left)
        return min(max(int(share * self.columns), 0), self.columns - 1)

    def revision_at(self, column: int) -> int:
        """The first revision at or after a column."""
        revisions = range(self.first, self.last + 1)
        index = bisect_left(revisions, column, key=self.position)
        return revisions[min(index, len(revisions) - 1)]

    def moment(self, revision: int) -> datetime | None:
        """The interpolated time of a revision (UTC); None outside the known samples."""
        if not self.has_times or not self.moments[0][0] <= revision <= self.moments[-1][0]:
            return None
        return datetime.fromtimestamp(self._place(revision), UTC)

    def moment_at(self, column: int) -> datetime | None:
        """The time at the left edge of a column; None if there are no times."""
        if not self.has_times:
            return None
        left, right = self._place(self.first), self._place(self.last + 1)
        return datetime.fromtimestamp(left + (right - left) * column / self.columns, UTC)

    def _place(self, revision: int) -> float:
        if not self.has_times:
            return float(revision)
        index = bisect_right(self.moments, revision, key=lambda moment: moment[0])
        index = min(max(index, 1), len(self.moments) - 1)
        (before, start), (after, end) = self.moments[index - 1], self.moments[index]
        # Extrapolate beyond the outermost samples.
        return start + (end - start) * (revision - before) / (after - before)


def rising(samples: Sequence[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    """The longest sequence of (revision, time) that ascends in both, for an ``Axis``.

    Writers' clocks differ: the few samples that would make time run backwards are dropped.
    """
    ordered = sorted(set(samples), key=lambda sample: (sample[0], -sample[1]))
    tails: list[float] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, time) in enumerate(ordered):
        length = bisect_left(tails, time)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [time]
        ends[length : length + 1] = [index]
    chosen = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chosen.append(ordered[index])
        index = before[index]
    return tuple(reversed(chosen))


def round_moments(axis: Axis, spacing: int) -> list[tuple[int, datetime]]:
    """Columns of round times, at least ``spacing`` columns apart."""
    start, end = axis.moment_at(0), axis.moment_at(axis.columns)
    if start is None or end is None:
        return []
    wanted = (end - start).total_seconds() * spacing / max(axis.columns, 1)
    step = next((step for step in _STEPS if step >= wanted), _STEPS[-1])
    seconds = (end - start).total_seconds()
    first = -(-start.timestamp() // step) * step
    ticks: list[tuple[int, datetime]] = []
    while seconds > 0 and first <= end.timestamp() and len(ticks) <= axis.columns:
        column = int((first - start.timestamp()) / seconds * axis.columns)
        ticks.append((column, datetime.fromtimestamp(first, UTC)))
        first += step
    return [tick for tick in ticks if tick[0] < axis.columns]


def round_times(axis: Axis, spacing: int) -> list[tuple[int, str]]:
    """The same as text: the time of day, with the date on the first of each of several days."""
    ticks = round_moments(axis, spacing)
    is_long = len({moment.date() for _, moment in ticks}) > 1
    labels, day = [], None
    for column, moment in ticks:
        is_new = is_long and moment.date() != day
        labels.append((column, f"{moment:%m-%d %H:%M}" if is_new else f"{moment:%H:%M:%S}"))
        day = moment.date()
    return labels


_STEPS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200),
    *(86400 * days for days in (1, 2, 7, 30, 90, 365)),
)


def lane_fields(lane: Lane) -> dict[str, Any]:
    """The JSON form of a lane: its spans and marks by revision."""
    return {
        "kind": lane.kind,
        "namespace": lane.namespace,
        "name": lane.name,
        "note": lane.note,
        "spans": [
            {
                "from": span.start,
                "to": span.end,
                "state": span.state.label,
                "reason": span.reason,
            }
            for span in lane.spans
        ],
        "marks": [{"revision": mark.revision, "what": mark.text} for mark in lane.marks],
    }
