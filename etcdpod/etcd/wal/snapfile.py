"""The ``.snap`` files of a data directory: evidence that a raft snapshot existed.

Up to etcd 3.7 they hold the old v2 store as JSON, which lists the members but no key of the v3
store; only raft's own metadata of the snapshot is read here.

References:
    https://github.com/etcd-io/etcd/blob/main/server/etcdserver/api/snap/snapshotter.go
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import google_crc32c

from etcdpod.damage import Fault, FaultCode
from etcdpod.etcd.schema import message_class
from etcdpod.etcd.wal.messages import DecodeError

if TYPE_CHECKING:
    from pathlib import Path

MAX_SIZE = 256 << 20
"""The maximum number of bytes read from a ``.snap`` file."""

_SnapFile: Any = message_class("snappb.snapshot")
_Snapshot: Any = message_class("raftpb.Snapshot")


class RaftSnapshot(NamedTuple):
    """The contents of a ``.snap`` file."""

    raft_index: int
    term: int
    voters: tuple[int, ...]


def read_snap(path: Path) -> RaftSnapshot | Fault:
    """The contents of the ``.snap`` file at ``path``, or why it cannot be trusted.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        content = stream.read(MAX_SIZE + 1)
    if len(content) > MAX_SIZE:
        return Fault(FaultCode.SNAPSHOT_TOO_LARGE)
    try:
        wrapped = _SnapFile.FromString(content)
        if not wrapped.data or wrapped.crc == 0:
            return Fault(FaultCode.SNAPSHOT_EMPTY)
        if google_crc32c.extend(0, wrapped.data) != wrapped.crc:
            return Fault(FaultCode.SNAPSHOT_CHECKSUM)
        metadata = _Snapshot.FromString(wrapped.data).metadata
    except DecodeError:
        return Fault(FaultCode.NOT_A_SNAPSHOT)
    return RaftSnapshot(metadata.index, metadata.term, tuple(metadata.conf_state.voters))
