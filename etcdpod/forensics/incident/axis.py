"""Times for an axis: enough samples of the clock to place every revision between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.incident.model import rising

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.history.clock.clock import Clock

SAMPLES = 240
"""Revisions whose time is asked for: more than an axis has columns on most terminals."""


def axis_moments(clock: Clock, first: int, last: int) -> tuple[tuple[int, float], ...]:
    """(revision, Unix time) of revisions spread evenly over a span, ascending in both.

    Empty where nothing carries a time.
    """
    return rising(list(clock_samples(clock, first, last, SAMPLES)))


def clock_samples(clock: Clock, first: int, last: int, count: int) -> Iterator[tuple[int, float]]:
    """The same as the clock gives them, one by one: each may have to be read for."""
    step = max((last - first) // count, 1)
    for revision in sorted({*range(first, last, step), last}):
        estimate = clock.span(revision).estimate
        if estimate is not None:
            yield revision, estimate.timestamp()
