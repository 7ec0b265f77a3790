"""What a backend file says of itself, for ``info``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.etcd.bbolt.layout import FIRST_DATA_PAGE
from etcdpod.records import SourceInfo

if TYPE_CHECKING:
    from etcdpod.etcd.bbolt.file import BboltFile
    from etcdpod.etcd.mvcc.store import Store


def describe(store: Store) -> SourceInfo:
    """The facts of a backend file; every bucket is walked, no value of bucket ``key`` is read."""
    file, index = store.file, store.index
    return SourceInfo(
        target=file.path,
        kind="snapshot" if file.has_trailer else "db",
        current_revision=index.current_revision,
        compact_revision=index.compact_revision,
        etcd_version=store.backend.etcd_version,
        # The cluster id is the hash of the initial members: it lies in the WAL alone.
        cluster_id=None,
        size=file.size,
        details=_details(store),
    )


def _details(store: Store) -> dict[str, Any]:
    file, backend, index = store.file, store.backend, store.index
    entries = {
        name.decode("utf-8", "backslashreplace"): int(store.tree.leaf_pages(bucket).elements.sum())
        for name, bucket in backend.buckets.items()
    }
    used = int(store.tree.reachable().sum()) + _freelist_pages(store)
    free = max(file.meta.high_water_mark - FIRST_DATA_PAGE - used, 0)
    previous = file.previous
    return {
        "trailer": _trailer(file),
        "page size": file.page_size,
        "transaction": file.meta.txid,
        "meta page": file.metas.index(file.meta),
        "older transaction": None if previous is None else previous.txid,
        "database size": file.meta.high_water_mark * file.page_size,
        "free pages": free,
        "freelist stored": file.freelist_stored,
        "storage version": backend.storage_version or None,
        "cluster version": backend.cluster_version or None,
        "consistent index": backend.consistent_index,
        "raft term": backend.term,
        "scheduled compaction": backend.scheduled_compaction or None,
        "finished compaction": backend.finished_compaction or None,
        "auth enabled": backend.auth_enabled,
        "members": [_member(member) for member in backend.members],
        "voters": [f"{voter:x}" for voter in backend.voters],
        "leases": entries.get("lease", 0),
        "revisions": len(index),
        "tombstones": int(index.rows.tombstone.sum()),
        "buckets": entries,
    }


def _trailer(file: BboltFile) -> str:
    if not file.has_trailer:
        return "none"
    if file.trailer_matches is None:
        return "sha256, not checked"
    return "sha256, right" if file.trailer_matches else "sha256, wrong"


def _freelist_pages(store: Store) -> int:
    header = store.file.page_header(store.file.meta.freelist)
    return 0 if header is None else header.overflow + 1


def _member(member: dict[str, Any]) -> dict[str, Any]:
    number = member.get("id")
    return {
        "id": f"{number:x}" if isinstance(number, int) else None,
        "name": member.get("name", ""),
        "peer URLs": member.get("peerURLs") or [],
        "client URLs": member.get("clientURLs") or [],
        "learner": member.get("isLearner", False) is True,
    }
