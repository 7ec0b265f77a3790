"""Where the members of a cluster disagree: first revision, keys, and the minority.

Healthy members hold identical records from the newest of their compact revisions up to the
oldest of their current revisions; only that span can be compared.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from etcdpod.errors import UsageError
from etcdpod.history.diff.registries import compare_items
from etcdpod.records import Revision, Trust

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from etcdpod.history.diff.registries import Difference
    from etcdpod.history.lives import Registry
    from etcdpod.records import Record, SourceInfo

BELIEVED = (Trust.VOUCHED, Trust.LOGGED)
"""Trusted records only; leftovers in free pages naturally differ between members."""

Content = tuple[bytes, bool, int, int, int, bytes]


@dataclass(frozen=True, slots=True)
class Common:
    """The span that all members cover."""

    base: int
    """The newest compact revision: from here on all members keep everything."""
    upto: int
    """The oldest current revision."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A revision of a key that differs between members."""

    revision: Revision
    key: bytes
    records: tuple[Record | None, ...]
    """The record of each member; None if it has none at this revision."""
    minority: tuple[int, ...]
    """Positions of the members that differ from the majority; empty without a majority."""
    differences: tuple[Difference, ...]
    """Changes from the majority (or the first member) to each differing member."""


def common_span(sources: Sequence[SourceInfo]) -> Common:
    """Return the span to compare.

    Raises:
        UsageError: the sources share no revision, or belong to different clusters.
    """
    clusters = {info.cluster_id for info in sources if info.cluster_id is not None}
    if len(clusters) > 1:
        names = ", ".join(f"{cluster:x}" for cluster in sorted(clusters))
        raise UsageError(f"these are not members of one cluster but of several: {names}")
    last = min(sources, key=lambda info: info.current_revision)
    first = max(sources, key=lambda info: info.compact_revision)
    if first.compact_revision > last.current_revision:
        raise UsageError(
            f"{last.target} ends at revision {last.current_revision}, where {first.target} was "
            f"compacted at {first.compact_revision}: nothing is in both",
            next_step="take snapshots of all members at about the same time",
        )
    return Common(first.compact_revision, last.current_revision)


def disagreements(
    registries: Sequence[Registry], span: Common, *, noise: bool = False
) -> Iterator[Disagreement]:
    """Every revision that differs between members, oldest first.

    Args:
        registries: one per member.
        span: the span that all members cover.
        noise: include managedFields and the like in the changes.
    """
    for revision, key, records in sorted(_at_base(registries, span.base), key=_order):
        yield _judged(registries, revision, key, records, noise=noise)
    streams = [_numbered(number, _since(one, span)) for number, one in enumerate(registries)]
    merged = heapq.merge(*streams, key=lambda item: (item[1].revision, item[1].key, item[0]))
    for revision, group in groupby(merged, key=lambda item: item[1].revision):
        for key, records in _sides(group, len(registries)):
            if not _same(records):
                yield _judged(registries, revision, key, records, noise=noise)


def _order(item: tuple[Revision, bytes, tuple[Record | None, ...]]) -> tuple[Revision, bytes]:
    return item[0], item[1]


def _at_base(
    registries: Sequence[Registry], base: int
) -> Iterator[tuple[Revision, bytes, tuple[Record | None, ...]]]:
    """Differences in the state at the base revision; older history is incomplete."""
    if base <= 0:
        return
    streams = [
        _numbered(number, one.connector.range(b"", base)) for number, one in enumerate(registries)
    ]
    merged = heapq.merge(*streams, key=lambda item: (item[1].key, item[0]))
    for key, group in groupby(merged, key=lambda item: item[1].key):
        records: list[Record | None] = [None] * len(registries)
        for number, record in group:
            records[number] = record
        if not _same(records):
            first = min(record.revision for record in records if record is not None)
            yield first, key, tuple(records)


def _numbered(number: int, records: Iterable[Record]) -> Iterator[tuple[int, Record]]:
    """Each record with the position of its member."""
    return ((number, record) for record in records)


def _since(registry: Registry, span: Common) -> Iterator[Record]:
    for record in registry.connector.records(since=span.base + 1):
        if record.revision.main > span.upto:
            return
        if record.provenance.trust in BELIEVED:
            yield record


def _sides(
    group: Iterable[tuple[int, Record]], count: int
) -> Iterator[tuple[bytes, tuple[Record | None, ...]]]:
    """The records of one revision by key, since members may disagree about the key."""
    sides: dict[bytes, list[Record | None]] = defaultdict(lambda: [None] * count)
    for number, record in group:
        sides[record.key][number] = record
    for key, records in sides.items():
        yield key, tuple(records)


def _same(records: Sequence[Record | None]) -> bool:
    return len({_content(record) for record in records}) == 1


def _content(record: Record | None) -> Content | None:
    if record is None:
        return None
    numbers = record.create_revision, record.version, record.lease
    return record.key, record.tombstone, *numbers, record.value


def _judged(
    registries: Sequence[Registry],
    revision: Revision,
    key: bytes,
    records: tuple[Record | None, ...],
    *,
    noise: bool,
) -> Disagreement:
    groups: dict[Content | None, list[int]] = defaultdict(list)
    for number, record in enumerate(records):
        groups[_content(record)].append(number)
    ranked = sorted(groups.values(), key=len, reverse=True)
    has_majority = len(ranked[0]) > len(ranked[1])
    model = ranked[0][0]
    others = [group[0] for group in ranked[1:]]
    found = (
        compare_items(
            registries[model], registries[other], records[model], records[other], noise=noise
        )
        for other in others
    )
    minority = sorted(number for group in ranked[1:] for number in group) if has_majority else []
    differences = tuple(one for one in found if one is not None)
    return Disagreement(revision, key, records, tuple(minority), differences)
