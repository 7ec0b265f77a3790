"""When a node fell silent: spans without a Lease renewal by its kubelet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from etcdpod.forensics.incident.model import Lane, LaneSpan, LaneState
from etcdpod.kube.model.fields import field
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from etcdpod.history.lives import Registry
    from etcdpod.kube.codec import Projection

LEASE_PROJECTION: Projection = {"spec": {"renewTime": {}, "leaseDurationSeconds": {}}}
"""The kind that shows the silence of a node."""

LEASE_SECONDS = 40.0
"""Default time in seconds after which the control plane considers a silent node lost."""

NODE_LEASES = "kube-node-lease"
"""The namespace of the Leases that kubelets renew."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """One renewal of a Lease."""

    revision: int
    time: datetime
    """UTC, by the holder's clock."""


def node_renewals(registry: Registry) -> dict[str, list[Renewal]]:
    """The kept renewals of each node's Lease, in revision order."""
    lease = registry.resolve("leases.coordination.k8s.io")
    found: dict[str, list[Renewal]] = {}
    for prefix in registry.key_prefixes(lease, NODE_LEASES):
        for record in registry.connector.records(prefix):
            if record.tombstone:
                continue
            item = registry.read(record, projection=LEASE_PROJECTION)
            time = time_or_none(field(item.object, "spec", "renewTime"))
            if time is not None:
                name = record.key.rpartition(b"/")[2].decode(errors="backslashreplace")
                found.setdefault(name, []).append(Renewal(record.mod_revision, time))
    return found


@dataclass(frozen=True, slots=True)
class Silence:
    """A span without a renewal, from the last one before it to the first one after it."""

    start: int
    end: int
    seconds: float


def silences(renewals: Iterable[Renewal], allowed: float) -> list[Silence]:
    """The spans between two renewals longer than ``allowed`` seconds."""
    found = []
    before: Renewal | None = None
    for renewal in renewals:
        if before is not None:
            seconds = (renewal.time - before.time).total_seconds()
            if seconds > allowed:
                found.append(Silence(before.revision, renewal.revision, seconds))
        before = renewal
    return found


def with_silences(lane: Lane, quiet: Iterable[Silence]) -> Lane:
    """The lane, with ready spans marked silent where no Lease was renewed."""
    spans = list(lane.spans)
    note = lane.note
    for silence in quiet:
        spans = [piece for span in spans for piece in _silenced(span, silence)]
        note = f"silent for {silence.seconds:.0f} s"
    return Lane(lane.kind, lane.namespace, lane.name, tuple(spans), lane.marks, note)


def _silenced(span: LaneSpan, silence: Silence) -> Iterator[LaneSpan]:
    start, end = max(span.start, silence.start), min(span.end, silence.end)
    if start >= end or span.state not in (LaneState.READY, LaneState.NOT_KEPT):
        yield span
        return
    if span.start < start:
        yield LaneSpan(span.start, start, span.state, span.reason)
    yield LaneSpan(start, end, LaneState.SILENT, f"no Lease renewed for {silence.seconds:.0f} s")
    if end < span.end:
        yield LaneSpan(end, span.end, span.state, span.reason)
