"""Merges several sources of one cluster: each revision once, from the most trusted source."""

from __future__ import annotations

import heapq
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from etcdpod.connectors.base import Attempting
from etcdpod.connectors.capabilities import Doubting, capable
from etcdpod.connectors.disk.evidence_places import RANK
from etcdpod.connectors.disk.overlay_connector import as_absence
from etcdpod.connectors.same_cluster import check_kinship
from etcdpod.damage import contradiction
from etcdpod.errors import CompactedError, FutureRevisionError
from etcdpod.records import (
    Compacted,
    NotRecorded,
    Origin,
    Record,
    Revision,
    SourceInfo,
)
from etcdpod.source_details import MergedSource, MergedSources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from etcdpod.connectors.base import Connector
    from etcdpod.damage import Damage
    from etcdpod.records import Absence

MAX_REPORTS = 20
"""The number of contradictions that are reported individually."""


class MergedConnector:
    """The revisions of several sources.

    Args:
        sources: open connectors; closed together with this one.

    Raises:
        SourceError: they are not of one cluster, or one was restored to an older state and has
            diverged since.
    """

    def __init__(self, sources: Sequence[Connector]) -> None:
        self.sources = tuple(sources)
        self._own_damage: list[Damage] = []
        self._contradictions: set[Revision] = set()
        self._infos = [source.info() for source in sources]
        check_kinship(self.sources, self._infos, self._own_damage)

    @property
    def damage(self) -> list[Damage]:
        """Defects of all sources found so far, and contradictions between them."""
        return [*self._own_damage, *(one for source in self.sources for one in source.damage)]

    def info(self) -> SourceInfo:
        """The revisions that the sources cover together."""
        newest = max(self._infos, key=lambda info: info.current_revision)
        ids = [info.cluster_id for info in self._infos if info.cluster_id is not None]
        return SourceInfo(
            target=", ".join(info.target for info in self._infos),
            kind="merged",
            current_revision=newest.current_revision,
            compact_revision=self._complete_from(),
            etcd_version=newest.etcd_version,
            cluster_id=ids[0] if ids else None,
            size=sum(info.size for info in self._infos),
            details=(MergedSources(tuple(map(_merged_source, self._infos))),),
        )

    def range(
        self, prefix: bytes, at: int | None = None, *, keys_only: bool = False
    ) -> Iterable[Record]:
        """The keys under ``prefix`` that exist at revision ``at``, in byte order.

        Raises:
            CompactedError: no source can determine the state at ``at``.
            FutureRevisionError: ``at`` is newer than all of them.
        """
        revision = self._newest if at is None else at
        for source in self._fitting(revision):
            try:
                return source.range(prefix, revision, keys_only=keys_only)
            except CompactedError:
                # What it has of that time is not the complete state.
                continue
        raise self._out_of_reach(revision)

    def get(self, key: bytes, at: int | None = None) -> Record | Absence:
        """The revision of ``key`` that is current at ``at``, or why there is none."""
        revision = self._newest if at is None else at
        answers = [source.get(key, revision) for source in self._fitting(revision)]
        known_answers = [answer for answer in answers if not isinstance(answer, Compacted)]
        known = next(
            (answer for answer in known_answers if not isinstance(answer, NotRecorded)), None
        )
        if known is not None:
            return known
        if not known_answers:
            if revision > self._newest:
                raise self._out_of_reach(revision)
            return Compacted(key, revision, self._complete_from())
        return self._buried(key, revision)

    def history(
        self, key: bytes, *, since: int | None = None, keys_only: bool = False
    ) -> Iterator[Record]:
        """All revisions of one key that any source has, in revision order."""
        return self._merged(
            [source.history(key, since=since, keys_only=keys_only) for source in self.sources]
        )

    def records(
        self, prefix: bytes = b"", *, since: int | None = None, keys_only: bool = False
    ) -> Iterator[Record]:
        """All revisions under ``prefix`` that any source has, in revision order."""
        return self._merged(
            [source.records(prefix, since=since, keys_only=keys_only) for source in self.sources]
        )

    def attempts(self, key: bytes | None = None) -> Iterator[Record]:
        """Writes that were refused or never committed, of every source that has a log."""
        for source in self.sources:
            if isinstance(source, Attempting):
                yield from source.attempts(key)

    def suspects(self, prefix: bytes = b"") -> Iterator[Record]:
        """The revisions of trust E under ``prefix`` of every source that has some."""
        doubting = (capable(source, Doubting) for source in self.sources)
        found = (source.suspects(prefix) for source in doubting if source is not None)
        yield from heapq.merge(*found, key=lambda record: record.revision)

    def left_out(self, key: bytes) -> int:
        """How many revisions of a key were found (trust E) but are not trusted enough to show."""
        doubting = (capable(source, Doubting) for source in self.sources)
        return sum(source.left_out(key) for source in doubting if source is not None)

    def close(self) -> None:
        """Close all sources; may be called twice."""
        for source in self.sources:
            source.close()

    @property
    def _newest(self) -> int:
        return max(info.current_revision for info in self._infos)

    def _fitting(self, revision: int) -> Iterator[Connector]:
        """The sources that reach as far as ``revision``, those most authoritative for it first."""
        pairs = zip(self._infos, self.sources, strict=True)
        reaching = [pair for pair in pairs if pair[0].current_revision >= revision]
        reaching.sort(key=lambda pair: pair[0].compact_revision > revision)
        yield from (source for _, source in reaching)

    def _complete_from(self) -> int:
        """The compact revision of all sources together, as far as they overlap."""
        infos = sorted(self._infos, key=lambda info: -info.current_revision)
        complete = infos[0].compact_revision
        for info in infos[1:]:
            if info.current_revision >= complete:
                complete = min(complete, info.compact_revision)
        return complete

    def _buried(self, key: bytes, revision: int) -> Absence:
        """A key that does not exist at ``revision``: its deletion, if a source still has it."""
        last: list[Record] = []
        for record in self.history(key):
            if record.mod_revision > revision:
                break
            last = [*last[-1:], record]
        return as_absence(key, last)

    def _out_of_reach(self, revision: int) -> CompactedError | FutureRevisionError:
        if revision > self._newest:
            return FutureRevisionError(
                f"revision {revision} is newer than all sources",
                next_step=f"their newest is {self._newest}",
                revision=revision,
            )
        return CompactedError(
            f"no source can tell the state at revision {revision}",
            next_step=f"oldest complete revision: {self._complete_from()}",
            revision=revision,
        )

    def _merged(self, histories: Sequence[Iterable[Record]]) -> Iterator[Record]:
        merged = heapq.merge(*histories, key=lambda record: record.revision)
        for _, transaction in groupby(merged, key=lambda record: record.mod_revision):
            for copies in _copies(transaction):
                ranked = sorted(copies, key=lambda record: RANK[record.provenance.trust])
                best = _best(ranked)
                self._compare(best, ranked)
                yield best

    def _compare(self, best: Record, copies: list[Record]) -> None:
        for other in copies:
            if is_same(best, other) or best.revision in self._contradictions:
                continue
            self._contradictions.add(best.revision)
            if len(self._contradictions) <= MAX_REPORTS:
                self._own_damage.append(contradiction(best, other))


