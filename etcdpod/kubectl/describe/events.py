"""The events below a description, and how they are selected from the registry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from etcdpod.kube.model.age import age
from etcdpod.kubectl.describe.fields import dig, name_of, number_at, text_at
from etcdpod.kubectl.formats.go_sort import go_sorted
from etcdpod.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.kubectl.describe.describer import Around, Describer

MIRROR: Final = "kubernetes.io/config.mirror"
"""Annotation of a static pod's mirror object; the kubelet's events use its value as the uid."""

NEVER: Final = datetime.min.replace(tzinfo=UTC)


def events_of(
    thing: dict[str, Any], describer: Describer, around: Around
) -> list[dict[str, Any]] | None:
    """The events about an object, in key order; None if its kind never shows events."""
    if not describer.events:
        return None
    uid, namespace = text_at(thing, "metadata", "uid"), text_at(thing, "metadata", "namespace")
    name = name_of(thing)
    found = list(around.events(namespace, name))
    if describer.events == "any kind":
        uid = text_at(thing, "metadata", "annotations", MIRROR) or uid
        return [event for event in found if _is_about(event, uid)]
    named = [event for event in found if dig(event, "involvedObject", "kind") == thing.get("kind")]
    matching = [event for event in named if _is_about(event, uid)]
    if describer.events == "node":
        matching += [event for event in named if _is_about(event, name)]
    return matching


def _is_about(event: dict[str, Any], uid: str) -> bool:
    return not uid or text_at(event, "involvedObject", "uid") == uid


def event_lines(events: Iterable[dict[str, Any]], around: Around) -> Iterator[str]:
    """The table of events, oldest first; events with equal times in the order of Go's sort."""
    yield "Events:"
    yield "  Type\tReason\tAge\tFrom\tMessage"
    yield "  ----\t------\t----\t----\t-------"
    for event in go_sorted(events, lambda one, other: _last(one) < _last(other)):
        source = text_at(event, "source", "component") or text_at(event, "reportingComponent")
        yield "  " + "\t".join(
            (
                text_at(event, "type"),
                text_at(event, "reason"),
                interval(event, around.now),
                source,
                _message(event),
            )
        )


def interval(event: dict[str, Any], now: datetime) -> str:
    """``13m``, or ``9m43s (x34 over 13m)`` for a recurring event."""
    first = event.get("eventTime") or event.get("firstTimestamp")
    series = event.get("series")
    if series is not None:
        last, count = dig(series, "lastObservedTime"), number_at(series, "count")
    elif number_at(event, "count") > 1:
        last, count = event.get("lastTimestamp"), event["count"]
    else:
        return age(first, now)
    return f"{age(last, now)} (x{count} over {age(first, now)})"


def _message(event: dict[str, Any]) -> str:
    message = text_at(event, "message").strip()
    part = text_at(event, "involvedObject", "fieldPath")
    return f"{part}: {message}" if part else message


def _last(event: dict[str, Any]) -> datetime:
    try:
        return parse_time(str(event.get("lastTimestamp")))
    except ValueError:
        return NEVER
