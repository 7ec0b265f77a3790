"""Times for the axis: enough samples of the clock to place every revision between them."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta

from etcdpod.errors import UsageError
from etcdpod.forensics.incident.model import Axis
from etcdpod.times import parse_time

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?")
_AGO = re.compile(r"([+-])((?:\d+(?:\.\d+)?[dhms])+)")
_PARTS = re.compile(r"(\d+(?:\.\d+)?)([dhms])")
_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}


@dataclass(frozen=True)
class RevisionTimes:
    """(revision, Unix time) samples, ascending in both; none where nothing carries a time."""

    samples: tuple[tuple[int, float], ...] = ()

    def extended(self, revision: int, time: float) -> RevisionTimes:
        """With one more sample, if it lies after all others: what is followed is dated so."""
        if self.samples and (revision <= self.samples[-1][0] or time <= self.samples[-1][1]):
            return self
        return RevisionTimes((*self.samples, (revision, time)))

    def axis(self, first: int, last: int, columns: int) -> Axis:
        """An axis over a span of revisions."""
        return Axis(first, max(last, first), max(columns, 1), self.samples)

    def at(self, revision: int) -> datetime | None:
        """The time of a revision, UTC; None where no time is known."""
        return Axis(revision, revision, 1, self.samples).moment(revision)

    def revision_by(self, time: datetime) -> int | None:
        """The newest revision written by a time; None where no time is known."""
        if not self.samples:
            return None
        wanted = time.timestamp()
        index = bisect_right(self.samples, wanted, key=lambda sample: sample[1])
        if index == 0:
            return self.samples[0][0]
        before, start = self.samples[index - 1]
        if index == len(self.samples):
            return before
        after, end = self.samples[index]
        return before + int((after - before) * (wanted - start) / (end - start))


def parse_target(text: str, times: RevisionTimes, current: int, newest: int) -> int:
    """The revision that a user means by ``720``, ``20:25:02``, ``-90s``, ``+5`` or a full time.

    Args:
        text: what was typed.
        times: the times that are known.
        current: the revision that is shown.
        newest: the newest revision of the source.

    Raises:
        UsageError: it is none of these, or no time is known.
    """
    text = text.strip()
    if text.isdigit():
        return int(text)
    if re.fullmatch(r"[+-]\d+", text):
        return current + int(text)
    revision = times.revision_by(_moment(text, times, current, newest))
    if revision is None:
        raise UsageError("no object carries a time", next_step="give a revision")
    return revision


def _moment(text: str, times: RevisionTimes, current: int, newest: int) -> datetime:
    here = times.at(current) or times.at(newest)
    if here is None:
        raise UsageError("no object carries a time", next_step="give a revision")
    ago = _AGO.fullmatch(text)
    if ago is not None:
        seconds = sum(float(n) * _SECONDS[unit] for n, unit in _PARTS.findall(ago[2]))
        return here + timedelta(seconds=seconds if ago[1] == "+" else -seconds)
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        hours, minutes, seconds_text = clock.groups()
        midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
        seconds = int(hours) * 3600 + int(minutes) * 60 + float(seconds_text or 59.999)
        return midnight + timedelta(seconds=seconds)
    try:
        return parse_time(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no revision and no time", next_step="try 720, 20:25:02 or -90s"
        ) from None
