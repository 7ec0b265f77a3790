"""The protobuf messages of the log, loaded only when the log is read.

The classes are created at run time, so type checkers do not know their fields.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError

from etcdpod.etcd.schema import message_class

Record: Any = message_class("walpb.Record")
"""One frame's content: type, crc, data."""
SnapshotMark: Any = message_class("walpb.Snapshot")
"""Data of a SNAPSHOT record: the raft snapshot that exists at this point of the log."""
Metadata: Any = message_class("etcdserverpb.Metadata")
"""Data of a METADATA record: node and cluster id."""
Entry: Any = message_class("raftpb.Entry")
ConfChange: Any = message_class("raftpb.ConfChange")
ConfChangeV2: Any = message_class("raftpb.ConfChangeV2")
HardState: Any = message_class("raftpb.HardState")
InternalRaftRequest: Any = message_class("etcdserverpb.InternalRaftRequest")
"""Data of a normal entry."""
V2Request: Any = message_class("etcdserverpb.Request")
"""Data of a normal entry that etcd 3.5 and earlier write for members and cluster version."""

__all__ = [
    "ConfChange",
    "ConfChangeV2",
    "DecodeError",
    "Entry",
    "HardState",
    "InternalRaftRequest",
    "Metadata",
    "Record",
    "SnapshotMark",
    "V2Request",
]
