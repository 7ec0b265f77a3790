"""The objects of a source, read through a decoder at any revision that it still holds.

Everything that is asked about objects is asked here, once for every kind of source. "As of" is a
parameter of the ordinary calls. Secrets leave masked.
"""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from etcdpod.errors import UsageError
from etcdpod.kube.codec import Decoded, Decoder
from etcdpod.kube.model.fields import text
from etcdpod.kube.model.keys import parse_key
from etcdpod.kube.model.secret import mask
from etcdpod.kube.model.types import ResourceType, ResourceTypes
from etcdpod.records import Compacted, Deleted, Encrypted, Record, Undecodable
from etcdpod.registry.prefixes import find_prefixes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from etcdpod.connectors.base import Connector
    from etcdpod.kube.codec import Projection
    from etcdpod.records import Absence


@dataclass(frozen=True, slots=True)
class Item:
    """One object at one revision, or why its value cannot be shown as one."""

    record: Record
    outcome: Decoded | Encrypted | Undecodable

    @property
    def object(self) -> dict[str, Any] | None:
        """The object as kubectl shows it; None where ``outcome`` says why not."""
        return self.outcome.object if isinstance(self.outcome, Decoded) else None

    @property
    def revision(self) -> int:
        """The main revision that wrote it: its ``metadata.resourceVersion``."""
        return self.record.mod_revision

    @property
    def kind(self) -> str:
        """``Pod``, …; empty where there is no object."""
        return text(self.object, "kind")

    @property
    def namespace(self) -> str:
        """Empty for an object of the whole cluster, and where there is no object."""
        return text(self.object, "metadata", "namespace")

    @property
    def name(self) -> str:
        """The object's name; without an object the last part of its etcd key."""
        named = text(self.object, "metadata", "name")
        return named or self.record.key.rpartition(b"/")[2].decode(errors="backslashreplace")

    @property
    def uid(self) -> str:
        """Empty where there is no object."""
        return text(self.object, "metadata", "uid")

    def __repr__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        shown = self.kind or type(self.outcome).__name__
        return f"<{shown} {place[:120]!r} at revision {self.revision}>"


