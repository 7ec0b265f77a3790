"""The structures of a write-ahead log: names, frames and constants.

A log is a sequence of segment files ``<sequence>-<first raft index>.wal``. A segment is an array
of frames, each at a multiple of 8 bytes: a little-endian ``u64`` length field, a protobuf
``walpb.Record``, and zero bytes up to the next multiple of 8. A zero length field ends a segment.

References:
    https://github.com/etcd-io/etcd/blob/main/server/storage/wal/encoder.go
    https://github.com/etcd-io/etcd/blob/main/server/storage/wal/decoder.go
"""

from __future__ import annotations

import re
import struct
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

FRAME_ALIGNMENT = 8
LENGTH_FIELD = struct.Struct("<Q")
LENGTH_MASK = 0x00FFFFFFFFFFFFFF
PAD_FLAG = 1 << 63
PAD_SHIFT = 56
PAD_MASK = 0x7
SECTOR_SIZE = 512
"""The unit that a disk writes atomically: a torn record lacks at least one such unit."""
MAX_RECORD_SIZE = 128 << 20
"""The maximum size of a record: etcd's default request limit is 1.5 MiB, raised only by flag."""


_SEGMENT_NAME = re.compile(r"([0-9a-f]{16})-([0-9a-f]{16})\.wal(\.broken)?")


class RecordType(IntEnum):
    """What a record holds."""

    METADATA = 1
    ENTRY = 2
    STATE = 3
    CHECKSUM = 4
    """The running checksum at the end of the previous segment, in the crc field; no data."""
    SNAPSHOT = 5


RECORD_TYPES = frozenset(int(record_type) for record_type in RecordType)


class SegmentName(NamedTuple):
    """The fields of a segment file's name; sorts in log order."""

    sequence: int
    first_index: int
    """The first raft index for which the segment was created."""
    is_broken: bool
    """A copy that etcd made before truncating a torn tail of the segment of that name."""


def segment_name(path: Path) -> SegmentName | None:
    """The fields of the name of ``path``; None if it is not a segment file name."""
    match = _SEGMENT_NAME.fullmatch(path.name)
    if match is None:
        return None
    return SegmentName(int(match[1], 16), int(match[2], 16), match[3] is not None)


def frame_size(length_field: int) -> tuple[int, int]:
    """The sizes in bytes of the record and of its padding, as encoded in a length field."""
    pad = (length_field >> PAD_SHIFT) & PAD_MASK if length_field & PAD_FLAG else 0
    return length_field & LENGTH_MASK, pad


def is_torn(record: bytes, offset: int) -> bool:
    """Whether a record that fails its checks was torn by a power loss rather than corrupted.

    Args:
        record: the bytes after the length field, as far as they are in the file.
        offset: their byte offset in the file.

    Returns:
        True if one of the disk sectors that the record covers is entirely zero.
    """
    start = 0
    while start < len(record):
        end = start + SECTOR_SIZE - (offset + start) % SECTOR_SIZE
        piece = record[start:end]
        if not piece.strip(b"\0"):
            return True
        start = end
    return False
