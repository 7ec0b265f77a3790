"""The columns of events, in the core form that is stored and in that of events.k8s.io."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kube.model.age import UNKNOWN, age
from etcdpod.kubectl.tables.printer import Column, Printer, dig, fields, name_of, text_at

if TYPE_CHECKING:
    from datetime import datetime


def _cells(event: dict[str, Any], now: datetime) -> list[str]:
    involved = event.get("involvedObject") or event.get("regarding")
    series = event.get("series")
    first = age(event.get("firstTimestamp") or event.get("deprecatedFirstTimestamp"), now)
    if first == UNKNOWN:
        first = age(event.get("eventTime"), now)
    last_time = event.get("lastTimestamp") or event.get("deprecatedLastTimestamp")
    last = age(last_time, now) if last_time else first
    count = event.get("count") or event.get("deprecatedCount") or 1
    if series is not None:
        last = age(series.get("lastObservedTime"), now)
        count = series.get("count") or 0
    kind, name = text_at(involved, "kind").lower(), text_at(involved, "name")
    return [
        last,
        text_at(event, "type"),
        text_at(event, "reason"),
        f"{kind}/{name}" if name else kind,
        text_at(involved, "fieldPath"),
        _source(event),
        (text_at(event, "message") or text_at(event, "note")).strip(),
        first,
        str(count),
        name_of(event),
    ]


def _source(event: dict[str, Any]) -> str:
    source = event.get("source") or event.get("deprecatedSource")
    component = (
        dig(source, "component")
        or event.get("reportingComponent")
        or event.get("reportingController")
        or ""
    )
    instance = dig(source, "host") or event.get("reportingInstance")
    return f"{component}, {instance}" if instance else str(component)


EVENT = Printer(
    kind="Event",
    groups=("", "events.k8s.io"),
    columns=(
        Column("LAST SEEN"),
        Column("TYPE"),
        Column("REASON"),
        Column("OBJECT"),
        Column("SUBOBJECT", wide=True),
        Column("SOURCE", wide=True),
        Column("MESSAGE"),
        Column("FIRST SEEN", wide=True),
        Column("COUNT", wide=True),
        Column("NAME", wide=True),
    ),
    cells=_cells,
    name_column=9,
    projection=fields(
        "type",
        "reason",
        "message",
        "note",
        "involvedObject",
        "regarding",
        "source",
        "deprecatedSource",
        "reportingComponent",
        "reportingController",
        "reportingInstance",
        "firstTimestamp",
        "lastTimestamp",
        "deprecatedFirstTimestamp",
        "deprecatedLastTimestamp",
        "eventTime",
        "count",
        "deprecatedCount",
        "series",
    ),
)
