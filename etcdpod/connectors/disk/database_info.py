"""Details of a backend file, for ``info``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.etcd.bbolt.layout import FIRST_DATA_PAGE
from etcdpod.records import SourceInfo
from etcdpod.source_details import DatabaseDetails, DatabaseMember, TrailerState

if TYPE_CHECKING:
    from etcdpod.etcd.bbolt.file import BboltFile
    from etcdpod.etcd.mvcc.store import Store


def describe(store: Store) -> SourceInfo:
    """The details of a backend file; walks every bucket, reads no value of bucket ``key``."""
    file, index = store.file, store.index
    return SourceInfo(
        target=file.path,
        kind="snapshot" if file.has_trailer else "db",
        current_revision=index.current_revision,
        compact_revision=index.compact_revision,
        etcd_version=store.backend.etcd_version,
        # The cluster id is derived from the initial members: only the WAL has it.
        cluster_id=None,
        size=file.size,
        details=(_details(store),),
    )


def _details(store: Store) -> DatabaseDetails:
    file, backend, index = store.file, store.backend, store.index
    entries = {
        name.decode("utf-8", "backslashreplace"): int(store.tree.leaf_pages(bucket).elements.sum())
        for name, bucket in backend.buckets.items()
    }
    used = int(store.tree.reachable().sum()) + _freelist_pages(store)
    free = max(file.meta.high_water_mark - FIRST_DATA_PAGE - used, 0)
    previous = file.previous
    return DatabaseDetails(
        trailer=_trailer(file),
        page_size=file.page_size,
        transaction=file.meta.txid,
        meta_page=file.metas.index(file.meta),
        older_transaction=None if previous is None else previous.txid,
        database_size=file.meta.high_water_mark * file.page_size,
        free_pages=free,
        freelist_stored=file.freelist_stored,
        storage_version=backend.storage_version or None,
        cluster_version=backend.cluster_version or None,
        downgrade_target=backend.downgrade_target or None,
        consistent_index=backend.consistent_index,
        raft_term=backend.term,
        scheduled_compaction=backend.scheduled_compaction or None,
        finished_compaction=backend.finished_compaction or None,
        auth_enabled=backend.auth_enabled,
        members=tuple(_member(member) for member in backend.members),
        voters=tuple(f"{voter:x}" for voter in backend.voters),
        leases=entries.get("lease", 0),
        revisions=len(index),
        tombstones=int(index.rows.tombstone.sum()),
        buckets=entries,
    )


def _trailer(file: BboltFile) -> TrailerState:
    if not file.has_trailer:
        return TrailerState.ABSENT
    if file.trailer_matches is None:
        return TrailerState.UNCHECKED
    return TrailerState.RIGHT if file.trailer_matches else TrailerState.WRONG


def _freelist_pages(store: Store) -> int:
    header = store.file.page_header(store.file.meta.freelist)
    return 0 if header is None else header.overflow + 1


def _member(member: dict[str, Any]) -> DatabaseMember:
    number = member.get("id")
    return DatabaseMember(
        id=f"{number:x}" if isinstance(number, int) else None,
        name=member.get("name", ""),
        peer_urls=member.get("peerURLs") or [],
        client_urls=member.get("clientURLs") or [],
        learner=member.get("isLearner", False) is True,
    )
