"""The last moment of a source: what "now" was when its newest revision was written.

etcd stores no times. The objects do: Leases are renewed every few seconds with microseconds,
and whatever was written last carries the time of its writer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from etcdpod.kube.codec import Projection
    from etcdpod.registry.objects import Objects

NEWEST = 100
"""Revisions looked at, beside the Leases."""

TIMES: Projection = {
    "metadata": {"creationTimestamp": {}, "managedFields": {"time": {}}},
    "spec": {"renewTime": {}},
    "lastTimestamp": {},
    "eventTime": {},
}
"""The fields that ``written_times`` looks at."""


def last_moment(registry: Objects, at: int | None = None) -> datetime | None:
    """The latest time (UTC) that the objects written up to ``at`` speak of.

    None where nothing carries a time. Times that an object sets for its own future
    (expiry, deadlines) are not looked at.
    """
    latest: datetime | None = None
    for text in _times(registry, at):
        moment = time_or_none(text)
        if moment is not None and (latest is None or moment > latest):
            latest = moment
    return latest


def _times(registry: Objects, at: int | None) -> Iterator[str]:
    lease = registry.builtin_types.resolve("leases.coordination.k8s.io")
    for item in registry.items(lease, at=at, projection=TIMES):
        if item.object is not None:
            yield from written_times(item.object)
    end = registry.connector.info().current_revision if at is None else at
    for record in registry.connector.records(since=max(end - NEWEST, 0)):
        if record.tombstone or record.mod_revision > end:
            continue
        item = registry.read(record, projection=TIMES)
        if item.object is not None:
            yield from written_times(item.object)


def written_times(item: dict[str, Any]) -> Iterator[str]:
    """The times in an object that some writer took from its clock when it wrote it."""
    metadata = item.get("metadata") or {}
    spec = item.get("spec") if isinstance(item.get("spec"), dict) else {}
    candidates = [
        metadata.get("creationTimestamp"),
        (spec or {}).get("renewTime"),
        item.get("lastTimestamp"),
        item.get("eventTime"),
        *(entry.get("time") for entry in metadata.get("managedFields") or ()),
    ]
    yield from (text for text in candidates if isinstance(text, str))
