"""One segment file, read forward through a window of bounded size.

A segment is read with ``pread`` and never mapped: a running etcd truncates the last segment when
it closes it, and touching a mapped page past the new end would kill the process.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from etcdpod.damage import Fault, FaultCode
from etcdpod.etcd.wal.layout import (
    FRAME_ALIGNMENT,
    LENGTH_FIELD,
    MAX_RECORD_SIZE,
    frame_size,
    segment_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from etcdpod.etcd.wal.layout import SegmentName

WINDOW_SIZE = 1 << 20
MAX_SOUGHT_RECORD_SIZE = 16 << 20
"""The maximum size of a record accepted where the chain of frames is broken."""
MAX_VARINT_SIZE = 10

_RECORD_START = re.compile(rb"\x08[\x01-\x05]\x10", re.DOTALL)
"""etcd's encoding of the first fields of a record: the type, then the tag of its checksum."""
_START_SIZE = 3
_ZEROS = bytes(WINDOW_SIZE)


class RawFrame(NamedTuple):
    """A frame whose length field fits in the file; its content is not yet checked."""

    offset: int
    """Byte offset of the length field."""
    record: bytes
    end: int
    """Offset of the next frame."""


class SegmentFile:
    """An open segment. Its size is fixed on opening; anything appended later is ignored.

    Args:
        path: the file.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name: SegmentName | None = segment_name(path)
        self._descriptor = os.open(path, os.O_RDONLY)
        self.size = os.fstat(self._descriptor).st_size
        self._window = b""
        self._start = 0

    def read(self, offset: int, size: int) -> bytes:
        """Up to ``size`` bytes at ``offset``; fewer at the end of the file."""
        position = offset - self._start
        if position < 0 or position + size > len(self._window):
            self._fill(offset, size)
            position = 0
        return self._window[position : position + size]

    def pread(self, offset: int, size: int) -> bytes:
        """The same without the window, for random access."""
        return os.pread(self._descriptor, size, offset)

    def _fill(self, offset: int, size: int) -> None:
        self._start = offset
        wanted = min(max(WINDOW_SIZE, size), max(self.size - offset, 0))
        self._window = os.pread(self._descriptor, wanted, offset)

    def whole_frames(self, offset: int) -> Iterator[tuple[int, bytes]]:
        """Offset and record of the frames from ``offset`` on, as long as they are contiguous.

        Equivalent to repeated calls of ``frame``, but several times faster.
        """
        unpack, head = LENGTH_FIELD.unpack_from, LENGTH_FIELD.size
        position, window = 0, b""
        while True:
            if position + head > len(window):
                offset, position = offset + position, 0
                window = os.pread(self._descriptor, WINDOW_SIZE, offset)
                if len(window) < head:
                    return
            (length_field,) = unpack(window, position)
            size, pad = frame_size(length_field)
            end = position + head + size
            if size == 0 or (size + pad) % FRAME_ALIGNMENT or offset + end + pad > self.size:
                return
            if end > len(window):
                if size > MAX_RECORD_SIZE:
                    return
                offset, position = offset + position, 0
                window = os.pread(self._descriptor, max(WINDOW_SIZE, head + size), offset)
                end = head + size
                if end > len(window):
                    return
            yield offset + position, window[position + head : end]
            position = end + pad

    def frame(self, offset: int) -> RawFrame | Fault | None:
        """The frame at ``offset``; None at the end of the log, or a description of the fault."""
        head = self.read(offset, LENGTH_FIELD.size)
        if len(head) < LENGTH_FIELD.size:
            return Fault(FaultCode.LENGTH_TRUNCATED) if head.strip(b"\0") else None
        (length_field,) = LENGTH_FIELD.unpack(head)
        if length_field == 0:
            return None
        size, pad = frame_size(length_field)
        start = offset + LENGTH_FIELD.size
        if size > MAX_RECORD_SIZE:
            return Fault(FaultCode.RECORD_TOO_LARGE, size)
        if start + size + pad > self.size or (size + pad) % FRAME_ALIGNMENT:
            return Fault(FaultCode.RECORD_TRUNCATED, size)
        record = self.read(start, size)
        if len(record) < size:
            return Fault(FaultCode.FILE_SHRANK)
        return RawFrame(offset, record, start + size + pad)

    def rest_of_record(self, offset: int) -> bytes:
        """The bytes in the file of the record whose frame at ``offset`` is damaged; bounded."""
        (length_field,) = LENGTH_FIELD.unpack(self.read(offset, LENGTH_FIELD.size).ljust(8, b"\0"))
        size, _ = frame_size(length_field)
        return self.pread(offset + LENGTH_FIELD.size, min(size, MAX_SOUGHT_RECORD_SIZE))

    def find_frame(self, offset: int) -> int | None:
        """Offset of the next plausible frame at or after ``offset``; None if there is none.

        A frame is plausible if it exactly encloses a record in etcd's own encoding.
        """
        position = offset + -offset % FRAME_ALIGNMENT
        while position < self.size:
            chunk = os.pread(self._descriptor, WINDOW_SIZE, position)
            if len(chunk) <= LENGTH_FIELD.size:
                return None
            if chunk != _ZEROS[: len(chunk)]:
                for match in _RECORD_START.finditer(chunk, LENGTH_FIELD.size):
                    start = position + match.start() - LENGTH_FIELD.size
                    if start % FRAME_ALIGNMENT == 0 and self._is_plausible(start):
                        return start
            # The next window overlaps by the size needed to recognise a frame.
            position += max(len(chunk) - 2 * FRAME_ALIGNMENT, FRAME_ALIGNMENT)
        return None

    def _is_plausible(self, offset: int) -> bool:
        head = os.pread(self._descriptor, LENGTH_FIELD.size + 2 * MAX_VARINT_SIZE, offset)
        (length_field,) = LENGTH_FIELD.unpack_from(head)
        size, pad = frame_size(length_field)
        fits = offset + LENGTH_FIELD.size + size + pad <= self.size
        if not fits or size > MAX_SOUGHT_RECORD_SIZE or (size + pad) % FRAME_ALIGNMENT:
            return False
        return _canonical_size(head[LENGTH_FIELD.size :]) == size

    def close(self) -> None:
        """Close the file; may be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _canonical_size(record: bytes) -> int | None:
    """Size in bytes of a record according to its own fields, if it starts as etcd encodes one."""
    position = _varint_end(record, _START_SIZE)
    if position is None:
        return None
    if position >= len(record) or record[position] != 0x1A:
        return position
    end = _varint_end(record, position + 1)
    if end is None:
        return None
    size = 0
    for shift, byte in enumerate(record[position + 1 : end]):
        size |= (byte & 0x7F) << (7 * shift)
    return end + size


def _varint_end(data: bytes, start: int) -> int | None:
    for position in range(start, min(start + MAX_VARINT_SIZE, len(data))):
        if data[position] < 0x80:
            return position + 1
    return None
