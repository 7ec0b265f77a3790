"""WHEN: a revision, a time, or a duration before the last moment of the source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from etcdpod.errors import NotFoundError, UsageError
from etcdpod.times import parse_time, rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.history.lives import Registry

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_BACK: Final = re.compile(r"-((?:\d+[smhd])+)")


@dataclass(frozen=True, slots=True)
class When:
    """A moment of a source."""

    revision: int
    """The newest main revision written by then."""
    time: datetime | None
    """UTC; None where a revision was named."""


def time_or_now(text: str) -> datetime:
    """An RFC 3339 time, in UTC; ``now`` is the present.

    Raises:
        ValueError: it is neither.
    """
    return datetime.now(UTC) if text == "now" else parse_time(text).astimezone(UTC)


def parse_when(registry: Registry, last: Callable[[], datetime], text: str) -> When:
    """The moment that ``text`` names: ``1234``, ``2026-11-22T20:25:10Z``, ``-10m`` or ``now``.

    Args:
        registry: the source; a time is placed between the revisions by its clock.
        last: gives the moment (UTC) that ``-10m`` counts back from.
        text: as a user writes it.

    Raises:
        UsageError: ``text`` is neither a revision nor a time.
        NotFoundError: the source has no revision that old.
    """
    if text.isdecimal():
        return When(int(text), None)
    moment = time_of(last, text)
    revision = registry.clock.revision_at(moment)
    if revision == 0:
        shown = rfc3339(moment)
        raise NotFoundError(
            f"no revision is known to be as old as {shown}", path=registry.connector.info().target
        )
    return When(revision, moment)


def time_of(last: Callable[[], datetime], text: str) -> datetime:
    """The time (UTC) that ``text`` names; ``-1h30m`` counts back from ``last()``.

    Raises:
        UsageError: it names none.
    """
    back = _BACK.fullmatch(text)
    if back is not None:
        parts = re.findall(r"(\d+)([smhd])", back[1])
        return last() - timedelta(**{_UNITS[unit]: int(count) for count, unit in parts})
    try:
        return time_or_now(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is neither a revision nor a time",
            next_step="write 1234, 2026-11-22T20:25:10Z or -10m",
        ) from None
