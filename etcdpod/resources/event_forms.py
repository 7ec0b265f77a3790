"""The two forms of an Event: stored as the core ``v1`` one, shown also as ``events.k8s.io/v1``."""

from __future__ import annotations

from typing import Any, Final

GROUP: Final = "events.k8s.io"

_RENAMED: Final = {
    "message": "note",
    "involvedObject": "regarding",
    "count": "deprecatedCount",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "source": "deprecatedSource",
    "reportingComponent": "reportingController",
}
"""Field of the core form to the name it has in the other."""

_OMITTED_EMPTY: Final = ("reportingController", "reportingInstance")


def in_events_group(event: dict[str, Any]) -> dict[str, Any]:
    """A core Event as a client of ``events.k8s.io/v1`` gets it; anything else as it is."""
    if (event.get("apiVersion"), event.get("kind")) != ("v1", "Event"):
        return event
    moved = {_RENAMED.get(name, name): value for name, value in event.items()}
    moved["apiVersion"] = f"{GROUP}/v1"
    for name in _OMITTED_EMPTY:
        if moved.get(name) == "":
            del moved[name]
    return moved
