"""An object is written in a hot loop."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.model import Evidence, Finding, Reference
from etcdpod.forensics.diagnose.rule import RegistryRule
from etcdpod.history.lives import History
from etcdpod.kube.model.keys import parse_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.kube.model.keys import ResourceKey
    from etcdpod.records import Record

WRITES: Final = 30
"""Minimum number of kept revisions of a key for its rate to be checked."""

PER_SECOND: Final = 1.0
"""Sustained writes per second that are not normal."""

RECENT: Final = 60.0
"""Seconds without a write after which a loop is over."""

ORDINARY: Final = frozenset({"leases", "events"})
"""Kinds that are written constantly by design."""


def check(cluster: Cluster) -> Iterator[Finding]:
    """Report keys with many revisions in a short time; reads keys-only records."""
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
                yield from _finding(cluster, named, heads)


def _named(cluster: Cluster, key: bytes) -> ResourceKey | None:
    for prefix in cluster.registry.prefixes:
        found = parse_key(key, prefix)
        if found is not None:
            return found
    return None


def _finding(cluster: Cluster, named: ResourceKey, heads: list[Record]) -> Iterator[Finding]:
    """A finding for the fastest run of ``WRITES`` revisions, if too fast."""
    stretches = [
        _Stretch(cluster, heads[start : start + WRITES])
        for start in range(0, len(heads) - WRITES + 1, WRITES // 3)
    ]
    fastest = max(stretches, key=lambda stretch: stretch.rate)
    if fastest.rate < PER_SECOND:
        return
    first, last = fastest.heads[0], fastest.heads[-1]
    now = (cluster.age(fastest.end) or 0.0) <= RECENT
    found = cluster.get(named.resource, named.namespace, named.name)
    kind = found.kind if found is not None else named.resource
    writers = _writers(cluster, first, last)
    yield Finding(
        "HotWriter",
        "warning" if now else "info",
        Reference(kind, named.namespace, named.name),
        f"{kind} {named.name} {'is' if now else 'was'} written {fastest.rate:.1f} times a second"
        f"{f' by {writers}' if writers else ''}: writers undo each other's work, or one does not "
        "see that it has nothing to do",
        (
            Evidence(
                kind,
                named.namespace,
                named.name,
                last.mod_revision,
                field="metadata.resourceVersion",
                says=f"{WRITES} revisions from {first.mod_revision} to {last.mod_revision}",
            ),
        ),
        "find the writers in its history, and stop one of them",
        f"etcdpod history {named.resource} {named.namespace}/{named.name} --diff --noise",
        fastest.begin,
    )


class _Stretch:
    """Consecutive revisions and their rate."""

    def __init__(self, cluster: Cluster, heads: list[Record]) -> None:
        self.heads = heads
        self.begin, self.end = (
            cluster.clock.span(head.mod_revision).estimate for head in (heads[0], heads[-1])
        )

    @property
    def rate(self) -> float:
        """Writes per second; 0 if a time is unknown."""
        if self.begin is None or self.end is None:
            return 0.0
        return (len(self.heads) - 1) / max((self.end - self.begin).total_seconds(), 0.1)


def _writers(cluster: Cluster, first: Record, last: Record) -> str:
    """The writers, busiest first."""
    history = History(last.key, [], 0, last.mod_revision)
    counted: Counter[str] = Counter()
    for step in cluster.registry.steps(history):
        if step.record.mod_revision > last.mod_revision:
            break
        if step.record.mod_revision > first.mod_revision and step.writer is not None:
            counted[step.writer.manager or step.writer.component] += 1
    return ", ".join(f"{name} ({count} times)" for name, count in counted.most_common(4))


RULE = RegistryRule(check)
