"""An object is written again and again, faster than anything asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.analysis.finding import Evidence, Finding, Reference
from etcdpod.analysis.rules.base import RegistryRule
from etcdpod.keys import parse_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.analysis.cluster import Cluster
    from etcdpod.keys import ResourceKey
    from etcdpod.records import Record

WRITES: Final = 30
"""Kept revisions of one key from which its rate is looked at."""

PER_SECOND: Final = 1.0
"""Writes a second, kept up over those revisions, that nothing ordinary needs."""

ORDINARY: Final = frozenset({"leases", "events"})
"""Kinds that are written all the time by design."""


def check(cluster: Cluster) -> Iterator[Finding]:
    """Keys with many revisions in a short time; heads alone are read."""
    written: dict[bytes, int] = {}
    for record in cluster.registry.connector.records(keys_only=True):
        if record.version >= WRITES and record.mod_revision <= cluster.revision:
            written[record.key] = record.mod_revision
    for key in written:
        named = _named(cluster, key)
        if named is None or named.resource in ORDINARY:
            continue
        if cluster.namespace in (None, named.namespace):
            heads = [
                record
                for record in cluster.registry.connector.history(key, keys_only=True)
                if record.mod_revision <= cluster.revision and not record.tombstone
            ]
            if len(heads) >= WRITES:
                yield from _finding(cluster, named, heads[-WRITES:])


def _named(cluster: Cluster, key: bytes) -> ResourceKey | None:
    for prefix in cluster.registry.prefixes:
        found = parse_key(key, prefix)
        if found is not None:
            return found
    return None


def _finding(cluster: Cluster, named: ResourceKey, heads: list[Record]) -> Iterator[Finding]:
    first, last = (cluster.clock.span(head.mod_revision) for head in (heads[0], heads[-1]))
    if first.estimate is None or last.estimate is None:
        return
    if (cluster.age(last.estimate) or 0.0) > 60:
        return  # it has stopped
    seconds = max((last.estimate - first.estimate).total_seconds(), 0.1)
    rate = (len(heads) - 1) / seconds
    if rate < PER_SECOND:
        return
    found = cluster.get(named.resource, named.namespace, named.name)
    kind = found.kind if found is not None else named.resource
    yield Finding(
        "HotWriter",
        "warning",
        Reference(kind, named.namespace, named.name),
        f"{kind} {named.name} is written {rate:.1f} times a second: two writers may undo "
        "each other, or one does not see that it has nothing to do",
        (
            Evidence(
                kind,
                named.namespace,
                named.name,
                heads[-1].mod_revision,
                field="metadata.resourceVersion",
                says=f"{len(heads)} revisions from {heads[0].mod_revision} to "
                f"{heads[-1].mod_revision}",
            ),
        ),
        "find the writers in its history, and stop one of them",
        f"etcdpod history {named.resource} {named.namespace}/{named.name} --diff --noise",
        first.estimate,
    )


RULE = RegistryRule(check)
