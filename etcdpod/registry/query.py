"""Which objects of a kind are wanted: by name, namespace, labels, fields, revision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from etcdpod.errors import CompactedError, NotFoundError
from etcdpod.kube.codec import Decoded
from etcdpod.records import Compacted, Deleted, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.kube.codec import Projection
    from etcdpod.kube.model.types import ResourceType
    from etcdpod.records import Absence
    from etcdpod.registry.objects import Item, Objects


class Selector(Protocol):
    """What a label or a field selector is."""

    @property
    def projection(self) -> Projection:
        """The fields that it looks at."""

    def matches(self, item: dict[str, Any]) -> bool:
        """Whether an object is selected."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of one kind."""

    resource: ResourceType
    namespace: str | None = None
    """None: every namespace."""
    name: str | None = None
    at: int | None = None
    """As of this main revision; None: the newest."""
    selectors: tuple[Selector, ...] = ()
    deleted: bool = False
    """The objects that were deleted, as they last were, instead of those that are."""


def records(registry: Objects, query: Query) -> Iterable[Record]:
    """The records that a query is about, before its selectors; in key order.

    Raises:
        NotFoundError: a name was given, and no such object is (or was) there.
    """
    if query.deleted:
        return list(_deleted(registry, query))
    if query.name is None:
        return registry.select(query.resource, query.namespace, at=query.at)
    absence: Absence | None = None
    for key in registry.keys(query.resource, query.namespace, query.name):
        found = registry.record(key, query.at)
        if isinstance(found, Record):
            return [found]
        absence = found if absence is None or isinstance(found, Deleted) else absence
    raise absent(registry, query, absence)


def _deleted(registry: Objects, query: Query) -> Iterator[Record]:
    for gone in registry.deleted(query.resource, query.namespace):
        wanted = query.name is None or gone.key.endswith(b"/" + query.name.encode())
        if gone.last is not None and wanted:
            yield gone.last


def matching(
    registry: Objects,
    query: Query,
    found: Iterable[Record],
    *,
    projection: Projection | None = None,
    managed_fields: bool = False,
) -> Iterator[Item]:
    """The items that the selectors let through; an unreadable one is let through only without."""
    if projection is not None:
        for selector in query.selectors:
            projection = union(projection, selector.projection)
    # Stored as core Events; an API server hands them out in the form that was asked for.
    events = query.resource.group == "events.k8s.io" and registry.as_served
    if events:
        from etcdpod.kube.codec.served import as_events_v1

        projection = None  # its columns speak of the other form's fields
    for record in found:
        item = registry.read(record, projection=projection, managed_fields=managed_fields)
        if events and isinstance(item.outcome, Decoded):
            moved = as_events_v1(item.outcome.object)
            item = replace(item, outcome=replace(item.outcome, object=moved))
        shown = item.object
        if not query.selectors or (
            shown is not None and all(selector.matches(shown) for selector in query.selectors)
        ):
            yield item


def absent(registry: Objects, query: Query, absence: Absence | None) -> NotFoundError:
    """The error that says what does not exist, as of when, why, and what may be tried."""
    error = _absent(registry, query, absence)
    error.absence = absence
    return error


def _absent(registry: Objects, query: Query, absence: Absence | None) -> NotFoundError:
    info = registry.connector.info()
    place = f" in namespace {query.namespace}" if query.namespace else ""
    what = f'{query.resource.qualified} "{query.name}" not found{place}'
    name = f"{query.namespace}/{query.name}" if query.namespace else str(query.name)
    history = f"`etcdpod history {query.resource.plural} {name}`"
    if isinstance(absence, Deleted):
        when = (
            f"deleted at revision {absence.tombstone.revision}"
            if absence.tombstone is not None
            else "deleted, at a revision that was compacted away"
        )
        return NotFoundError(
            f"{what}: {when}",
            next_step=f"{history} shows its life, `--deleted` its last state",
            path=info.target,
        )
    if isinstance(absence, Compacted):
        return CompactedError(
            f"{what}: revision {absence.revision} lies below the compact revision "
            f"{absence.compact_revision}",
            next_step="name a later revision, or a source that was taken earlier",
            path=info.target,
        )
    moment = query.at if query.at is not None else info.current_revision
    return NotFoundError(
        f"{what} at revision {moment}",
        next_step=f"`etcdpod get {query.resource.plural} -A` lists what is there",
        path=info.target,
    )


def union(one: Projection, other: Projection) -> Projection:
    """The fields of both; an empty mapping means the whole subtree, and wins."""
    if not one or not other:
        return {}
    both = dict(one)
    for name, below in other.items():
        both[name] = union(one[name], below) if name in one else below
    return both