def _merged_source(info: SourceInfo) -> MergedSource:
    return MergedSource(info.target, info.kind, info.compact_revision, info.current_revision)


class RecordConflict(NamedTuple):
    """A revision that differs between members."""

    revision: Revision
    records: tuple[Record | None, ...]
    """The record of each source; None if it lacks a revision that it must have."""


def disagreements(sources: Sequence[Connector]) -> Iterator[RecordConflict]:
    """The revisions in which members of one cluster differ, ascending.

    Compared are only the revisions that all of them must have: above the highest compact revision,
    up to the lowest current one.
    """
    infos = [source.info() for source in sources]
    first = max(info.compact_revision for info in infos) + 1
    last = min(info.current_revision for info in infos)
    histories = (_numbered(source, number, first) for number, source in enumerate(sources))
    merged = heapq.merge(*histories, key=lambda entry: entry[:2])
    for revision, entries in groupby(merged, key=lambda entry: entry[0]):
        if revision.main > last:
            return
        records: list[Record | None] = [None] * len(sources)
        for _, number, record in entries:
            records[number] = record
        present = [record for record in records if record is not None]
        if len(present) < len(sources) or not all(is_same(present[0], r) for r in present):
            yield RecordConflict(revision, tuple(records))


def _copies(transaction: Iterable[Record]) -> list[list[Record]]:
    """The records of one main revision, grouped by the change that they describe.

    A live etcd does not return the sub revisions of a transaction: there the key is used.
    """
    records = list(transaction)
    exact = [record for record in records if not _is_live(record)]
    groups = [list(group) for _, group in groupby(exact, key=lambda record: record.revision)]
    for record in filter(_is_live, records):
        fitting = (
            group
            for group in groups
            if group[0].key == record.key
            and all(other.provenance != record.provenance for other in group)
        )
        group = next(fitting, None)
        if group is None:
            groups.append([record])
        else:
            group.append(record)
    return sorted(groups, key=lambda group: group[0].revision)


def _is_live(record: Record) -> bool:
    return record.provenance.origin is Origin.LIVE


def _best(ranked: list[Record]) -> Record:
    """Of the most trusted copies, the one that most of them equal, and that has the most fields."""
    rank = RANK[ranked[0].provenance.trust]
    equals = [record for record in ranked if RANK[record.provenance.trust] == rank]
    return max(
        equals,
        key=lambda one: (sum(is_same(one, other) for other in equals), not _is_live(one)),
    )


def _numbered(source: Connector, number: int, since: int) -> Iterator[tuple[Revision, int, Record]]:
    for record in source.records(since=since):
        yield record.revision, number, record


def is_same(one: Record, other: Record) -> bool:
    """Whether two sources have the same version of a revision, as far as both know it."""
    numbers = ((one.create_revision, other.create_revision), (one.version, other.version))
    both_loaded = len(one.value) == one.value_size and len(other.value) == other.value_size
    both_sized = min(one.value_size, other.value_size) >= 0
    return (
        (one.key, one.tombstone, one.lease) == (other.key, other.tombstone, other.lease)
        and (not both_sized or one.value_size == other.value_size)
        and (not both_loaded or one.value == other.value)
        # 0 means unknown.
        and all(mine == its or 0 in (mine, its) for mine, its in numbers)
    )
