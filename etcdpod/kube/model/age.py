"""kubectl's ages: ``12m``, ``9m48s``, ``5d3h``, relative to a given clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.times import parse_time

if TYPE_CHECKING:
    from datetime import datetime

UNKNOWN: Final = "<unknown>"
INVALID: Final = "<invalid>"

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
YEAR: Final = 365 * DAY


def human_duration(seconds: float) -> str:
    """A duration as kubectl shows it: at most two units, only one for long durations.

    Up to two seconds in the future count as now, since clocks differ; more is
    ``<invalid>``.
    """
    whole = int(seconds)
    if whole < -1:
        return INVALID
    if whole < 2 * MINUTE:
        return f"{max(whole, 0)}s"
    if whole < 10 * MINUTE:
        return _two(whole, MINUTE, "m", 1, "s")
    if whole < 3 * HOUR:
        return f"{whole // MINUTE}m"
    if whole < 8 * HOUR:
        return _two(whole, HOUR, "h", MINUTE, "m")
    if whole < 2 * DAY:
        return f"{whole // HOUR}h"
    if whole < 8 * DAY:
        return _two(whole, DAY, "d", HOUR, "h")
    if whole < 2 * YEAR:
        return f"{whole // DAY}d"
    if whole < 8 * YEAR:
        return _two(whole, YEAR, "y", DAY, "d")
    return f"{whole // YEAR}y"


def _two(seconds: int, unit: int, sign: str, small: int, small_sign: str) -> str:
    rest = seconds % unit // small
    return f"{seconds // unit}{sign}{rest}{small_sign}" if rest else f"{seconds // unit}{sign}"


def age(timestamp: object, now: datetime) -> str:
    """The age of an object's timestamp; ``<unknown>`` if the object has none."""
    if not timestamp:
        return UNKNOWN
    try:
        return human_duration((now - parse_time(str(timestamp))).total_seconds())
    except (ValueError, OverflowError):
        return INVALID
