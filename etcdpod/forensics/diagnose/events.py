"""The events of a registry by involved object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from etcdpod.forensics.diagnose.model import Evidence
from etcdpod.forensics.diagnose.subject import SHOWN
from etcdpod.kube.model.fields import mapping, number, text
from etcdpod.registry.bulk import map_slices
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from etcdpod.history.lives import Registry
    from etcdpod.records import Record

TELLING: Final = frozenset({"Killing", "Preempted", "TaintManagerEviction", "Scheduled"})
"""Reasons of Normal events that are read in addition to warnings."""

COMBINED: Final = "(combined from similar events): "
"""Prefix that client libraries add to the message of an aggregated event."""

CLUSTER_WIDE: Final = "default"
"""The namespace of events about cluster-scoped objects, such as nodes."""

_FIELDS: Final[dict[str, Any]] = {
    "metadata": {"name": {}, "namespace": {}, "creationTimestamp": {}},
    "involvedObject": {},
    "reason": {},
    "message": {},
    "type": {},
    "count": {},
    "firstTimestamp": {},
    "lastTimestamp": {},
    "eventTime": {},
    "series": {},
    "source": {"component": {}},
    "reportingComponent": {},
}


@dataclass(frozen=True, slots=True)
class Event:
    """An event as of a revision."""

    revision: int
    namespace: str
    name: str
    kind: str
    """Of the involved object."""
    about_namespace: str
    about: str
    uid: str
    part: str
    """Field path inside the object, such as ``spec.containers{web}``."""
    reason: str
    message: str
    is_warning: bool
    count: int
    first: datetime | None
    last: datetime | None
    component: str
    is_combined: bool = False
    """The event aggregates similar ones; the prefix is removed from ``message``."""

    def evidence(self) -> Evidence:
        """The event as evidence."""
        times = f" (×{self.count})" if self.count > 1 else ""
        message = f"{COMBINED if self.is_combined else ''}{self.message}"
        message = message if len(message) <= SHOWN else message[: SHOWN - 1] + "…"
        return Evidence(
            "Event",
            self.namespace,
            self.name,
            self.revision,
            event=self.reason,
            says=f"{message}{times}",
        )


class Events:
    """Warnings and other relevant events by kind and name of the involved object.

    Args:
        registry: read once.
        namespace: only this namespace, and events of nodes; None: all.
        at: as of this revision.
    """

    def __init__(self, registry: Registry, namespace: str | None, at: int | None) -> None:
        self._by_object: dict[tuple[str, str, str], list[Event]] = {}
        kind = registry.resolve("events")

        def work(records: Sequence[Record]) -> list[Event]:
            return list(_telling(registry, records))

        for where in dict.fromkeys((namespace, namespace and CLUSTER_WIDE)):
            for found in map_slices(registry.select(kind, where, at=at), work):
                for event in found:
                    identity = (event.kind, event.about_namespace, event.about)
                    self._by_object.setdefault(identity, []).append(event)
        for events in self._by_object.values():
            events.sort(key=lambda event: event.revision)

    def about(
        self, kind: str, namespace: str, name: str, uids: Collection[str] = ()
    ) -> list[Event]:
        """The events of one object, oldest first, without those of an earlier incarnation.

        Args:
            kind: kind of the object.
            namespace: its namespace; empty if cluster-scoped.
            name: its name.
            uids: accepted uids of the involved object; empty: any.
        """
        found = self._by_object.get((kind, namespace, name), [])
        return [event for event in found if not uids or not event.uid or event.uid in uids]


def _telling(registry: Registry, records: Sequence[Record]) -> Iterator[Event]:
    for record in records:
        value = registry.read(record, projection=_FIELDS, managed_fields=False).object
        if value is not None:
            event = event_of(value, record.mod_revision)
            if event.is_warning or event.reason in TELLING:
                yield event


def event_of(value: dict[str, Any], revision: int) -> Event:
    """Convert an event object of either API group."""
    about = mapping(value, "involvedObject") or mapping(value, "regarding")
    born = text(value, "metadata", "creationTimestamp")
    first = text(value, "firstTimestamp") or text(value, "eventTime") or born
    message = text(value, "message") or text(value, "note")
    last = text(value, "lastTimestamp") or text(value, "series", "lastObservedTime") or first
    return Event(
        revision=revision,
        namespace=text(value, "metadata", "namespace"),
        name=text(value, "metadata", "name"),
        kind=text(about, "kind"),
        about_namespace=text(about, "namespace"),
        about=text(about, "name"),
        uid=text(about, "uid"),
        part=text(about, "fieldPath"),
        reason=text(value, "reason"),
        message=message.removeprefix(COMBINED),
        is_warning=text(value, "type") == "Warning",
        count=max(number(value, "count"), number(value, "series", "count"), 1),
        first=time_or_none(first),
        last=time_or_none(last),
        component=text(value, "reportingComponent") or text(value, "source", "component"),
        is_combined=message.startswith(COMBINED),
    )
