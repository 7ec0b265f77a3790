"""The log as raft means it: which entries hold, which were replaced, which are committed.

An entry replaces every one read before it whose index is as high or higher (the uncommitted tail
of an older leader). Only places are kept, 50 bytes an entry; data is read again when wanted.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from etcdpod.formats.bbolt.gather import Gather
from etcdpod.formats.mvcc.varint import read_tagged
from etcdpod.formats.wal.layout import RecordType
from etcdpod.formats.wal.messages import (
    ConfChange,
    ConfChangeV2,
    DecodeError,
    Entry,
    HardState,
    InternalRaftRequest,
    Metadata,
    SnapshotMark,
    V2Request,
)
from etcdpod.formats.wal.reader import Frame, frame_of
from etcdpod.records import Damage, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.formats.bbolt.gather import Integers, Mask
    from etcdpod.formats.wal.reader import WalReader
    from etcdpod.formats.wal.scan import SoundRun

NORMAL_ENTRY = 0
"""raftpb.EntryType of a request; the others change the cluster's members."""
JOINT_CHANGE_ENTRY = 2
UNKNOWN_TYPE = 255
"""Instead of a type that raft does not have."""
ADD_VOTER, REMOVE_MEMBER, ADD_LEARNER = 0, 1, 3
"""raftpb.ConfChangeType."""
_TYPE, _TERM, _INDEX, _DATA = 0x08, 0x10, 0x18, 0x22
"""Tag bytes of raftpb.Entry: field number times eight, plus wire type."""
V2_METHODS = frozenset({"PUT", "POST", "DELETE", "QGET", "SYNC"})


class LoggedEntry(NamedTuple):
    """A raft entry and where it lies."""

    raft_index: int
    term: int
    type: int
    """raftpb.EntryType; 0 for a request."""
    data: bytes
    """Empty for the no-op with which a leader begins its term."""
    segment: int
    offset: int
    """Of its frame in the segment file."""
    data_offset: int
    """Of ``data`` in the segment file."""
    verified: bool


class Mark(NamedTuple):
    """A SNAPSHOT record: at this point a raft snapshot of that index existed."""

    raft_index: int
    term: int


@dataclass(slots=True)
class Places:
    """Where entries lie, in the order in which they were read."""

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
        """Add the entry that ``frame`` holds."""
        data = entry.Data
        # Data is the last field as etcd writes it.
        behind = 0 if frame.data.endswith(data) else len(frame.data) - _end_of(data, frame.data)
        self.index.append(entry.Index)
        self.term.append(entry.Term)
        self.type.append(entry.Type if 0 <= entry.Type < UNKNOWN_TYPE else UNKNOWN_TYPE)
        self.segment.append(frame.segment)
        self.offset.append(frame.offset)
        self.data_offset.append(frame.data_end - behind - len(data))
        self.data_size.append(len(data))
        self.verified.append(frame.verified)

    def append_run(self, run: SoundRun, entries: _Entries, chosen: slice) -> None:
        """Add entries that a run of sound records holds."""
        frame, data_offset = run.start + run.frame[entries.row], run.start + entries.data
        count = len(entries.row[chosen])
        for column, values in (
            (self.index, entries.index[chosen]),
            (self.term, entries.term[chosen]),
            (self.offset, frame[chosen]),
            (self.data_offset, data_offset[chosen]),
            (self.data_size, entries.size[chosen]),
        ):
            column.frombytes(values.astype(f"u{column.itemsize}").tobytes())
        self.type.extend(bytes(count))
        self.segment.extend([run.segment] * count)
        self.verified.extend(b"\1" * count)

    def cut(self, position: int) -> Places:
        """Take away all from ``position`` on, and return it."""
        tail = Places(*(column[position:] for column in self._columns()))
        for column in self._columns():
            del column[position:]
        return tail

    def extend(self, other: Places) -> None:
        """Add all of ``other``."""
        for mine, its in zip(self._columns(), other._columns(), strict=True):
            mine.extend(its)

    def _columns(self) -> tuple[Any, ...]:
        return (
            self.index, self.term, self.type, self.segment, self.offset, self.data_offset,
            self.data_size, self.verified,
        )  # fmt: skip


