"""The small buckets of an etcd backend: raft position, versions, compaction, members.

References:
    https://github.com/etcd-io/etcd/blob/main/server/storage/schema/bucket.go
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from etcdpod.damage import Damage, DamageCode
from etcdpod.etcd.mvcc.revision import parse_revision

if TYPE_CHECKING:
    from etcdpod.etcd.bbolt.defects import Defects
    from etcdpod.etcd.bbolt.tree import Bucket, Tree

_COUNTER_SIZE = 8


@dataclass(slots=True)
class Backend:
    """The contents of every bucket except ``key``."""

    buckets: dict[bytes, Bucket] = field(default_factory=dict)
    scheduled_compaction: int = 0
    """Revision of the last scheduled compaction; 0 if never compacted."""
    finished_compaction: int = 0
    """Revision of the last finished compaction; 0 if never compacted."""
    consistent_index: int | None = None
    """Raft index of the last entry applied to the file."""
    term: int | None = None
    """Raft term of that entry; recorded since etcd 3.5."""
    storage_version: str = ""
    """Recorded since etcd 3.6."""
    cluster_version: str = ""
    downgrade_target: str = ""
    """The version to which a downgrade is enabled."""
    conf_state: dict[str, Any] = field(default_factory=dict)
    """raftpb.ConfState; after ``snapshot restore`` it still lists the old cluster's members."""
    auth_enabled: bool = False
    members: list[dict[str, Any]] = field(default_factory=list)

    @property
    def voters(self) -> list[int]:
        """The member ids in the last stored raft configuration."""
        voters = self.conf_state.get("voters")
        return [v for v in voters if isinstance(v, int)] if isinstance(voters, list) else []

    @property
    def etcd_version(self) -> str:
        """The version recorded in the file, or the oldest one that its fields imply."""
        if self.storage_version or self.cluster_version:
            return self.storage_version or self.cluster_version
        return "3.5.0" if self.term else ""


def read_backend(tree: Tree, defects: Defects) -> Backend:
    """Read the small buckets of ``tree``; missing fields keep their defaults."""
    backend = Backend(buckets=tree.buckets())
    meta = _entries(tree, backend, b"meta")
    backend.scheduled_compaction = _compaction(meta, b"scheduledCompactRev", defects)
    backend.finished_compaction = _compaction(meta, b"finishedCompactRev", defects)
    backend.consistent_index = _counter(meta, b"consistent_index", defects)
    backend.term = _counter(meta, b"term", defects)
    backend.storage_version = _text(meta.get(b"storageVersion", b""))
    backend.conf_state = _json(meta.get(b"confState", b"{}"), defects)
    cluster = _entries(tree, backend, b"cluster")
    backend.cluster_version = _text(cluster.get(b"clusterVersion", b""))
    downgrade = _json(cluster.get(b"downgrade", b"{}"), defects)
    if downgrade.get("enabled") is True:
        backend.downgrade_target = str(downgrade.get("target-version", ""))
    backend.auth_enabled = _entries(tree, backend, b"auth").get(b"authEnabled") == b"\x01"
    members = _entries(tree, backend, b"members")
    backend.members = [_json(value, defects) for value in members.values()]
    return backend


def _entries(tree: Tree, backend: Backend, name: bytes) -> dict[bytes, bytes]:
    bucket = backend.buckets.get(name)
    return {} if bucket is None else dict(tree.entries(bucket))


def _compaction(meta: dict[bytes, bytes], name: bytes, defects: Defects) -> int:
    value = meta.get(name)
    if value is None:
        return 0
    parsed = parse_revision(value)
    if parsed is None:
        defects.add(Damage(DamageCode.META_REVISION, defects.path, name=name.decode()))
        return 0
    return parsed[0].main


def _counter(meta: dict[bytes, bytes], name: bytes, defects: Defects) -> int | None:
    value = meta.get(name)
    if value is None:
        return None
    if len(value) != _COUNTER_SIZE:
        code, size = DamageCode.META_COUNTER, len(value)
        defects.add(Damage(code, defects.path, name=name.decode(), count=size))
        return None
    return int.from_bytes(value, "big")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


def _json(value: bytes, defects: Defects) -> dict[str, Any]:
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict):
        return parsed
    defects.add(Damage(DamageCode.META_JSON, defects.path, name=repr(value[:40])))
    return {}
