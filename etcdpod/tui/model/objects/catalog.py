"""Where each key belongs: its kind, namespace and name, from the key alone."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from etcdpod.kubectl.formats.safe import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etcdpod.forensics.activity.activity import Ledger, Numbers
    from etcdpod.kube.model.types import ResourceType, ResourceTypes

OTHER = "other keys"
"""What lies outside every registry prefix."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One entry of the list of kinds."""

    label: str
    """``pods``, ``crontabs.stable.example.com``; for unknown keys their first path segment."""
    resource: ResourceType | None
    """None for keys that belong to no kind known here."""

    @property
    def namespaced(self) -> bool:
        """Whether its objects are namespaced."""
        return self.resource is not None and self.resource.namespaced


class Catalog:
    """Sorts the keys of a ledger by kind and namespace; it grows with the ledger."""

    def __init__(self, ledger: Ledger, types: ResourceTypes, prefixes: Sequence[str]) -> None:
        self._ledger = ledger
        self._prefixes = tuple(f"{prefix}/" for prefix in prefixes)
        self._parts: dict[str, Kind] = {}
        self._kinds: dict[ResourceType, Kind] = {}
        plurals: set[str] = set()
        for resource in types.all():
            label = resource.plural if resource.plural not in plurals else resource.qualified
            plurals.add(resource.plural)
            kind = self._kinds[resource] = Kind(label, resource)
            for part in resource.key_prefixes:
                self._parts.setdefault(part, kind)
        self.kinds: list[Kind] = []
        self.namespaces: list[str] = []
        """All namespaces; the first is the empty one of cluster-scoped objects."""
        self.names: list[str] = []
        """The name in each key, by the number of the key."""
        self._kind_number: dict[Kind, int] = {}
        self._namespace_number: dict[str, int] = {}
        self._kind, self._namespace = array("q"), array("q")
        self._sorted: dict[Kind, tuple[int, Numbers]] = {}
        """The keys of a kind in byte order, and how many keys of all kinds were known then."""
        self._arrays: tuple[Numbers, Numbers] | None = None
        self._namespace_of("")

    def catch_up(self) -> None:
        """Add the keys that are new in the ledger."""
        if len(self.names) == len(self._ledger.keys):
            return
        for key in self._ledger.keys[len(self.names) :]:
            kind, namespace, name = self._place(key)
            self._kind.append(self._kind_of(kind))
            self._namespace.append(self._namespace_of(namespace))
            self.names.append(name)
        self._arrays = None

    def kind_of_resource(self, resource: ResourceType) -> Kind:
        """The kind in the list for a resource: where its objects lie, under whatever name."""
        for part in resource.key_prefixes:
            if part in self._parts:
                return self._parts[part]
        return self._kinds.get(resource) or Kind(resource.qualified, resource)

    def kind(self, number: int) -> Kind:
        """The kind of a key, by its number."""
        return self.kinds[self._kind[number]]

    def namespace(self, number: int) -> str:
        """The namespace of a key, by its number; empty without one."""
        return self.namespaces[self._namespace[number]]

    def numbers(self, kind: Kind, namespace: str | None = None) -> Numbers:
        """The keys of a kind in byte order, of one namespace or of all."""
        index = self._kind_number.get(kind)
        if index is None:
            return np.zeros(0, dtype=np.int64)
        numbers, namespaces = self._in_order(kind, index), self._columns()[1]
        if namespace is None:
            return numbers
        wanted = self._namespace_number.get(namespace, -1)
        chosen: Numbers = numbers[namespaces[numbers] == wanted]
        return chosen

    def _in_order(self, kind: Kind, index: int) -> Numbers:
        met, known = self._sorted.get(kind, (0, np.zeros(0, dtype=np.int64)))
        if met < len(self.names):
            added = np.flatnonzero(self._columns()[0][met:] == index) + met
            # Two sorted runs are merged in a fraction of the time that sorting them takes.
            order = self._ledger.keys.__getitem__
            merged = sorted([*known.tolist(), *sorted(added.tolist(), key=order)], key=order)
            known = np.array(merged, dtype=np.int64)
            self._sorted[kind] = len(self.names), known
        return known

    def count_kinds(self, alive: Numbers) -> dict[Kind, int]:
        """How many of the given keys each kind has; kinds without any too."""
        counts = np.bincount(self._columns()[0][alive], minlength=len(self.kinds))
        return dict(zip(self.kinds, counts.tolist(), strict=True))

    def count_namespaces(self, alive: Numbers) -> dict[str, int]:
        """How many of the given keys each namespace has; those without any are left out."""
        counts = np.bincount(self._columns()[1][alive], minlength=len(self.namespaces))
        pairs = zip(self.namespaces, counts.tolist(), strict=True)
        return {namespace: count for namespace, count in pairs if namespace and count}

    def _columns(self) -> tuple[Numbers, Numbers]:
        if self._arrays is None:
            self._arrays = (
                np.array(self._kind, dtype=np.int64),
                np.array(self._namespace, dtype=np.int64),
            )
        return self._arrays

    def _place(self, key: bytes) -> tuple[Kind, str, str]:
        text = key.decode(errors="backslashreplace")
        prefix = next((prefix for prefix in self._prefixes if text.startswith(prefix)), None)
        if prefix is None:
            return self._unknown(OTHER), "", text
        segments = text[len(prefix) :].split("/")
        for length in (2, 1):
            kind = self._parts.get("/".join(segments[:length]))
            rest = segments[length:]
            if kind is not None and rest:
                if kind.namespaced and len(rest) > 1:
                    return kind, rest[0], "/".join(rest[1:])
                return kind, "", "/".join(rest)
        return self._unknown(segments[0]), "", "/".join(segments[1:]) or segments[0]

    def _unknown(self, label: str) -> Kind:
        return self._parts.setdefault(f"\0{label}", Kind(printable(label), None))

    def _kind_of(self, kind: Kind) -> int:
        if kind not in self._kind_number:
            self._kind_number[kind] = len(self.kinds)
            self.kinds.append(kind)
        return self._kind_number[kind]

    def _namespace_of(self, namespace: str) -> int:
        if namespace not in self._namespace_number:
            self._namespace_number[namespace] = len(self.namespaces)
            self.namespaces.append(namespace)
        return self._namespace_number[namespace]
