"""The table of ``kubectl events``: the events of a namespace in order of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.describe.events import NEVER, interval
from etcdpod.kubectl.describe.fields import dig, text_at
from etcdpod.kubectl.formats.go_sort import go_sorted
from etcdpod.kubectl.formats.safe import printable
from etcdpod.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from etcdpod.kube.codec import Projection

HEADER: Final = ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")

READ: Final[Projection] = {
    "metadata": {"namespace": {}, "name": {}},
    "involvedObject": {},
    "type": {},
    "reason": {},
    "message": {},
    "count": {},
    "firstTimestamp": {},
    "lastTimestamp": {},
    "eventTime": {},
    "series": {},
}
"""The fields needed for a row."""


def event_rows(
    events: Iterable[dict[str, Any]], now: datetime, *, namespace: bool = False
) -> Iterator[list[str]]:
    """One row per event, oldest first; events with equal times in the order of Go's sort.

    Args:
        events: core events, in key order.
        now: the time that ages are relative to.
        namespace: start each row with the event's namespace.
    """
    for event in go_sorted(events, lambda one, other: _time(one) < _time(other)):
        kind, name = (text_at(event, "involvedObject", field) for field in ("kind", "name"))
        cells = [
            interval(event, now),
            text_at(event, "type"),
            text_at(event, "reason"),
            f"{kind}/{name}",
            text_at(event, "message").strip(),
        ]
        if namespace:
            cells.insert(0, text_at(event, "metadata", "namespace"))
        yield [printable(cell) for cell in cells]


def _time(event: dict[str, Any]) -> datetime:
    """When an event was last seen."""
    series = event.get("series")
    last = event.get("lastTimestamp") or event.get("eventTime")
    if series is not None:
        last = dig(series, "lastObservedTime")
    try:
        return parse_time(str(last))
    except ValueError:
        return NEVER
