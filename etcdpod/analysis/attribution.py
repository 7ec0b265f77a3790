"""Who changed an object last, as far as one revision of it tells."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from etcdpod.history.fields import members

if TYPE_CHECKING:
    from collections.abc import Mapping


def last_change(item: Mapping[str, Any]) -> tuple[str, datetime | None]:
    """Manager and time of the newest entry of managedFields; ``("", None)`` without any.

    A whole history tells more (``history.blame``); this is for tables, where there is no time
    to read one for each row.
    """
    entries = members(item, "metadata", "managedFields")
    if not entries:
        return "", None
    newest = max(entries, key=_time_of)
    try:
        moment = datetime.fromisoformat(_time_of(newest))
    except ValueError:
        moment = None
    return str(newest.get("manager") or ""), moment


def _time_of(entry: dict[str, Any]) -> str:
    return str(entry.get("time") or "")
