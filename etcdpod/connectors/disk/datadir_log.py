"""Replays the log of a data directory against its database, and finds where the two disagree."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from etcdpod.connectors.base import endless
from etcdpod.connectors.disk.evidence_places import RANK, LogPlace
from etcdpod.connectors.disk.overlay import has_losses
from etcdpod.damage import Damage, DamageCode
from etcdpod.etcd.mvcc.revision import combined
from etcdpod.etcd.replay.attempts import keep_uncommitted
from etcdpod.etcd.replay.deduce.steps import Surroundings
from etcdpod.etcd.replay.replay import Replay
from etcdpod.etcd.replay.rows import DOUBTFUL
from etcdpod.etcd.wal.columns import NORMAL_ENTRY
from etcdpod.etcd.wal.entries import RaftLog, parse_request
from etcdpod.etcd.wal.messages import InternalRaftRequest
from etcdpod.etcd.wal.reader import WalReader
from etcdpod.records import Revision, Trust

if TYPE_CHECKING:
    from etcdpod.connectors.base import LongWork
    from etcdpod.connectors.disk.datadir_files import DataDirectory
    from etcdpod.etcd.bbolt.gather import Integers
    from etcdpod.etcd.mvcc.index import RevisionIndex
    from etcdpod.etcd.mvcc.store import Store
    from etcdpod.etcd.replay.replay import Replayed

MAX_REPORTS = 10
"""The number of disagreements of one kind that are reported individually."""


@dataclass(slots=True)
class ReplayedLog:
    """A log that has been read and replayed."""

    reader: WalReader
    log: RaftLog
    replayed: Replayed
    place: LogPlace
    overruled: Integers
    """Revisions (``places.combined``) of the database that the log proves wrong."""

    def is_deduced(self, row: int) -> bool:
        """Whether a row is of a part of the log whose beginning is not known."""
        deduced = (one.first_row for one in self.replayed.stretches if not one.is_pristine)
        return row >= min(deduced, default=len(self.replayed.rows))

    def whole_from(self, compacted: int) -> int:
        """The main revision from which the log has every change up to ``compacted``."""
        columns = self.place.columns()
        mains = np.unique(columns.main[columns.rank == RANK[Trust.LOGGED]])
        mains = np.setdiff1d(mains[mains <= compacted], [*self.replayed.partial])
        # Neighbours that count down by one from the compact revision.
        joined = mains == compacted - np.arange(len(mains))[::-1]
        first_joined = len(mains) - int(np.argmin(joined[::-1])) if not joined.all() else 0
        return int(mains[first_joined]) if first_joined < len(mains) else compacted + 1


def replay_log(
    source: str,
    files: DataDirectory,
    store: Store,
    damage: list[Damage],
    long_work: LongWork = endless,
) -> ReplayedLog:
    """Read and replay the log of a data directory, and compare it with the database.

    Args:
        source: the directory as the user named it.
        files: the files of the directory.
        store: its database.
        damage: the list to which defects and disagreements are appended.
        long_work: reports the progress of the work, and may stop it early.
    """
    reader = WalReader(files.segments, damage)
    backend = store.backend
    applied, is_whole = backend.consistent_index or 0, not has_losses(store)
    with long_work("reading the log") as progress:
        log = RaftLog(reader, damage, applied=applied, voters=backend.voters, progress=progress)
    with long_work("replaying the log") as progress:
        replayed = Replay(
            log, store.index, damage,
            is_whole=is_whole, surroundings=_surroundings(store), progress=progress,
        ).run()  # fmt: skip
    if replayed.is_cut:
        reached = Revision(replayed.revision)
        damage.append(Damage(DamageCode.LOG_INTERRUPTED, source, revision=reached))
    _keep_broken(log, replayed, files)
    place = LogPlace(source, replayed.rows, reader.segments, store.index)
    result = ReplayedLog(reader, log, replayed, place, _overruled(replayed, place, store.index))
    _report(source, result, store.index, damage)
    return result


def _surroundings(store: Store) -> Surroundings:
    """What the small buckets say of a server that is not to be read from its keys."""
    backend = store.backend
    lease, alarm = (
        [name for name, _ in store.tree.entries(backend.buckets[bucket])]
        if bucket in backend.buckets
        else []
        for bucket in (b"lease", b"alarm")
    )
    leases = frozenset(int.from_bytes(name, "big", signed=True) for name in lease)
    return Surroundings(leases, backend.auth_enabled or len(alarm) > 0)


def _overruled(replayed: Replayed, place: LogPlace, index: RevisionIndex) -> Integers:
    """Revisions that differ between database and log, or that never existed."""
    rows, chosen = replayed.rows, place.contradicting()
    # Only a log that is whole from the beginning of its cluster outranks the tree.
    deduced = [one.first_row for one in replayed.stretches if not one.is_pristine]
    chosen = chosen[chosen < min(deduced, default=len(rows))]
    differing = combined(np.array(rows.main)[chosen], np.array(rows.sub)[chosen])
    invented = np.array(
        [
            row
            for stretch in replayed.stretches
            if stretch.is_pristine
            for row in stretch.agreement.unlogged
        ],
        np.int64,
    )
    known = combined(index.rows.main[invented], index.rows.sub[invented])
    return np.concatenate([differing, known])


def _keep_broken(log: RaftLog, replayed: Replayed, files: DataDirectory) -> None:
    """Keep the writes that only copies of broken segments have: a torn tail, never applied."""
    unheard: list[Damage] = []
    for path in files.broken_segments:
        copy = RaftLog(WalReader([path], unheard), unheard)
        number = len(log.reader.segments)
        log.reader.segments.extend(copy.reader.segments)
        for places in (copy.places, copy.replaced):
            for entry in copy.entries(places=places):
                request = parse_request(entry.data) if entry.type == NORMAL_ENTRY else None
                known = bisect_left(log.places.index, entry.raft_index) < len(log.places)
                if isinstance(request, InternalRaftRequest) and not known:
                    keep_uncommitted(replayed.rows, entry._replace(segment=number), request)


def _report(source: str, result: ReplayedLog, index: RevisionIndex, damage: list[Damage]) -> None:
    rows, known = result.replayed.rows, index.rows
    for stretch in result.replayed.stretches:
        both = (*stretch.agreement.different_value, *stretch.agreement.different_key)
        unlogged = stretch.agreement.unlogged if stretch.is_pristine else []
        _each(
            damage,
            [
                Damage(
                    DamageCode.LOG_AND_DATABASE_DIFFER,
                    source,
                    offset=rows.frame[row],
                    key=rows.keys[rows.key[row]],
                    file=result.place.record(row, keys_only=True).provenance.file,
                    database_page=int(known.page[other]),
                    revision=Revision(rows.main[row]),
                )
                for row, other in both
                # A doubtful number is no evidence against the database.
                if row < len(rows) and not rows.flags[row] & DOUBTFUL
            ],
        )
        _each(
            damage,
            [
                Damage(
                    DamageCode.NOT_IN_LOG,
                    source,
                    key=index.key(row),
                    database_page=int(known.page[row]),
                    revision=Revision(int(known.main[row])),
                )
                for row in unlogged
            ],
        )
    _report_missing(source, result, index, damage)


def _report_missing(
    source: str, result: ReplayedLog, index: RevisionIndex, damage: list[Damage]
) -> None:
    """Revisions that the database must have according to its own revision, but lacks."""
    columns = result.place.columns()
    expected = (columns.rank == RANK[Trust.LOGGED]) & (columns.main > index.compact_revision)
    expected &= np.array(result.replayed.rows.raft_index)[columns.row] <= result.log.applied
    known = combined(index.rows.main, index.rows.sub)
    lost = expected & ~np.isin(combined(columns.main, columns.sub), known)
    rows = result.replayed.rows
    _each(
        damage,
        [
            Damage(
                DamageCode.NOT_IN_DATABASE,
                source,
                offset=rows.frame[row],
                key=rows.keys[rows.key[row]],
                revision=Revision(rows.main[row]),
            )
            for row in columns.row[lost].tolist()
        ],
    )


def _each(damage: list[Damage], found: list[Damage]) -> None:
    damage.extend(found[:MAX_REPORTS])
    if len(found) > MAX_REPORTS:
        further = len(found) - MAX_REPORTS
        damage.append(replace(found[MAX_REPORTS], key=None, further=further))
