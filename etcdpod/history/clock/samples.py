"""Times that were read from a clock right before a revision was written.

etcd stores no times. A Lease is renewed every few seconds, and its ``renewTime`` was read by its
holder milliseconds before the write; the API server stamps ``managedFields`` and
``creationTimestamp`` with its own clock, to the second, when it handles a request. Such a time
bounds its revision from both sides, if it is known to be new at that revision. A time that may
be older bounds it only from below.

All times here are integers: microseconds since 1970, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from etcdpod.connectors.base import Selection
from etcdpod.kube.model.fields import mapping, members, text
from etcdpod.times import micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.records import Record
    from etcdpod.registry.objects import Objects

SECOND: Final = 1_000_000
"""In microseconds: what the API server's stamps are cut to."""

MAX_LEASE_REVISIONS: Final = 10_000
"""Lease revisions read at most; of a larger source every second, third … is."""


_LEASE_FIELDS: Final[dict[str, Any]] = {
    "metadata": {
        "creationTimestamp": {},
        "managedFields": {"time": {}},
    },
    "spec": {"holderIdentity": {}, "renewTime": {}},
}

Interval = tuple[int | None, int | None]
"""The earliest and the latest moment; None where unknown."""


@dataclass(frozen=True, slots=True)
class LeaseSample:
    """One renewal of a Lease: the same moment on two clocks."""

    revision: int
    lease: str
    """``NAMESPACE/NAME`` of the Lease."""
    writer: str
    """Whose clock: the Lease and its holder."""
    own: int
    """The holder's clock, to the microsecond."""
    stamp: int | None
    """The API server's clock, to the second below; None where it left none."""

    @property
    def own_end(self) -> int:
        """The end of the moment on the holder's clock: some clients leave the fraction out."""
        return self.own if self.own % SECOND else self.own + SECOND


def lease_samples(registry: Objects) -> list[LeaseSample]:
    """Every renewal of every Lease that the source holds, in revision order."""
    resource = registry.resolve("leases.coordination.k8s.io")
    samples: list[LeaseSample] = []
    renewed: dict[bytes, LeaseSample] = {}
    for prefix in registry.key_prefixes(resource):
        for record in _thinned(registry.connector.records(prefix)):
            last = renewed.get(record.key)
            sample = None if record.tombstone else _lease_sample(registry, record, prefix, last)
            if sample is not None and (last is None or last.own != sample.own):
                renewed[record.key] = sample
                samples.append(sample)
    samples.sort(key=lambda sample: sample.revision)
    return samples


def _thinned(records: Iterable[Record]) -> Iterable[Record]:
    if not isinstance(records, Selection):
        return records
    count = len(records)
    stride = -(-count // MAX_LEASE_REVISIONS)
    return records if stride < 2 else (records[i] for i in range(0, count, stride))


def _lease_sample(
    registry: Objects, record: Record, prefix: bytes, last: LeaseSample | None
) -> LeaseSample | None:
    """A record's sample; a Lease without a holder was given up by the ``last`` that had it."""
    lease = registry.read(record, projection=_LEASE_FIELDS).object
    spec = (lease or {}).get("spec")
    own = micros(spec.get("renewTime")) if isinstance(spec, dict) else None
    if lease is None or own is None or not isinstance(spec, dict):
        return None
    metadata = mapping(lease, "metadata")
    stamp = newest_stamp(metadata)
    if stamp is None and record.version == 1:
        stamp = micros(metadata.get("creationTimestamp"))
    name = record.key.removeprefix(prefix).decode(errors="backslashreplace")
    holder = spec.get("holderIdentity")
    writer = f"Lease {name}"
    if isinstance(holder, str) and holder and not name.endswith(f"/{holder}"):
        writer += f" held by {holder}"
    elif not holder and last is not None:
        writer = last.writer
    return LeaseSample(record.mod_revision, name, writer, own, stamp)


def newest_stamp(metadata: dict[str, Any]) -> int | None:
    """The newest time in managedFields."""
    return max((time for _, time in _stamps(metadata)), default=None)


def _stamps(metadata: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], int]]:
    for entry in members(metadata, "managedFields"):
        time = micros(entry.get("time"))
        if time is not None:
            yield tuple(text(entry, name) for name in ("manager", "operation", "subresource")), time


def own_interval(
    before: dict[str, Any] | None, after: dict[str, Any], *, created: bool
) -> Interval:
    """When the API server wrote an object, by the times that it put into it.

    Args:
        before: the revision right before; None if there is none or it is not known.
        after: the object at this revision.
        created: the revision is the first of a life.

    Returns:
        The earliest moment, and the latest if a time is known to be new at this revision.
    """
    metadata = mapping(after, "metadata")
    born = micros(metadata.get("creationTimestamp"))
    if created:
        return _second(born)
    times = [time for _, time in _stamps(metadata)]
    asked = deletion_asked(metadata)
    known = [time for time in (born, asked, *times) if time is not None]
    earliest = max(known, default=None)
    if before is None or earliest is None:
        return earliest, None
    old = mapping(before, "metadata")
    seen = dict(_stamps(old))
    fresh = [time for identity, time in _stamps(metadata) if seen.get(identity) != time]
    if asked is not None and asked != deletion_asked(old):
        fresh.append(asked)
    return (max(fresh), max(fresh) + SECOND) if fresh else (earliest, None)


def deletion_asked(metadata: dict[str, Any]) -> int | None:
    """When a graceful deletion was asked for: deletionTimestamp lies one grace period later."""
    end = micros(metadata.get("deletionTimestamp"))
    grace = metadata.get("deletionGracePeriodSeconds", 0)
    if end is None or isinstance(grace, bool) or not isinstance(grace, int):
        return None
    return end - grace * SECOND


def _second(time: int | None) -> Interval:
    return (None, None) if time is None else (time, time + SECOND)
