"""The objects related to the one under examination, as of one revision, each read once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from etcdpod.errors import UsageError
from etcdpod.forensics.diagnose.events import Event, Events
from etcdpod.forensics.diagnose.subject import Subject
from etcdpod.history.clock.clock import Clock
from etcdpod.kube.model.fields import mapping
from etcdpod.records import Deleted, NotRecorded
from etcdpod.registry.objects import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.history.lives import Registry
    from etcdpod.records import Absence


class Cluster:
    """A registry as of a revision, as queried by the rules.

    Args:
        registry: the registry to read.
        namespace: limits events and unhealthy pods to a namespace; None: all.
        at: main revision; None: the newest.
        clock: clock of the registry, if already built.
    """

    def __init__(
        self,
        registry: Registry,
        namespace: str | None = None,
        at: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.registry = registry
        self.namespace = namespace
        self.at = at
        self.clock = clock or Clock.from_registry(registry)
        self.troubled: dict[str, list[Finding]] = {}
        """The first finding of each unhealthy pod, by the uid of the pod's owner."""
        self._items: dict[tuple[str, str, str], Item | Absence] = {}
        self._all: dict[str, dict[tuple[str, str], Subject]] = {}
        self._grouped: dict[tuple[str, Callable[[Subject], str]], dict[str, list[Subject]]] = {}

    @property
    def revision(self) -> int:
        """The revision under examination."""
        return self.registry.connector.info().current_revision if self.at is None else self.at

    @cached_property
    def now(self) -> datetime | None:
        """The time of the revision under examination; None if the registry records no time."""
        span = self.clock.span(self.revision)
        return span.latest or span.estimate

    @cached_property
    def _events(self) -> Events:
        return Events(self.registry, self.namespace, self.at)

    def events(self, subject: Subject) -> list[Event]:
        """The relevant events of an object, oldest first."""
        return self._events.about(subject.kind, subject.namespace, subject.name, subject.event_uids)

    def all(self, resource: str) -> dict[tuple[str, str], Subject]:
        """All objects of a kind by namespace and name; empty for an unknown kind."""
        if resource not in self._all:
            self._all[resource] = {
                (subject.namespace, subject.name): subject for subject in self._read(resource)
            }
        return self._all[resource]

    def grouped(self, resource: str, by: Callable[[Subject], str]) -> dict[str, list[Subject]]:
        """All objects of a kind grouped by ``by``, which is called once for each."""
        if (resource, by) not in self._grouped:
            groups: dict[str, list[Subject]] = {}
            for subject in self.all(resource).values():
                groups.setdefault(by(subject), []).append(subject)
            self._grouped[resource, by] = groups
        return self._grouped[resource, by]

    def _read(self, resource: str) -> Iterable[Subject]:
        try:
            kind = self.registry.resolve(resource)
        except UsageError:
            return
        for item in self.registry.items(kind, at=self.at, managed_fields=False):
            if item.object is not None:
                yield Subject(item.object, item.record.mod_revision)

    def get(self, resource: str, namespace: str, name: str) -> Subject | None:
        """One object; None if it does not exist or cannot be read."""
        found = self._item(resource, namespace, name)
        if not isinstance(found, Item) or found.object is None:
            return None
        return Subject(found.object, found.record.mod_revision)

    def exists(self, resource: str, namespace: str, name: str) -> bool:
        """Whether an object exists, readable or not; assumed if it was compacted."""
        return not isinstance(self._item(resource, namespace, name), Deleted | NotRecorded)

    def has_key(self, resource: str, namespace: str, name: str, key: str) -> bool:
        """Whether a ConfigMap or Secret has a key; assumed if its data cannot be read."""
        found = self.get(resource, namespace, name)
        if found is None:
            return True
        return any(key in mapping(found.value, part) for part in ("data", "binaryData"))

    def _item(self, resource: str, namespace: str, name: str) -> Item | Absence:
        identity = (resource, namespace, name)
        if identity not in self._items:
            kind = self.registry.resolve(resource)
            self._items[identity] = self.registry.get(
                kind, namespace if kind.namespaced else None, name, at=self.at
            )
        return self._items[identity]

    def unchanged_for(self, subject: Subject) -> float | None:
        """Minimum number of seconds since an object was last written; None if unknown.

        Uses the revision clock, because the writer's own clock may be off.
        """
        span = self.clock.span(subject.revision)
        return self.age(span.latest or span.estimate)

    def age(self, since: datetime | None) -> float | None:
        """Seconds from ``since`` to ``now``; None if unknown."""
        if self.now is None or since is None:
            return None
        return (self.now - since).total_seconds()