class _Entries(NamedTuple):
    """The entries of a run as columns."""

    row: Integers
    """Of the run."""
    plain: Mask
    """A request, encoded as etcd does; of others nothing here is right."""
    index: Integers
    term: Integers
    data: Integers
    """Byte offset in the window."""
    size: Integers


def _parse_entries(run: SoundRun) -> _Entries:
    row = np.flatnonzero(run.type == RecordType.ENTRY)
    start, end = run.data[row], (run.data + run.size)[row]
    gather = Gather(run.window, len(run.window))
    kind = read_tagged(gather, start)
    # From etcd 3.7 on the type is left out where it is that of a request.
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
    return _Entries(row, plain, number, term.value.view(np.int64), place, end - place)


def _end_of(part: bytes, whole: bytes) -> int:
    return whole.find(part) + len(part)


class RaftLog:
    """The entries of a log.

    Args:
        reader: the segments; must stay open as long as entries are read.
        damage: where defects are appended.
        applied: the raft index up to which a database is known to have applied the log.
        voters: the voting members of the cluster, as that database knows them.
    """

    def __init__(
        self,
        reader: WalReader,
        damage: list[Damage],
        *,
        applied: int = 0,
        voters: Iterable[int] = (),
    ) -> None:
        self.reader = reader
        self.damage = damage
        self.applied = applied
        self.node_id: int | None = None
        self.cluster_id: int | None = None
        self.commit = 0
        """The highest commit index that the log itself states."""
        self.term = 0
        self.voters = set(voters)
        """Voting members, as far as they are known."""
        self._voters_at = applied
        """Raft index at which ``voters`` held; later changes are followed."""
        self.marks: list[Mark] = []
        self.places = Places()
        self.replaced = Places()
        """Entries that were never committed: replaced by another leader's, or never synced."""
        self._state = b""
        """The newest hard state: a later one never states less."""
        for part in reader.parts():
            if isinstance(part, Frame):
                self._take(part)
            else:
                self._take_run(part)
        if self._state:
            state = HardState.FromString(self._state)
            self.commit, self.term = state.commit, state.term

    @property
    def first_index(self) -> int:
        """Of the oldest entry; 0 without any."""
        return self.places.index[0] if len(self.places) else 0

    @property
    def last_index(self) -> int:
        """Of the newest entry; 0 without any."""
        return self.places.index[-1] if len(self.places) else 0

    @property
    def committed(self) -> int:
        """The highest index known to be committed: the log's own word lags, the database's may.

        Where the member votes alone, what it has written is committed by that.
        """
        if self.node_id is not None and self.voters == {self.node_id}:
            return max(self.last_index, self.applied)
        return max(self.commit, self.applied)

    @property
    def begins_empty(self) -> bool:
        """Whether the first entry found an empty store: a new cluster, not a restored one.

        A restored data directory begins at index 1 too, with a snapshot mark right behind the
        entries that name its members.
        """
        if self.first_index != 1:
            return False
        marks = [mark.raft_index for mark in self.marks if mark.raft_index > 0]
        if not marks:
            return True
        return any(
            entry.type == NORMAL_ENTRY and entry.data
            for entry in self.entries(0, min(min(marks), len(self.places)))
        )

    def runs(self) -> Iterator[tuple[int, int]]:
        """Positions ``(start, stop)`` of the stretches without a gap, oldest first."""
        index = np.array(self.places.index)
        if len(index) == 0:
            return
        bounds = (np.flatnonzero(index[1:] != index[:-1] + 1) + 1).tolist()
        yield from zip([0, *bounds], [*bounds, len(index)], strict=True)

    def entries(
        self, start: int = 0, stop: int | None = None, places: Places | None = None
    ) -> Iterator[LoggedEntry]:
        """The entries at positions ``start`` to ``stop``, read again from their segments."""
        places = self.places if places is None else places
        segments = self.reader.segments
        for position in range(start, len(places) if stop is None else stop):
            number, size = places.segment[position], places.data_size[position]
            data_offset = places.data_offset[position]
            data = segments[number].read(data_offset, size)
            if len(data) < size:
                what = "the file became shorter while it was read"
                self._report(number, places.offset[position], what)
                return
            yield LoggedEntry(
                places.index[position],
                places.term[position],
                places.type[position],
                data,
                number,
                places.offset[position],
                data_offset,
                bool(places.verified[position]),
            )

    def _take_run(self, run: SoundRun) -> None:
        """Sound records: many at once, and one by one those that are not just the next request."""
        entries = _parse_entries(run)
        states = np.flatnonzero(run.type == RecordType.STATE)
        if len(states) > 0:
            self._state = run.content(int(states[-1]))
        follows = entries.index[1:] == entries.index[:-1] + 1
        odd = np.flatnonzero(~entries.plain | ~np.concatenate([[True], follows]))
        bounds = [*odd.tolist(), len(entries.row)]
        position = 0
        while position < len(entries.row):
            is_next = bool(entries.plain[position]) and len(self.places) > 0
            if is_next and self.last_index + 1 == entries.index[position]:
                stop = bounds[bisect_right(bounds, position)]
                self.places.append_run(run, entries, slice(position, stop))
                position = stop
            else:
                self._take(frame_of(run, int(entries.row[position])))
                position += 1

    def _take(self, frame: Frame) -> None:
        try:
            if frame.type == RecordType.ENTRY:
                self._take_entry(frame)
            elif frame.type == RecordType.STATE:
                if frame.verified and frame.synced:
                    self._state = frame.data
            elif frame.verified:
                self._take_other(frame)
        except DecodeError:
            self._report(frame.segment, frame.offset, "a record's content does not parse")

    def _take_other(self, frame: Frame) -> None:
        """A record that describes the log; only sound ones are believed."""
        if frame.type == RecordType.SNAPSHOT:
            mark = SnapshotMark.FromString(frame.data)
            self.marks.append(Mark(mark.index, mark.term))
            if mark.index > self._voters_at and mark.HasField("conf_state"):
                self.voters = {*mark.conf_state.voters, *mark.conf_state.voters_outgoing}
        elif frame.type == RecordType.METADATA:
            metadata = Metadata.FromString(frame.data)
            known = self.cluster_id, self.node_id
            self.cluster_id, self.node_id = metadata.ClusterID, metadata.NodeID
            if known not in ((None, None), (self.cluster_id, self.node_id)):
                self._report(frame.segment, frame.offset, "the segment is of another member's log")

    def _take_entry(self, frame: Frame) -> None:
        entry = Entry.FromString(frame.data)
        index = entry.Index
        known = self.places.index
        follows = not known or index == known[-1] + 1
        is_believed = (follows or frame.verified) and (frame.synced or index <= self.applied)
        if index == 0 or not is_believed:
            self.replaced.append(entry, frame)
            return
        if not follows and index <= self.last_index:
            position = bisect_left(self.places.index, index)
            self.replaced.extend(self.places.cut(position))
        elif not follows and not any(mark.raft_index >= index - 1 for mark in self.marks):
            span = f"{self.last_index + 1} to {index - 1}"
            self._report(frame.segment, frame.offset, f"entries {span} are missing", Severity.LOSS)
        self.places.append(entry, frame)
        if index == 1:
            self.voters, self._voters_at = set(), 0
        if entry.Type != NORMAL_ENTRY and index > self._voters_at:
            self._change_members(entry)

    def _change_members(self, entry: Any) -> None:
        """Follow an entry that adds or removes members. It holds as soon as it is in the log."""
        if entry.Type == JOINT_CHANGE_ENTRY:
            changes = list(ConfChangeV2.FromString(entry.Data).changes)
        else:
            changes = [ConfChange.FromString(entry.Data)]
        for change in changes:
            if change.type == ADD_VOTER:
                self.voters.add(change.node_id)
            elif change.type in (REMOVE_MEMBER, ADD_LEARNER):
                self.voters.discard(change.node_id)

    def _report(
        self, number: int, offset: int, what: str, severity: Severity = Severity.WARNING
    ) -> None:
        where = f"{self.reader.segments[number].path} offset {offset}"
        self.damage.append(Damage(where, what, severity))


def parse_request(data: bytes) -> Any | None:
    """The request of a normal entry; None where it holds none.

    Returns:
        An InternalRaftRequest, or for entries of the v2 API a V2Request.
    """
    if not data:
        return None
    try:
        request = InternalRaftRequest.FromString(data)
    except DecodeError:
        return _parse_v2(data)
    return request


def _parse_v2(data: bytes) -> Any | None:
    try:
        request = V2Request.FromString(data)
    except DecodeError:
        return None
    return request if request.Method in V2_METHODS else None
