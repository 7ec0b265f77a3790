"""Times of objects as the seconds that are stored."""

from __future__ import annotations

from etcdpod.times import micros_of, time_or_none


def unix_seconds(text: str) -> int | None:
    """Unix seconds of an RFC 3339 time in UTC, truncated; None for other text."""
    if not text.endswith("Z") or "T" not in text:
        return None
    moment = time_or_none(text)
    return None if moment is None else micros_of(moment) // 1_000_000
