"""Details of a data directory, for ``info``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from etcdpod.connectors.disk.database_info import describe as describe_whole
from etcdpod.etcd.replay.rows import CONTRADICTED, DOUBTFUL, REFUSED, UNCOMMITTED
from etcdpod.records import SourceInfo
from etcdpod.source_details import DatabaseReach, DirectoryFiles, LogDetails

if TYPE_CHECKING:
    from etcdpod.connectors.disk.datadir_files import DataDirectory
    from etcdpod.connectors.disk.datadir_log import ReplayedLog
    from etcdpod.connectors.disk.overlay import RevisionSpan
    from etcdpod.etcd.bbolt.gather import Mask
    from etcdpod.etcd.mvcc.store import Store


def describe_database(store: Store) -> SourceInfo:
    """The details of a database, even if it has no readable meta page."""
    file = store.file
    if file.meta in file.metas:
        return describe_whole(store)
    return SourceInfo(
        file.path, "db", store.index.current_revision, store.index.compact_revision, size=file.size
    )


def describe(
    target: str, files: DataDirectory, store: Store, log: ReplayedLog | None, span: RevisionSpan
) -> SourceInfo:
    """The details of a data directory."""
    database = describe_database(store)
    reach = DatabaseReach(span.compacted)
    beside = DirectoryFiles(
        other_databases=tuple(path.name for path in files.other_databases),
        raft_snapshots=tuple(path.name for path in files.raft_snapshots),
    )
    logged = () if log is None else (_log_details(log),)
    size = database.size + (0 if log is None else log.reader.size)
    return replace(
        database,
        target=target,
        kind="data directory",
        current_revision=span.current,
        compact_revision=span.complete_from,
        cluster_id=None if log is None else log.log.cluster_id,
        size=size,
        details=(*database.details, reach, *logged, beside),
    )


def _log_details(log: ReplayedLog) -> LogDetails:
    raft, rows = log.log, log.replayed.rows
    flags = np.frombuffer(bytes(rows.flags), np.uint8)
    return LogDetails(
        member=None if raft.node_id is None else f"{raft.node_id:x}",
        wal_segments=tuple(segment.path.name for segment in log.reader.segments),
        first_raft_index=raft.first_index,
        last_raft_index=raft.last_index,
        committed_raft_index=min(raft.committed, raft.last_index),
        replaced_entries=len(raft.replaced),
        log_complete=not log.replayed.is_cut,
        log_revisions=_count(flags & REFUSED == 0),
        doubtful_revisions=_count(flags & DOUBTFUL != 0),
        contradicted_revisions=_count(flags & CONTRADICTED != 0),
        refused_writes=_count(flags & REFUSED != 0),
        uncommitted_writes=_count(flags & UNCOMMITTED != 0),
    )


def _count(flagged: Mask) -> int:
    return int(np.count_nonzero(flagged))
