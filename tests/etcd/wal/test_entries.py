"""The log as raft means it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wal_writer import NODE, LogWriter, put

from etcdpod.damage import Damage
from etcdpod.damage import DamageCode as Code
from etcdpod.etcd.wal.entries import LogMark, RaftLog, parse_request
from etcdpod.etcd.wal.layout import RecordType
from etcdpod.etcd.wal.messages import (
    ConfChange,
    HardState,
    InternalRaftRequest,
    Metadata,
    V2Request,
)
from etcdpod.etcd.wal.reader import WalReader

if TYPE_CHECKING:
    from pathlib import Path


def opened(paths: list[Path], **known: object) -> tuple[RaftLog, list[Damage]]:
    damage: list[Damage] = []
    return RaftLog(WalReader(paths, damage), damage, **known), damage


def add_member(log: LogWriter, node: int, change_type: int = 0) -> int:
    change = ConfChange(id=1, type=change_type, node_id=node)
    return log.entry(change.SerializeToString(), kind=1)


def terms(log: RaftLog) -> list[tuple[int, int]]:
    return [(entry.raft_index, entry.term) for entry in log.entries()]


def test_an_entry_replaces_all_with_its_index_or_a_higher_one(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path)
    for number in range(1, 6):
        writer.request(**put(b"/k", b"%d" % number))
    writer.commit(3)
    writer.entry(InternalRaftRequest(**put(b"/k", b"new")).SerializeToString(), index=4, term=3)
    writer.commit(4)
    log, damage = opened(writer.save())
    assert terms(log) == [(1, 2), (2, 2), (3, 2), (4, 3)]
    assert [e.raft_index for e in log.entries(places=log.replaced)] == [4, 5]
    assert (log.commit, log.term, damage) == (4, 3, [])


def test_committed_is_what_the_log_or_the_database_says_whichever_is_more(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path)
    add_member(writer, NODE)
    add_member(writer, 7)
    for _ in range(4):
        writer.entry()
    writer.commit(4)
    paths = writer.save()
    assert opened(paths)[0].committed == 4
    assert opened(paths, applied=5)[0].committed == 5


def test_what_a_member_that_votes_alone_has_written_is_committed(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path)
    add_member(writer, NODE)
    for _ in range(4):
        writer.entry()
    writer.commit(2)
    assert opened(writer.save())[0].committed == 5


def test_the_votes_follow_additions_and_removals(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path)
    add_member(writer, NODE)
    add_member(writer, 7)
    assert opened(writer.save())[0].voters == {NODE, 7}
    add_member(writer, 7, change_type=1)
    assert opened(writer.save())[0].voters == {NODE}
    add_member(writer, 8, change_type=3)
    assert opened(writer.save())[0].voters == {NODE}, "a learner has no vote"


def test_a_jump_behind_a_snapshot_of_the_leader_is_no_gap(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path)
    writer.entry()
    writer.mark(100, 5, voters=(NODE, 7))
    writer.entry(index=101)
    log, damage = opened(writer.save())
    assert list(log.runs()) == [(0, 1), (1, 2)]
    assert log.marks == [LogMark(0, 0), LogMark(100, 5)]
    assert damage == []


def test_a_jump_without_a_snapshot_is_a_gap(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path)
    writer.entry()
    writer.entry(index=5)
    log, damage = opened(writer.save())
    assert list(log.runs()) == [(0, 1), (1, 2)]
    assert [(d.code, d.first, d.last) for d in damage] == [(Code.ENTRIES_MISSING, 2, 4)]


def test_an_entry_that_fails_its_checksum_never_replaces_others(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path)
    for number in range(1, 6):
        writer.request(**put(b"/k", b"%d" % number * 40))
    paths = writer.save()
    content = bytearray(paths[0].read_bytes())
    # The index of the last entry: 5 becomes 1.
    index = content.rindex(b"\x18\x05\x22")
    content[index + 1] = 1
    paths[0].write_bytes(content)
    log, _ = opened(paths)
    assert [index for index, _ in terms(log)] == [1, 2, 3, 4]
    assert len(log.replaced) == 1


def test_a_new_cluster_begins_empty_and_a_restored_one_does_not(tmp_path: Path) -> None:
    new = LogWriter(tmp_path / "new")
    add_member(new, NODE)
    new.entry()
    assert opened(new.save())[0].begins_empty
    restored = LogWriter(tmp_path / "restored")
    add_member(restored, NODE)
    restored.mark(1, 1)
    restored.entry()
    assert not opened(restored.save())[0].begins_empty
    later = LogWriter(tmp_path / "later", first_index=500)
    later.entry()
    assert not opened(later.save())[0].begins_empty


def test_requests_of_both_apis_are_told_apart() -> None:
    request = InternalRaftRequest(put={"key": b"a", "value": b"b"})
    assert parse_request(request.SerializeToString()).put.key == b"a"
    old = V2Request(ID=1, Method="PUT", Path="/0/version", Val="3.5.0")
    assert parse_request(old.SerializeToString()).Path == "/0/version"
    assert parse_request(b"") is None
    assert parse_request(b"\xff\xff\xff") is None


def test_a_hard_state_that_calls_itself_an_entry_replaces_none(tmp_path: Path) -> None:
    """The checksum covers a record's data and not its type: one flipped bit makes a 2 of a 3."""
    writer = LogWriter(tmp_path)
    for number in range(5):
        writer.request(**put(b"/a", b"%d" % number))
    state = HardState(term=2, vote=NODE, commit=3)
    writer.add(RecordType.ENTRY, state.SerializeToString())
    writer.request(**put(b"/a", b"last"))
    log, damage = opened(writer.save())
    assert [entry.raft_index for entry in log.entries()] == [1, 2, 3, 4, 5, 6]
    assert [found.code for found in damage] == [Code.RECORD_TYPE]


def test_an_entry_that_does_not_parse_is_reported(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path)
    writer.entry()
    writer.add(RecordType.ENTRY, b"\xff\xff\xff")
    _, damage = opened(writer.save())
    assert [(found.code, found.offset) for found in damage] == [
        (Code.RECORD_MALFORMED, writer.offsets[-1][1])
    ]


def test_a_segment_of_another_member_is_reported(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path)
    writer.entry()
    writer.add(RecordType.METADATA, Metadata(NodeID=NODE + 1, ClusterID=9).SerializeToString())
    _, damage = opened(writer.save())
    assert [found.code for found in damage] == [Code.SEGMENT_OF_OTHER_MEMBER]


def test_a_segment_that_shrinks_while_it_is_read_is_reported(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path)
    for number in range(4):
        writer.request(**put(b"/k", b"%d" % number))
    (path,) = writer.save()
    log, damage = opened([path])
    with path.open("r+b") as file:
        file.truncate(writer.offsets[-1][1])
    assert [entry.raft_index for entry in log.entries()] == [1, 2, 3]
    assert [found.code for found in damage] == [Code.SEGMENT_TRUNCATED]
