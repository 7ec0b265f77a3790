"""The backend hashes that etcd and its tools report, computed from a file.

All are CRC-32C over the stored bytes. ``HashKV`` covers the revisions that a server retains at a
revision, and is equal on all members; the snapshot hash covers every bucket of the file.

References:
    https://github.com/etcd-io/etcd/blob/main/server/storage/mvcc/hash.go
    https://github.com/etcd-io/etcd/blob/main/etcdutl/snapshot/v3_snapshot.go
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import google_crc32c

from etcdpod.errors import CompactedError, FutureRevisionError
from etcdpod.etcd.mvcc.index import KEY_BUCKET
from etcdpod.etcd.mvcc.revision import parse_revision

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from etcdpod.etcd.mvcc.index import RevisionIndex
    from etcdpod.etcd.mvcc.store import Store

NEVER_COMPACTED = -1
"""The compact revision of a store that was never compacted, as etcd reports it."""
VOLATILE_META_KEYS = frozenset({b"consistent_index", b"term", b"storageVersion"})
"""What Maintenance.Hash omits from bucket ``meta`` because it differs between equal members."""

_extend = google_crc32c.extend


class StoredRevision(NamedTuple):
    """One entry of bucket ``key``."""

    name: bytes
    """The bucket key: the revision, plus a mark if it is a deletion."""
    main: int
    sub: int
    tombstone: bool
    content: bytes
    """The stored KeyValue."""


class HashKV(NamedTuple):
    """The result of ``etcdctl endpoint hashkv``. Comparable only if both revisions are equal."""

    hash: int
    revision: int
    compact_revision: int
    """NEVER_COMPACTED if the store was never compacted."""


def hash_kv(store: Store, revision: int = 0) -> HashKV:
    """HashKV of a store at ``revision``; 0 means the newest revision.

    Raises:
        CompactedError: ``revision`` is below the compact revision.
        FutureRevisionError: ``revision`` is newer than the store.
    """
    index = store.index
    path = store.file.path
    wanted = index.current_revision if revision == 0 else revision
    if wanted > index.current_revision:
        what = f"revision {wanted} is newer than this source"
        raise FutureRevisionError(what, path=path, revision=wanted)
    if wanted < index.compact_revision:
        what = f"revision {wanted} was compacted away"
        raise CompactedError(what, path=path, revision=wanted)
    was_compacted = index.compact_revision > 0
    compacted = index.compact_revision if was_compacted else NEVER_COMPACTED
    value = hash_revisions(revisions(store), wanted, compacted, _kept(index, wanted))
    return HashKV(value, wanted, compacted)


def hash_revisions(
    entries: Iterable[StoredRevision],
    revision: int,
    compact_revision: int,
    keep: Collection[tuple[int, int]],
) -> int:
    """HashKV over entries from any source.

    Args:
        entries: in bucket order.
        revision: the newest main revision to include.
        compact_revision: up to this revision, only entries in ``keep`` are included.
        keep: the (main, sub) pairs that a compaction at ``revision`` would retain.
    """
    value: int = _extend(0, KEY_BUCKET)
    for entry in entries:
        if entry.main > revision:
            continue
        if entry.main <= compact_revision:
            is_kept = not keep or (entry.main, entry.sub) in keep
            # A deletion at the compact revision itself is about to be removed: never included.
            if not is_kept or (entry.main == compact_revision and entry.tombstone):
                continue
        value = _extend(_extend(value, entry.name), entry.content)
    return value


def revisions(store: Store) -> Iterator[StoredRevision]:
    """The entries of bucket ``key`` in ascending order, as stored."""
    bucket = store.backend.buckets.get(KEY_BUCKET)
    for name, content in store.tree.entries(bucket) if bucket is not None else ():
        parsed = parse_revision(name)
        if parsed is not None:
            (main, sub), tombstone = parsed
            yield StoredRevision(name, main, sub, tombstone, content)


def _kept(index: RevisionIndex, revision: int) -> set[tuple[int, int]]:
    """The revision of each key that exists at ``revision``."""
    rows = index.alive(b"", revision)
    columns = index.rows.main[rows].tolist(), index.rows.sub[rows].tolist()
    kept = set(zip(*columns, strict=True))
    # To etcd, records without content are revisions of one more key, whose name is empty.
    kept.update([mark for mark in index.empty if mark[0] <= revision][-1:])
    return kept


def snapshot_hash(store: Store) -> int:
    """The hash shown by ``etcdutl snapshot status``: every entry of every bucket."""
    return _hash_buckets(store, frozenset())


def backend_hash(store: Store) -> int:
    """The hash returned by Maintenance.Hash: omits what differs between equal members."""
    return _hash_buckets(store, VOLATILE_META_KEYS)


def _hash_buckets(store: Store, left_out: frozenset[bytes]) -> int:
    value: int = 0
    for name, bucket in store.backend.buckets.items():
        value = _extend(value, name)
        for key, content in store.tree.entries(bucket):
            if not (name == b"meta" and key in left_out):
                value = _extend(_extend(value, key), content)
    return value
