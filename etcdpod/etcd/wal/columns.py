"""Locations of a log's entries, as columns of 50 bytes per entry; and batch reads of their data."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from etcdpod.etcd.bbolt.gather import Gather
from etcdpod.etcd.mvcc.varint import read_tagged
from etcdpod.etcd.wal.layout import RecordType

if TYPE_CHECKING:
    from etcdpod.etcd.bbolt.gather import Integers, Mask
    from etcdpod.etcd.wal.reader import Frame
    from etcdpod.etcd.wal.scan import SoundRun

NORMAL_ENTRY = 0
"""raftpb.EntryType of a request; the other types change the cluster's membership."""
UNKNOWN_TYPE = 255
"""In place of an entry type that raft does not define."""
BLOCK_SIZE, BLOCK_ENTRIES = 4 << 20, 1 << 14
"""The number of bytes of a segment that are read at once."""
_TYPE, _TERM, _INDEX, _DATA = 0x08, 0x10, 0x18, 0x22
"""Tag bytes of raftpb.Entry: field number times eight, plus wire type."""


class LoggedEntry(NamedTuple):
    """A raft entry and its location."""

    raft_index: int
    term: int
    type: int
    """raftpb.EntryType; 0 for a request."""
    data: bytes
    """Empty for the no-op entry with which a leader starts its term."""
    segment: int
    offset: int
    """Byte offset of its frame in the segment file."""
    data_offset: int
    """Byte offset of ``data`` in the segment file."""
    verified: bool


class EntryBlock(NamedTuple):
    """The data of consecutive entries of a segment."""

    window: bytes
    start: int
    """Byte offset of the window in its segment."""
    position: int
    """Position of the first entry among the places."""
    data: list[int]
    """Where in the window the data of each entry starts; only entries that were read in full."""
    size: list[int]
    places: RecordPlaces

    def entry(self, row: int) -> LoggedEntry:
        """The entry at a row of the block."""
        places, position, start = self.places, self.position + row, self.data[row]
        return LoggedEntry(
            places.index[position],
            places.term[position],
            places.type[position],
            self.window[start : start + self.size[row]],
            places.segment[position],
            places.offset[position],
            places.data_offset[position],
            bool(places.verified[position]),
        )


@dataclass(slots=True)
class RecordPlaces:
    """Locations of entries, in the order read."""

    index: array[int] = field(default_factory=lambda: array("Q"))
    term: array[int] = field(default_factory=lambda: array("Q"))
    type: bytearray = field(default_factory=bytearray)
    segment: array[int] = field(default_factory=lambda: array("L"))
    offset: array[int] = field(default_factory=lambda: array("Q"))
    data_offset: array[int] = field(default_factory=lambda: array("Q"))
    data_size: array[int] = field(default_factory=lambda: array("L"))
    verified: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.index)

    def append(self, entry: Any, frame: Frame) -> None:
        """Add the entry held by ``frame``."""
        data = entry.Data
        # Data is the last field in etcd's encoding.
        behind = 0 if frame.data.endswith(data) else len(frame.data) - _end_of(data, frame.data)
        self.index.append(entry.Index)
        self.term.append(entry.Term)
        self.type.append(entry.Type if 0 <= entry.Type < UNKNOWN_TYPE else UNKNOWN_TYPE)
        self.segment.append(frame.segment)
        self.offset.append(frame.offset)
        self.data_offset.append(frame.data_end - behind - len(data))
        self.data_size.append(len(data))
        self.verified.append(frame.verified)

    def append_run(self, run: SoundRun, entries: RunEntries, chosen: slice) -> None:
        """Add entries held by a run of sound records."""
        frame, data_offset = run.start + run.frame[entries.row], run.start + entries.data
        count = len(entries.row[chosen])
        for column, values in (
            (self.index, entries.raft_index[chosen]),
            (self.term, entries.term[chosen]),
            (self.offset, frame[chosen]),
            (self.data_offset, data_offset[chosen]),
            (self.data_size, entries.size[chosen]),
        ):
            column.frombytes(values.astype(f"u{column.itemsize}").tobytes())
        self.type.extend(bytes(count))
        self.segment.extend([run.segment] * count)
        self.verified.extend(b"\1" * count)

    def cut(self, position: int) -> RecordPlaces:
        """Remove all entries from ``position`` on, and return them."""
        tail = RecordPlaces(*(column[position:] for column in self._columns()))
        for column in self._columns():
            del column[position:]
        return tail

    def block(self, position: int, stop: int) -> tuple[int, int]:
        """Which entries from ``position`` on are read at once: where they end, and their bytes.

        At least one; followed by those after it in the same segment, up to a long gap.
        """
        stop = min(stop, position + BLOCK_ENTRIES)
        start, number = self.data_offset[position], self.segment[position]
        offset = np.array(self.data_offset[position:stop]).astype(np.int64)
        end = offset + np.array(self.data_size[position:stop]).astype(np.int64)
        fits = (np.array(self.segment[position:stop]) == number) & (end <= start + BLOCK_SIZE)
        fits[1:] &= offset[1:] >= end[:-1]
        fits[0] = True
        count = len(fits) if fits.all() else int(fits.argmin())
        return position + count, int(end[count - 1]) - start

    def extend(self, other: RecordPlaces) -> None:
        """Add all of ``other``."""
        for mine, its in zip(self._columns(), other._columns(), strict=True):
            mine.extend(its)

    def _columns(self) -> tuple[Any, ...]:
        return (
            self.index, self.term, self.type, self.segment, self.offset, self.data_offset,
            self.data_size, self.verified,
        )  # fmt: skip


class RunEntries(NamedTuple):
    """The entries of a run as columns."""

    row: Integers
    """Row of each entry in the run."""
    plain: Mask
    """A request in etcd's own encoding; for others, the remaining columns are invalid."""
    raft_index: Integers
    term: Integers
    data: Integers
    """Byte offset in the window."""
    size: Integers


def parse_entries(run: SoundRun) -> RunEntries:
    """The entries of a run of sound records."""
    row = np.flatnonzero(run.type == RecordType.ENTRY)
    start, end = run.data[row], (run.data + run.size)[row]
    gather = Gather(run.window, len(run.window))
    kind = read_tagged(gather, start)
    # Since etcd 3.7 the type is omitted for requests.
    typed = kind.tag == _TYPE
    term = read_tagged(gather, np.where(typed, kind.end, start))
    index = read_tagged(gather, term.end)
    data = read_tagged(gather, index.end)
    plain = ~typed | ((kind.value == NORMAL_ENTRY) & (kind.end > 0))
    plain &= (term.tag == _TERM) & (index.tag == _INDEX) & (term.end > 0) & (index.end > 0)
    empty = index.end == end
    size = data.value.view(np.int64)
    plain &= empty | ((data.tag == _DATA) & (data.end > 0) & (size == end - data.end))
    number = index.value.view(np.int64)
    plain &= number > 0
    place = np.where(empty, end, data.end)
    return RunEntries(row, plain, number, term.value.view(np.int64), place, end - place)


def _end_of(part: bytes, whole: bytes) -> int:
    return whole.find(part) + len(part)
