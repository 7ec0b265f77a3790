"""The hashes that etcd and its tools show of a backend, computed from a file.

All are CRC-32C over bytes as they are stored. ``HashKV`` covers the revisions that a server keeps
at a revision, and is equal on all members; the snapshot hash covers every bucket of the file.

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
"""Instead of a compact revision, as etcd answers it."""
VOLATILE_META_KEYS = frozenset({b"consistent_index", b"term", b"storageVersion"})
"""What Maintenance.Hash leaves out of bucket ``meta``: it differs between equal members."""

_extend = google_crc32c.extend


class StoredRevision(NamedTuple):
    """One entry of bucket ``key``."""

    name: bytes
    """The bucket key: the revision, with its mark if it is a deletion."""
    main: int
    sub: int
    tombstone: bool
    content: bytes
    """The stored KeyValue."""


class HashKV(NamedTuple):
    """What ``etcdctl endpoint hashkv`` shows. Only equal pairs of revisions are comparable."""

    hash: int
    revision: int
    compact_revision: int
    """NEVER_COMPACTED where there was no compaction."""


def hash_kv(store: Store, revision: int = 0) -> HashKV:
    """HashKV of a store at ``revision``, 0 for the newest.

    Raises:
        CompactedError: ``revision`` lies below the compact revision.
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
    """HashKV over revisions from anywhere.

    Args:
        entries: in the order of the bucket.
        revision: the newest main revision that counts.
        compact_revision: up to here only what is in ``keep`` counts.
        keep: the (main, sub) that a compaction at ``revision`` would keep.
    """
    value: int = _extend(0, KEY_BUCKET)
    for entry in entries:
        if entry.main > revision:
            continue
        if entry.main <= compact_revision:
            is_kept = not keep or (entry.main, entry.sub) in keep
            # A deletion at the compact revision itself is on its way out: it never counts.
            if not is_kept or (entry.main == compact_revision and entry.tombstone):
                continue
        value = _extend(_extend(value, entry.name), entry.content)
    return value


def revisions(store: Store) -> Iterator[StoredRevision]:
    """The entries of bucket ``key``, ascending, with their bytes as they are stored."""
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
    return set(zip(*columns, strict=True))


def snapshot_hash(store: Store) -> int:
    """The hash of ``etcdutl snapshot status``: every bucket, every entry, nothing left out."""
    return _hash_buckets(store, frozenset())


def backend_hash(store: Store) -> int:
    """The hash of Maintenance.Hash: the same without what differs between equal members."""
    return _hash_buckets(store, VOLATILE_META_KEYS)


def _hash_buckets(store: Store, left_out: frozenset[bytes]) -> int:
    value: int = 0
    for name, bucket in store.backend.buckets.items():
        value = _extend(value, name)
        for key, content in store.tree.entries(bucket):
            if not (name == b"meta" and key in left_out):
                value = _extend(_extend(value, key), content)
    return value
