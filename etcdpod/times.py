"""RFC 3339 times, as Kubernetes and users write them: parsed and printed in one place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: str) -> datetime:
    """An RFC 3339 time; UTC where it has no zone.

    Raises:
        ValueError: ``text`` is not such a time.
    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def time_or_none(value: object) -> datetime | None:
    """The same of a field that may hold anything; None where it is not such a time."""
    if not isinstance(value, str):
        return None
    try:
        return parse_time(value)
    except ValueError:
        return None


def micros(value: object) -> int | None:
    """An RFC 3339 time in microseconds since 1970; None where it is not one."""
    moment = time_or_none(value)
    return None if moment is None else micros_of(moment)


def micros_of(moment: datetime) -> int:
    """A time in microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def time_of_micros(value: int | None) -> datetime | None:
    """The inverse of ``micros``; None for None, and for what no calendar holds."""
    try:
        return None if value is None else EPOCH + timedelta(microseconds=value)
    except OverflowError:
        return None


def rfc3339(moment: datetime, timespec: str = "auto") -> str:
    """A UTC time with ``Z``, as Kubernetes writes a Time (``timespec="seconds"``)."""
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")


def micro_time(moment: datetime | None) -> str | None:
    """A UTC time with microseconds, as Kubernetes writes a MicroTime; None for None."""
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"
