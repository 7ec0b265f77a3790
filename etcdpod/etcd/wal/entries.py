"""The log as seen by raft: which entries are current, which were replaced, which are committed.

An entry replaces every earlier one with the same or a higher index (the uncommitted tail of an
older leader). Only locations are kept, 50 bytes per entry; data is read again on demand.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from etcdpod.damage import Damage, DamageCode
from etcdpod.etcd.wal.columns import NORMAL_ENTRY, EntryBlock, RecordPlaces, parse_entries
from etcdpod.etcd.wal.layout import RecordType
from etcdpod.etcd.wal.messages import (
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
from etcdpod.etcd.wal.reader import Frame, frame_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from etcdpod.etcd.wal.columns import LoggedEntry
    from etcdpod.etcd.wal.reader import WalReader
    from etcdpod.etcd.wal.scan import SoundRun

JOINT_CHANGE_ENTRY = 2
ADD_VOTER, REMOVE_MEMBER, ADD_LEARNER = 0, 1, 3
"""raftpb.ConfChangeType."""
V2_METHODS = frozenset({"PUT", "POST", "DELETE", "QGET", "SYNC"})


class LogMark(NamedTuple):
    """A SNAPSHOT record: a raft snapshot with that index existed at this point."""

    raft_index: int
    term: int


class RaftLog:
    """The entries of a log.

    Args:
        reader: the segments; must stay open while entries are read.
        damage: the list to which defects are appended.
        applied: the raft index up to which the database has applied the log.
        voters: the voting members of the cluster, according to that database.
        progress: called with bytes read and total bytes; returning True stops reading.
    """

    def __init__(
        self,
        reader: WalReader,
        damage: list[Damage],
        *,
        applied: int = 0,
        voters: Iterable[int] = (),
        progress: Callable[[int, int], bool] = lambda _done, _whole: False,
    ) -> None:
        self.reader = reader
        self.damage = damage
        self.applied = applied
        self.node_id: int | None = None
        self.cluster_id: int | None = None
        self.commit = 0
        """The highest commit index recorded in the log."""
        self.term = 0
        self.voters = set(voters)
        """Voting members, as far as they are known."""
        self._voters_at = applied
        """Raft index at which ``voters`` was valid; later changes are tracked."""
        self.marks: list[LogMark] = []
        self.places = RecordPlaces()
        self.replaced = RecordPlaces()
        """Entries that were never committed: replaced by another leader's, or never synced."""
        self._state = b""
        """The newest hard state; its commit index never decreases."""
        self.is_cut = False
        """Whether the end of the log was not read because reading was stopped early."""
        for part in reader.parts():
            if isinstance(part, Frame):
                self._take(part)
                continue
            self._take_run(part)
            if progress(reader.before(part.segment) + part.end, reader.size):
                self.is_cut = True
                break
        if self._state:
            state = HardState.FromString(self._state)
            self.commit, self.term = state.commit, state.term

    @property
    def first_index(self) -> int:
        """Raft index of the oldest entry; 0 if there is none."""
        return self.places.index[0] if len(self.places) else 0

    @property
    def last_index(self) -> int:
        """Raft index of the newest entry; 0 if there is none."""
        return self.places.index[-1] if len(self.places) else 0

    @property
    def committed(self) -> int:
        """The highest index known to be committed, according to the log or to the database.

        If the member is the only voter, everything that it has written is committed.
        """
        if self.node_id is not None and self.voters == {self.node_id}:
            return max(self.last_index, self.applied)
        return max(self.commit, self.applied)

    @property
    def begins_empty(self) -> bool:
        """Whether the first entry was applied to an empty store: a new cluster, not a restored one.

        A restored data directory starts at index 1 too, but has a snapshot record right after the
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
        self, start: int = 0, stop: int | None = None, places: RecordPlaces | None = None
    ) -> Iterator[LoggedEntry]:
        """The entries at positions ``start`` to ``stop``, read again from their segments."""
        for block in self.blocks(start, stop, places):
            yield from map(block.entry, range(len(block.data)))

    def blocks(
        self, start: int = 0, stop: int | None = None, places: RecordPlaces | None = None
    ) -> Iterator[EntryBlock]:
        """The same, in blocks of consecutive entries."""
        places = self.places if places is None else places
        limit = len(places) if stop is None else stop
        while start < limit:
            end, size = places.block(start, limit)
            number, begin = places.segment[start], places.data_offset[start]
            window = self.reader.segments[number].pread(begin, size)
            data = [offset - begin for offset in places.data_offset[start:end]]
            sizes = places.data_size[start:end].tolist()
            whole = sum(map(len(window).__ge__, map(int.__add__, data, sizes)))
            yield EntryBlock(window, begin, start, data[:whole], sizes[:whole], places)
            if start + whole < end:
                offset = places.offset[start + whole]
                self._report(DamageCode.SEGMENT_TRUNCATED, number, offset)
                return
            start = end

    def _take_run(self, run: SoundRun) -> None:
        """Sound records many at once; those that are not simply the next request, one by one."""
        entries = parse_entries(run)
        states = np.flatnonzero(run.type == RecordType.STATE)
        if len(states) > 0:
            self._state = run.content(int(states[-1]))
        follows = entries.raft_index[1:] == entries.raft_index[:-1] + 1
        odd = np.flatnonzero(~entries.plain | ~np.concatenate([[True], follows]))
        bounds = [*odd.tolist(), len(entries.row)]
        position = 0
        while position < len(entries.row):
            is_next = bool(entries.plain[position]) and len(self.places) > 0
            if is_next and self.last_index + 1 == entries.raft_index[position]:
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
            self._report(DamageCode.RECORD_MALFORMED, frame.segment, frame.offset)

    def _take_other(self, frame: Frame) -> None:
        """A record that describes the log; used only if it is sound."""
        if frame.type == RecordType.SNAPSHOT:
            mark = SnapshotMark.FromString(frame.data)
            self.marks.append(LogMark(mark.index, mark.term))
            if mark.index > self._voters_at and mark.HasField("conf_state"):
                self.voters = {*mark.conf_state.voters, *mark.conf_state.voters_outgoing}
        elif frame.type == RecordType.METADATA:
            metadata = Metadata.FromString(frame.data)
            known = self.cluster_id, self.node_id
            self.cluster_id, self.node_id = metadata.ClusterID, metadata.NodeID
            if known not in ((None, None), (self.cluster_id, self.node_id)):
                code = DamageCode.SEGMENT_OF_OTHER_MEMBER
                self._report(code, frame.segment, frame.offset)

    def _take_entry(self, frame: Frame) -> None:
        entry = Entry.FromString(frame.data)
        index = entry.Index
        if entry.Type != NORMAL_ENTRY and not entry.Data:
            # The checksum does not cover the record type: this is most likely a hard state.
            self._report(DamageCode.RECORD_TYPE, frame.segment, frame.offset)
            return
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
            code, span = DamageCode.ENTRIES_MISSING, (self.last_index + 1, index - 1)
            self._report(code, frame.segment, frame.offset, span)
        self.places.append(entry, frame)
        if index == 1:
            self.voters, self._voters_at = set(), 0
        if entry.Type != NORMAL_ENTRY and index > self._voters_at:
            self._change_members(entry)

    def _change_members(self, entry: Any) -> None:
        """Apply an entry that adds or removes members. It takes effect once it is in the log."""
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
        self, code: DamageCode, number: int, offset: int, span: tuple[int, int] = (0, 0)
    ) -> None:
        path, (first, last) = str(self.reader.segments[number].path), span
        self.damage.append(Damage(code, path, offset=offset, first=first, last=last))


def parse_request(data: bytes) -> Any | None:
    """The request of a normal entry; None if it has none.

    Returns:
        An InternalRaftRequest, or a V2Request for entries of the v2 API.
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
