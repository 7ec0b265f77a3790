"""What a data directory says of itself, for ``info``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from etcdpod.connectors.base import DATABASE_COMPACTED
from etcdpod.connectors.disk.snapshot_info import describe as describe_whole
from etcdpod.etcd.replay.rows import CONTRADICTED, DOUBTFUL, PRIOR, REFUSED, UNCOMMITTED
from etcdpod.records import SourceInfo

if TYPE_CHECKING:
    from etcdpod.connectors.disk.datadir_files import DataDirectory
    from etcdpod.connectors.disk.datadir_log import ReplayedLog
    from etcdpod.connectors.disk.overlay import Span
    from etcdpod.etcd.bbolt.gather import Mask
    from etcdpod.etcd.mvcc.store import Store


def describe_database(store: Store) -> SourceInfo:
    """The facts of a database, also of one without a meta page that could be read."""
    file = store.file
    if file.meta in file.metas:
        return describe_whole(store)
    return SourceInfo(
        file.path, "db", store.index.current_revision, store.index.compact_revision, size=file.size
    )


def describe(
    target: str, files: DataDirectory, store: Store, log: ReplayedLog | None, span: Span
) -> SourceInfo:
    """The facts of a data directory."""
    database = describe_database(store)
    details = dict(database.details)
    details[DATABASE_COMPACTED] = span.compacted
    if log is not None:
        details.update(_log_details(log))
    size = database.size + (0 if log is None else log.reader.size)
    return replace(
        database,
        target=target,
        kind="data directory",
        current_revision=span.current,
        compact_revision=span.complete_from,
        cluster_id=None if log is None else log.log.cluster_id,
        size=size,
        details=details
        | {
            "other databases": [path.name for path in files.other_databases],
            "raft snapshots": [path.name for path in files.raft_snapshots],
        },
    )


def _log_details(log: ReplayedLog) -> dict[str, Any]:
    raft, rows = log.log, log.replayed.rows
    flags = np.frombuffer(bytes(rows.flags), np.uint8)
    return {
        "member": None if raft.node_id is None else f"{raft.node_id:x}",
        "wal segments": [segment.path.name for segment in log.reader.segments],
        "first raft index": raft.first_index,
        "last raft index": raft.last_index,
        "committed raft index": min(raft.committed, raft.last_index),
        "entries that were replaced": len(raft.replaced),
        "log read to its end": not log.replayed.is_cut,
        "revisions from the log": _count(flags & (PRIOR | REFUSED) == 0),
        "revisions of doubtful number": _count(flags & DOUBTFUL != 0),
        "revisions that the database contradicts": _count(flags & CONTRADICTED != 0),
        "refused writes": _count(flags & REFUSED != 0),
        "uncommitted writes": _count(flags & UNCOMMITTED != 0),
    }


def _count(flagged: Mask) -> int:
    return int(np.count_nonzero(flagged))
