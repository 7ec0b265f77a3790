"""Times of objects as the seconds that are stored."""

from __future__ import annotations

from datetime import datetime


def unix_seconds(text: str) -> int | None:
    """The whole Unix seconds of an RFC 3339 time in UTC; None for any other text."""
    if not text.endswith("Z") or "T" not in text:
        return None
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError):
        return None
