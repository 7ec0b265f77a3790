"""Reads many records of a segment at once: those in etcd's own encoding whose checksums match.

That is nearly all of a log. The rest is left to the reader, which takes one record at a time and
handles damage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import google_crc32c
import numpy as np

from etcdpod.etcd.bbolt.gather import Gather
from etcdpod.etcd.mvcc.varint import read_tagged
from etcdpod.etcd.wal.layout import (
    LENGTH_FIELD,
    LENGTH_MASK,
    PAD_FLAG,
    PAD_SHIFT,
    RecordType,
)

if TYPE_CHECKING:
    from etcdpod.etcd.bbolt.gather import Integers, Mask, Words
    from etcdpod.etcd.wal.segment import SegmentFile

WINDOW_SIZE = 4 << 20
_TYPICAL_SIZE = 4096
"""The number of bytes read per requested record; most records are smaller."""
_TYPE, _CHECKSUM, _DATA = 0x08, 0x10, 0x1A
"""Tag bytes of walpb.Record: field number times eight, plus wire type."""


class SoundRun(NamedTuple):
    """Consecutive entries and hard states, all proven by the running checksum."""

    segment: int
    """Number of the segment in ``WalReader.segments``."""
    start: int
    """Byte offset of the window in its file."""
    window: bytes
    """The bytes of all the records; the offsets in the columns are relative to its start."""
    frame: Integers
    """Byte offset of each frame."""
    type: Integers
    """RecordType: ENTRY or STATE."""
    data: Integers
    """Byte offset of the data of each record."""
    size: Integers
    """Size in bytes of the data of each record."""
    end: int
    """Byte offset in the file of the end of the last frame."""
    checksum: int
    """State of the running checksum after the last record."""

    def content(self, row: int) -> bytes:
        """The data of one record."""
        start = int(self.data[row])
        return self.window[start : start + int(self.size[row])]


def read_run(
    segment: SegmentFile, number: int, offset: int, checksum: int, limit: int
) -> SoundRun | None:
    """The sound records from ``offset`` on, up to the first record of any other form.

    Args:
        segment: the open segment.
        number: its number in the log.
        offset: byte offset of the first frame.
        checksum: state of the running checksum before it.
        limit: the maximum number of records.

    Returns:
        None if the first record already has another form.
    """
    window = segment.pread(offset, min(WINDOW_SIZE, limit * _TYPICAL_SIZE, segment.size - offset))
    frame = np.array(_frames(window, limit), np.int64)
    if len(frame) == 0:
        return None
    gather = Gather(window, len(window))
    head = gather.words(frame)
    size = (head & np.uint64(LENGTH_MASK)).astype(np.int64)
    good = head == _length_field(size)
    start = gather.words(frame + LENGTH_FIELD.size)
    kind = ((start >> np.uint64(8)) & np.uint64(0xFF)).astype(np.int64)
    good &= (start & np.uint64(0xFF)) == _TYPE
    good &= (kind == RecordType.ENTRY) | (kind == RecordType.STATE)
    stated = read_tagged(gather, frame + LENGTH_FIELD.size + 2)
    data = read_tagged(gather, stated.end)
    end = frame + LENGTH_FIELD.size + size
    good &= (stated.tag == _CHECKSUM) & (stated.end > 0) & (data.tag == _DATA)
    good &= (data.end > 0) & (data.value.view(np.int64) == end - data.end)
    count = _first(~good)
    count = _checked(window, data.end[:count], end[:count], stated.value[:count], checksum)
    if count == 0:
        return None
    behind = int(end[count - 1])
    return SoundRun(
        number, offset, window, frame[:count], kind[:count], data.end[:count],
        (end - data.end)[:count], offset + behind + -behind % LENGTH_FIELD.size,
        int(stated.value[count - 1]),
    )  # fmt: skip


def _frames(window: bytes, limit: int) -> list[int]:
    """Where the frames start that lie entirely in the window, according to their lengths."""
    unpack, head = LENGTH_FIELD.unpack_from, LENGTH_FIELD.size
    found: list[int] = []
    position, last = 0, len(window) - head
    while position <= last and len(found) < limit:
        size = unpack(window, position)[0] & LENGTH_MASK
        # Padded to a multiple of eight, and the window is aligned to eight.
        behind = (position + head + size + 7) & ~7
        if size == 0 or behind > len(window):
            break
        found.append(position)
        position = behind
    return found


def _length_field(size: Integers) -> Integers:
    """The length field that etcd writes for a record of that size."""
    pad = (-size % LENGTH_FIELD.size).astype(np.uint64)
    flag = np.where(pad > 0, np.uint64(PAD_FLAG), np.uint64(0))
    field: Integers = size.astype(np.uint64) | flag | (pad << np.uint64(PAD_SHIFT))
    return field


def _first(mask: Mask) -> int:
    """Index of the first element that is set; the number of elements if none is."""
    return int(mask.argmax()) if mask.any() else len(mask)


def _checked(window: bytes, start: Integers, end: Integers, stated: Words, checksum: int) -> int:
    """The number of leading records whose stored checksum matches."""
    extend = google_crc32c.extend
    spans = zip(start.tolist(), end.tolist(), stated.tolist(), strict=True)
    for row, (first, behind, expected) in enumerate(spans):
        if extend(checksum, window[first:behind]) != expected:
            return row
        checksum = expected
    return len(start)