class Objects:
    """The objects of one source.

    Args:
        connector: where records come from.
        decoder: how values become objects.
        prefixes: registry prefixes without a trailing slash; found from the keys when empty.
        show_secrets: hand out the data of Secrets as stored.
        as_served: objects as an API server hands them out (``decoder`` adds its part).
    """

    def __init__(
        self,
        connector: Connector,
        decoder: Decoder,
        *,
        prefixes: tuple[str, ...] = (),
        show_secrets: bool = False,
        as_served: bool = False,
    ) -> None:
        self.as_served = as_served
        self.connector = connector
        self.decoder = decoder
        self.show_secrets = show_secrets
        self._prefixes = prefixes

    @cached_property
    def prefixes(self) -> tuple[str, ...]:
        """The registry prefixes of this source, the usual one first."""
        return self._prefixes or find_prefixes(self.connector)

    @cached_property
    def builtin_types(self) -> ResourceTypes:
        """The kinds that every cluster has."""
        return ResourceTypes()

    @cached_property
    def definitions(self) -> list[dict[str, Any]]:
        """The CustomResourceDefinitions of this registry, as of its newest revision."""
        definition = self.builtin_types.resolve("customresourcedefinitions.apiextensions.k8s.io")
        items = self.items(definition)
        return [item.object for item in items if item.object is not None]

    @cached_property
    def types(self) -> ResourceTypes:
        """Every kind: the built-in ones, and those that this registry defines itself."""
        return ResourceTypes(self.definitions) if self.definitions else self.builtin_types

    def resolve(self, text: str) -> ResourceType:
        """The kind that ``text`` names, as kubectl takes it.

        Raises:
            UsageError: nothing is called so, here or in Kubernetes.
        """
        try:
            return self.builtin_types.resolve(text)
        except UsageError:
            return self.types.resolve(text)

    def definition(self, resource: ResourceType) -> dict[str, Any] | None:
        """The CustomResourceDefinition that defines ``resource``; None for a built-in kind."""
        for definition in self.definitions:
            spec = definition["spec"]
            if (spec["group"], spec["names"]["plural"]) == (resource.group, resource.plural):
                return definition
        return None

    # --- keys and records -------------------------------------------------------------------

    def key_prefixes(self, resource: ResourceType, namespace: str | None = None) -> list[bytes]:
        """The etcd prefixes, each ending in a slash, below which such objects lie."""
        tail = f"/{namespace}/" if namespace is not None and resource.namespaced else "/"
        return [
            f"{prefix}/{part}{tail}".encode()
            for prefix in self.prefixes
            for part in resource.key_prefixes
        ]

    def keys(self, resource: ResourceType, namespace: str | None, name: str) -> list[bytes]:
        """The etcd keys at which an object of that name may lie, the likeliest first."""
        return [prefix + name.encode() for prefix in self.key_prefixes(resource, namespace)]

    def select(
        self,
        resource: ResourceType,
        namespace: str | None = None,
        *,
        at: int | None = None,
        keys_only: bool = False,
    ) -> Iterable[Record]:
        """The records alive at ``at``, in key order; a ``Selection`` where the source has one."""
        found = [
            self.connector.range(prefix, at, keys_only=keys_only)
            for prefix in self.key_prefixes(resource, namespace)
        ]
        if len(found) == 1:
            return found[0]
        filled = [part for part in found if not isinstance(part, Sized) or len(part)]
        return filled[0] if len(filled) == 1 else chain.from_iterable(filled)

    def record(self, key: bytes, at: int | None = None) -> Record | Absence:
        """The revision of a key that is current at ``at``, or why there is none.

        Below the compact revision most is gone, but what is kept there is still the truth for
        as long as the next revision of the key is known to follow it.
        """
        found = self.connector.get(key, at)
        if not isinstance(found, Compacted):
            return found
        below: Record | None = None
        for record in self.connector.history(key, keys_only=True):
            if record.mod_revision > found.revision:
                if not _follows(below, record):
                    return found
                break
            below = record
        if below is None or below.tombstone:
            return found
        kept = self.connector.history(key, since=below.mod_revision)
        return next((r for r in kept if r.revision == below.revision), found)

    # --- objects ----------------------------------------------------------------------------

    def read(
        self,
        record: Record,
        *,
        projection: Projection | None = None,
        managed_fields: bool = True,
    ) -> Item:
        """The object in a record; a Secret masked, unless this registry shows them."""
        item = self.read_unmasked(record, projection=projection, managed_fields=managed_fields)
        if item.object is None or self.show_secrets:
            return item
        shown = mask(item.object)
        if shown is item.object or not isinstance(item.outcome, Decoded):
            return item
        return Item(record, replace(item.outcome, object=shown))

    def read_unmasked(
        self,
        record: Record,
        *,
        projection: Projection | None = None,
        managed_fields: bool = True,
    ) -> Item:
        """The object in a record as stored: for comparing, never for showing."""
        outcome = self.decoder.decode(
            record.key,
            record.value,
            revision=record.mod_revision,
            projection=projection,
            managed_fields=managed_fields,
        )
        return Item(record, outcome)

    def items(
        self,
        resource: ResourceType,
        namespace: str | None = None,
        *,
        at: int | None = None,
        projection: Projection | None = None,
        managed_fields: bool = True,
    ) -> Iterator[Item]:
        """Every object of a kind that is alive at ``at``, in key order."""
        for record in self.select(resource, namespace, at=at):
            yield self.read(record, projection=projection, managed_fields=managed_fields)

    def get(
        self,
        resource: ResourceType,
        namespace: str | None,
        name: str,
        *,
        at: int | None = None,
        managed_fields: bool = True,
    ) -> Item | Absence:
        """One object as of ``at``, or the reason for its absence."""
        absences: list[Absence] = []
        for key in self.keys(resource, namespace, name):
            found = self.record(key, at)
            if isinstance(found, Record):
                return self.read(found, managed_fields=managed_fields)
            absences.append(found)
        return next((a for a in absences if isinstance(a, Deleted)), absences[0])

    def deleted(self, resource: ResourceType, namespace: str | None = None) -> Iterator[Deleted]:
        """The objects of a kind that were deleted, with the last that is kept of each."""
        for prefix in self.key_prefixes(resource, namespace):
            # What compaction took may be a deletion: a put that comes last proves nothing.
            known = {record.key for record in self.connector.records(prefix, keys_only=True)}
            known -= {record.key for record in self.connector.range(prefix, keys_only=True)}
            for key in sorted(known):
                absence = self.connector.get(key)
                if isinstance(absence, Deleted):
                    yield absence

    # --- the whole --------------------------------------------------------------------------

    def count_by_resource(self, at: int | None = None) -> Mapping[str, int]:
        """Objects alive at ``at`` for each resource part of the keys, the largest first."""
        counts: dict[str, int] = {}
        for record in self.connector.range(b"", at, keys_only=True):
            name = self.resource_part(record.key)
            counts[name] = counts.get(name, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def resource_part(self, key: bytes) -> str:
        """``pods``, ``deployments``, ``stable.example.com/crontabs`` …; the key where unknown."""
        for prefix in self.prefixes:
            parsed = parse_key(key, prefix)
            if parsed is not None:
                return f"{parsed.group}/{parsed.resource}" if parsed.group else parsed.resource
        return key.decode(errors="backslashreplace")


def _follows(before: Record | None, after: Record) -> bool:
    """Whether nothing lies between two kept revisions of a key."""
    if before is None or after.tombstone:
        return before is not None
    same_life = after.create_revision == before.create_revision
    return same_life and after.version == before.version + 1
