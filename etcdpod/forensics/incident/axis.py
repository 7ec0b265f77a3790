"""Times for an axis: clock samples to interpolate revisions between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.incident.model import rising

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.history.clock.clock import Clock

SAMPLES = 240
"""Number of revisions sampled: more than the columns of most terminals."""


def axis_moments(clock: Clock, first: int, last: int) -> tuple[tuple[int, float], ...]:
    """(revision, Unix time) of evenly spaced revisions of a span, ascending in both.

    Empty if no times are recorded.
    """
    return rising(list(clock_samples(clock, first, last, SAMPLES)))


def clock_samples(clock: Clock, first: int, last: int, count: int) -> Iterator[tuple[int, float]]:
    """The unsorted clock samples, lazily: each may need reads."""
    step = max((last - first) // count, 1)
    for revision in sorted({*range(first, last, step), last}):
        estimate = clock.span(revision).estimate
        if estimate is not None:
            yield revision, estimate.timestamp()
