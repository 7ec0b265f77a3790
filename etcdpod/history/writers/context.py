"""What the neighbours of an object tell of a write: its events, its owner, its namespace.

Everything is read through the registry, as of the revision concerned, and only when a signature
asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from etcdpod.errors import NotFoundError, UsageError
from etcdpod.kube.model.fields import field, text
from etcdpod.records import Compacted, Deleted, NotRecorded

if TYPE_CHECKING:
    from etcdpod.records import Absence
    from etcdpod.registry.objects import Item, Objects

EVENTS_READ: Final = 500
"""Revisions of events looked at, for one object."""

_EVENT: Final[dict[str, Any]] = {
    "metadata": {"name": {}},
    "involvedObject": {"kind": {}, "name": {}, "uid": {}},
    "reason": {},
    "message": {},
    "source": {"component": {}},
    "reportingComponent": {},
}


@dataclass(frozen=True, slots=True)
class Witness:
    """One revision of an event about an object."""

    revision: int
    reason: str
    message: str
    component: str


class RelatedObjects:
    """The neighbours of the objects of one registry.

    Args:
        registry: where they are read.
    """

    def __init__(self, registry: Objects) -> None:
        self._registry = registry
        self._events: dict[tuple[str, str], list[Witness]] = {}

    def events(self, namespace: str, name: str) -> list[Witness]:
        """Every kept revision of the events about an object, oldest first.

        Both event libraries name an event after its object, a dot, and a number.
        """
        identity = (namespace, name)
        if identity not in self._events:
            self._events[identity] = self._read_events(namespace, name)
        return self._events[identity]

    def _read_events(self, namespace: str, name: str) -> list[Witness]:
        resource = self._registry.resolve("events")
        found = []
        for prefix in self._registry.key_prefixes(resource, namespace or "default"):
            for record in self._registry.connector.records(prefix + f"{name}.".encode()):
                if record.tombstone:
                    continue
                event = self._registry.read(record, projection=_EVENT).object
                if event is not None and text(event, "involvedObject", "name") == name:
                    found.append(_witness(record.mod_revision, event))
                if len(found) == EVENTS_READ:
                    return found
        return found

    def namespace_is_ending(self, name: str, revision: int) -> bool:
        """Whether the namespace was being deleted at ``revision``."""
        namespace = self._get("namespaces", None, name, revision)
        return not _is_absent(namespace) and bool(
            text(getattr(namespace, "object", None), "metadata", "deletionTimestamp")
        )

    def owner(self, namespace: str, reference: dict[str, Any], revision: int) -> Item | Absence:
        """The owner that a reference names, as of ``revision``."""
        group, _, _ = text(reference, "apiVersion").rpartition("/")
        kind = text(reference, "kind")
        return self._get(
            f"{kind}.{group}" if group else kind, namespace, reference["name"], revision
        )

    def owner_is_gone(self, namespace: str, reference: dict[str, Any], revision: int) -> bool:
        """Whether the owner is known not to exist at ``revision``, or to be another of its name."""
        found = self.owner(namespace, reference, revision)
        if isinstance(found, Deleted | NotRecorded):
            return True
        uid = text(getattr(found, "object", None), "metadata", "uid")
        return bool(uid) and uid != field(reference, "uid")

    def exists(self, resource: str, namespace: str | None, name: str, revision: int) -> bool:
        """Whether an object exists at ``revision``; one that was compacted away is taken to."""
        return not isinstance(self._get(resource, namespace, name, revision), Deleted | NotRecorded)

    def _get(
        self, resource: str, namespace: str | None, name: str, revision: int
    ) -> Item | Absence:
        try:
            kind = self._registry.resolve(resource)
            return self._registry.get(
                kind, namespace if kind.namespaced else None, name, at=revision
            )
        except (UsageError, NotFoundError):
            return Compacted(name.encode(), revision, 0)


def _is_absent(found: Item | Absence) -> bool:
    return isinstance(found, Compacted | Deleted | NotRecorded)


def _witness(revision: int, event: dict[str, Any]) -> Witness:
    return Witness(
        revision=revision,
        reason=text(event, "reason"),
        message=text(event, "message"),
        component=text(event, "reportingComponent") or text(event, "source", "component"),
    )
