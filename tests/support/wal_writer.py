"""Writes write-ahead logs as etcd does, for what no server writes on request: breaks and gaps."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import google_crc32c

from etcdpod.etcd.wal.layout import PAD_FLAG, PAD_SHIFT, RecordType
from etcdpod.etcd.wal.messages import (
    Entry,
    HardState,
    InternalRaftRequest,
    Metadata,
    Record,
    SnapshotMark,
)

if TYPE_CHECKING:
    from pathlib import Path

SEGMENT_SIZE = 1 << 16
NODE, CLUSTER = 0xACE, 0xC1


def frame(record: bytes) -> bytes:
    """Length field, record, padding to a multiple of eight."""
    pad = -len(record) % 8
    field = len(record) | (PAD_FLAG | pad << PAD_SHIFT if pad else 0)
    return struct.pack("<Q", field) + record + bytes(pad)


class LogWriter:
    """One log in a folder; records are appended to the newest segment."""

    def __init__(self, folder: Path, *, first_index: int = 1) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.checksum = 0
        self.index = first_index
        self.term = 2
        self.segments: list[bytearray] = []
        self.names: list[str] = []
        self.offsets: list[tuple[int, int]] = []
        """Segment and byte offset of every frame."""
        self.cut()

    def add(self, record_type: RecordType, data: bytes) -> None:
        """Append one record and extend the checksum."""
        self.checksum = google_crc32c.extend(self.checksum, data)
        self._append(Record(type=int(record_type), crc=self.checksum, data=data))

    def _append(self, record: object) -> None:
        segment = self.segments[-1]
        self.offsets.append((len(self.segments) - 1, len(segment)))
        segment += frame(record.SerializeToString())

    def begin(self, metadata: bytes) -> None:
        """The first records of a segment."""
        self._append(Record(type=int(RecordType.CHECKSUM), crc=self.checksum))
        self.add(RecordType.METADATA, metadata)

    def cut(self) -> None:
        """Begin the next segment."""
        sequence = len(self.segments)
        first = 0 if sequence == 0 and self.index == 1 else self.index
        self.names.append(f"{sequence:016x}-{first:016x}.wal")
        self.segments.append(bytearray())
        self.begin(Metadata(NodeID=NODE, ClusterID=CLUSTER).SerializeToString())
        if sequence == 0 and self.index == 1:
            self.mark(0, 0)

    def mark(self, index: int, term: int, voters: tuple[int, ...] = ()) -> None:
        """A snapshot mark."""
        mark = SnapshotMark(index=index, term=term)
        if voters:
            mark.conf_state.voters.extend(voters)
        self.add(RecordType.SNAPSHOT, mark.SerializeToString())

    def entry(
        self, data: bytes = b"", *, index: int | None = None, term: int | None = None, kind: int = 0
    ) -> int:
        """A raft entry with the next index, or with ``index``."""
        self.index = self.index if index is None else index
        self.term = self.term if term is None else term
        entry = Entry(Type=kind, Term=self.term, Index=self.index, Data=data)
        self.add(RecordType.ENTRY, entry.SerializeToString())
        self.index += 1
        return self.index - 1

    def request(self, **fields: object) -> int:
        """An entry with an InternalRaftRequest."""
        return self.entry(InternalRaftRequest(**fields).SerializeToString())

    def commit(self, index: int | None = None) -> None:
        """A hard state that commits up to ``index``, by default all."""
        commit = self.index - 1 if index is None else index
        state = HardState(term=self.term, vote=NODE, commit=commit)
        self.add(RecordType.STATE, state.SerializeToString())

    def save(self) -> list[Path]:
        """Write the segments, the last one preallocated with zeros; returns their paths."""
        paths = []
        for number, (name, content) in enumerate(zip(self.names, self.segments, strict=True)):
            is_last = number == len(self.segments) - 1
            path = self.folder / name
            path.write_bytes(content.ljust(SEGMENT_SIZE, b"\0") if is_last else content)
            paths.append(path)
        return paths


def put(key: bytes, value: bytes, **more: object) -> dict[str, object]:
    """The field of a request that puts one key."""
    return {"put": {"key": key, "value": value, **more}}


def update(key: bytes, value: bytes, revision: int) -> dict[str, object]:
    """A transaction as an API server writes an object: only if its revision is the known one."""
    return {
        "txn": {
            "compare": [{"target": 2, "key": key, "mod_revision": revision}],
            "success": [{"request_put": {"key": key, "value": value}}],
            "failure": [{"request_range": {"key": key}}],
        }
    }


def delete(key: bytes, revision: int) -> dict[str, object]:
    """A transaction as an API server deletes an object."""
    return {
        "txn": {
            "compare": [{"target": 2, "key": key, "mod_revision": revision}],
            "success": [{"request_delete_range": {"key": key}}],
            "failure": [{"request_range": {"key": key}}],
        }
    }
