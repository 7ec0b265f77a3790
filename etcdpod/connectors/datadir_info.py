"""What a data directory says of itself, for ``info``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from etcdpod.connectors.snapshot_info import describe as describe_whole
from etcdpod.formats.mvcc.logged import CONTRADICTED, DOUBTFUL, REFUSED, UNCOMMITTED
from etcdpod.records import SourceInfo

if TYPE_CHECKING:
    from etcdpod.connectors.datadir_files import DataDirectory
    from etcdpod.connectors.datadir_log import ReplayedLog
    from etcdpod.connectors.overlay import Span
    from etcdpod.formats.mvcc.store import Store


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
    details["compact revision of the database"] = span.compacted
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
    raft, flags = log.log, log.replayed.rows.flags
    return {
        "member": None if raft.node_id is None else f"{raft.node_id:x}",
        "wal segments": [segment.path.name for segment in log.reader.segments],
        "first raft index": raft.first_index,
        "last raft index": raft.last_index,
        "committed raft index": min(raft.committed, raft.last_index),
        "entries that were replaced": len(raft.replaced),
        "revisions from the log": sum(1 for _ in log.replayed.rows.revisions()),
        "revisions of doubtful number": sum(1 for flag in flags if flag & DOUBTFUL),
        "revisions that the database contradicts": sum(1 for f in flags if f & CONTRADICTED),
        "refused writes": sum(1 for flag in flags if flag & REFUSED),
        "uncommitted writes": sum(1 for flag in flags if flag & UNCOMMITTED),
    }
