"""What stands around an object at a revision: the other objects that a description speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kube.model.fields import mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from etcdpod.kube.codec import Projection
    from etcdpod.registry.objects import Objects

_RESOURCES: Final[Projection] = {"name": {}, "resources": {}, "restartPolicy": {}}
_STATUS: Final[Projection] = {"name": {}, "resources": {}, "allocatedResources": {}}
_METADATA: Final[Projection] = {
    "name": {},
    "namespace": {},
    "uid": {},
    "labels": {},
    "creationTimestamp": {},
    "ownerReferences": {},
}

READ: Final[dict[str, Projection]] = {
    "pods": {
        "metadata": _METADATA,
        "spec": {
            "nodeName": {},
            "overhead": {},
            "resources": {},
            "containers": _RESOURCES,
            "initContainers": _RESOURCES,
            "volumes": {"persistentVolumeClaim": {}},
        },
        "status": {
            "phase": {},
            "containerStatuses": _STATUS,
            "initContainerStatuses": _STATUS,
        },
    },
}
"""The fields that descriptions read of their neighbours; of other kinds all."""


class Neighbours:
    """A registry at a revision, read once for each kind and namespace that is asked for.

    Args:
        registry: where the neighbours are.
        now: the moment that ages are relative to.
        at: as of this main revision; None for the newest.
    """

    def __init__(self, registry: Objects, now: datetime, at: int | None = None) -> None:
        self._registry = registry
        self._now = now
        self._at = at
        self._objects: dict[tuple[str, str | None], list[dict[str, Any]]] = {}
        self._events: dict[str | None, dict[tuple[str, str], list[dict[str, Any]]]] = {}

    @property
    def now(self) -> datetime:
        """The moment that ages are relative to."""
        return self._now

    @property
    def show_secrets(self) -> bool:
        """Whether the registry hands out what Secrets hold."""
        return self._registry.show_secrets

    def objects(self, kind: str, namespace: str | None) -> list[dict[str, Any]]:
        """Every readable object of a kind, in key order."""
        key = (kind, namespace)
        if key not in self._objects:
            items = self._registry.items(
                self._registry.builtin_types.resolve(kind),
                namespace,
                at=self._at,
                projection=READ.get(kind),
                managed_fields=False,
            )
            self._objects[key] = [item.object for item in items if item.object is not None]
        return self._objects[key]

    def get(self, kind: str, namespace: str | None, name: str) -> dict[str, Any] | None:
        """One object; None where there is none that can be read."""
        from etcdpod.registry.objects import Item

        resource = self._registry.builtin_types.resolve(kind)
        found = self._registry.get(resource, namespace, name, at=self._at, managed_fields=False)
        return found.object if isinstance(found, Item) else None

    def events(self, namespace: str, name: str) -> Iterable[dict[str, Any]]:
        """The events about objects of that name; of cluster-wide ones with an empty namespace."""
        where = namespace or None
        if where not in self._events:
            by_object: dict[tuple[str, str], list[dict[str, Any]]] = {}
            for event in self._registry.items(
                self._registry.builtin_types.resolve("events"),
                where,
                at=self._at,
                managed_fields=False,
            ):
                if event.object is not None:
                    about = mapping(event.object, "involvedObject")
                    key = (text(about, "namespace"), text(about, "name"))
                    by_object.setdefault(key, []).append(event.object)
            self._events[where] = by_object
        return self._events[where].get((namespace, name), [])
