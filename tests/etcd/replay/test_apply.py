"""Replay by etcd's rules, and the numbering of logs that do not reach back to the beginning.

The rules themselves are compared with a real etcd in connectors/test_datadir_etcd.py.
"""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, NamedTuple

import pytest
from paths import SHOP
from wal_writer import LogWriter, delete, put, update

from etcdpod.etcd.mvcc.store import Store
from etcdpod.etcd.replay.replay import Replay, Replayed
from etcdpod.etcd.replay.rows import (
    CONTRADICTED,
    DOUBTFUL,
    REFUSED,
    TOMBSTONE,
    UNCOMMITTED,
    LogRows,
    fill_lives,
)
from etcdpod.etcd.wal.entries import RaftLog
from etcdpod.etcd.wal.reader import WalReader

if TYPE_CHECKING:
    from pathlib import Path

    from etcdpod.damage import Damage

ARCHIVE = SHOP


class Row(NamedTuple):
    """One replayed revision."""

    key: bytes
    main: int
    sub: int
    tombstone: bool
    create_revision: int
    version: int
    value: bytes


def rows_of(replayed: Replayed, log: RaftLog, without: int = 0) -> list[Row]:
    rows = replayed.rows
    return [
        row_of(rows, number, log) for number in rows.revisions() if not rows.flags[number] & without
    ]


def row_of(rows: LogRows, number: int, log: RaftLog) -> Row:
    segment = log.reader.segments[rows.value_segment[number]]
    return Row(
        rows.keys[rows.key[number]],
        rows.main[number],
        rows.sub[number],
        bool(rows.flags[number] & TOMBSTONE),
        rows.create_revision[number],
        rows.version[number],
        segment.pread(rows.value_offset[number], rows.value_size[number]),
    )


def replay(paths: list[Path], store: Store | None = None, *, skip: int = 0) -> tuple:
    damage: list[Damage] = []
    known = {}
    if store is not None:
        known = {"applied": store.backend.consistent_index, "voters": store.backend.voters}
    log = RaftLog(WalReader(paths, damage), damage, **known)
    if skip:
        log.places = log.places.cut(skip)
    return Replay(log, None if store is None else store.index, damage).run(), log, damage


def numbered(log: LogWriter) -> list[tuple[int, int]]:
    replayed, read, _ = replay(log.save())
    return [(row.main, row.version) for row in rows_of(replayed, read)]


def test_requests_are_numbered_from_2_and_only_those_that_change_something(tmp_path) -> None:
    log = LogWriter(tmp_path)
    log.request(**put(b"/a", b"1"))
    log.request(delete_range={"key": b"/none"})
    log.request(**put(b"/a", b"2"))
    log.request(delete_range={"key": b"/a"})
    log.request(**put(b"/a", b"3"))
    log.commit()
    assert numbered(log) == [(2, 1), (3, 2), (4, 0), (5, 1)]


def test_a_refused_update_takes_no_revision_and_is_kept_as_an_attempt(tmp_path) -> None:
    log = LogWriter(tmp_path)
    log.request(**put(b"/a", b"1"))
    log.request(**update(b"/a", b"2", 2))
    log.request(**update(b"/a", b"came too late", 2))
    log.request(**delete(b"/a", 3))
    log.commit()
    replayed, read, _ = replay(log.save())
    assert [row.main for row in rows_of(replayed, read)] == [2, 3, 4]
    refused = [n for n, flags in enumerate(replayed.rows.flags) if flags & REFUSED]
    assert [row_of(replayed.rows, n, read).value for n in refused] == [b"came too late"]


def test_a_value_taken_over_from_an_older_segment_is_read_there(tmp_path) -> None:
    log = LogWriter(tmp_path)
    log.request(**put(b"/a", b"from the first segment"))
    log.cut()
    log.request(**put(b"/b", b"fills the place of the other" * 10))
    log.request(**put(b"/a", b"", ignore_value=True, lease=0))
    log.commit()
    replayed, read, _ = replay(log.save())
    values = [row.value for row in rows_of(replayed, read) if row.key == b"/a"]
    assert values == [b"from the first segment"] * 2


def test_entries_beyond_the_commit_are_applied_and_marked(tmp_path) -> None:
    log = LogWriter(tmp_path)
    log.request(**put(b"/a", b"1"))
    log.commit()
    log.request(**put(b"/a", b"2"))
    replayed, _, _ = replay(log.save())
    assert [flags & UNCOMMITTED for flags in replayed.rows.flags] == [0, UNCOMMITTED]
    assert replayed.revision == 2


def test_replaced_entries_are_attempts_without_a_revision(tmp_path) -> None:
    log = LogWriter(tmp_path)
    log.request(**put(b"/a", b"1"))
    log.request(**put(b"/a", b"of a leader that lost"))
    log.entry(index=2, term=3)
    log.commit()
    replayed, read, _ = replay(log.save())
    flags = replayed.rows.flags
    lost = [n for n, flag in enumerate(flags) if flag & REFUSED and flag & UNCOMMITTED]
    assert [row_of(replayed.rows, n, read)[1::5] for n in lost] == [(0, b"of a leader that lost")]
    assert replayed.revision == 2


def test_a_log_that_begins_later_is_numbered_by_what_its_clients_compared(tmp_path) -> None:
    log = LogWriter(tmp_path, first_index=900)
    revision = 5000
    known = {b"/a": 4000, b"/b": 4999}
    for number in range(40):
        key = (b"/a", b"/b")[number % 2]
        revision += 1
        log.request(**update(key, b"%d" % number, known[key]))
        known[key] = revision
    log.commit()
    replayed, read, _ = replay(log.save())
    assert [row.main for row in rows_of(replayed, read)] == list(range(5001, 5041))
    # Proven by those that compared with it: all but the last write of each key.
    sure = rows_of(replayed, read, without=DOUBTFUL)
    assert [row.main for row in sure] == list(range(5001, 5041))


def test_a_conflict_at_the_beginning_is_found_out_by_the_next_compare(tmp_path) -> None:
    """The first entry compares with a revision that was not current: nobody can know yet."""
    log = LogWriter(tmp_path, first_index=900)
    log.request(**update(b"/a", b"came too late", 4000))
    revision, known = 5000, {b"/a": 4444, b"/b": 4999}
    for number in range(40):
        key = (b"/b", b"/a")[number % 2]
        revision += 1
        log.request(**update(key, b"%d" % number, known[key]))
        known[key] = revision
    log.commit()
    replayed, read, _ = replay(log.save())
    sure = {row.value: row.main for row in rows_of(replayed, read, without=DOUBTFUL)}
    right = {b"%d" % number: 5001 + number for number in range(40)}
    assert set(sure.items()) <= set(right.items())
    assert len(sure) >= 36


def test_a_gap_in_the_log_starts_the_counting_anew(tmp_path) -> None:
    log = LogWriter(tmp_path)
    for number in range(10):
        log.request(**put(b"/%d" % number, b"1"))
    log.commit()
    log.index += 5
    for number in range(10):
        for _ in range(3):
            log.request(**update(b"/%d" % number, b"x", 100 + 3 * number if _ == 0 else 0))
    paths = log.save()
    replayed, read, _ = replay(paths)
    rows = rows_of(replayed, read, without=DOUBTFUL | UNCOMMITTED)
    assert [row.main for row in rows if row.value == b"1"] == list(range(2, 12))


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The recorded incident's log and database, and what the whole log tells."""
    archive = ARCHIVE / "end-datadir.tar.xz"
    if not archive.exists():
        pytest.skip("the recorded incident is not here")
    folder = tmp_path_factory.mktemp("shop")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    paths = sorted((folder / "member" / "wal").glob("*.wal"))
    store = Store.open(folder / "member" / "snap" / "db")
    replayed, log, damage = replay(paths, store)
    assert damage == []
    return paths, store, {(row.main, row.sub): row for row in rows_of(replayed, log)}


def test_a_whole_log_agrees_with_its_database_in_every_revision(shop) -> None:
    paths, store, truth = shop
    replayed, _, _ = replay(paths, store)
    (stretch,) = replayed.stretches
    assert len(stretch.agreement.agreeing) == len(store.index) == 949
    assert not stretch.agreement.unlogged
    assert not any(flags & (DOUBTFUL | CONTRADICTED) for flags in replayed.rows.flags)
    assert len(truth) == 1473


@pytest.mark.parametrize("skip", [1, 60, 111, 222, 333, 444, 600, 741, 800, 926, 1000, 1300, 1500])
def test_a_log_whose_beginning_is_lost_is_numbered_without_one_mistake(shop, skip) -> None:
    paths, store, truth = shop
    replayed, log, _ = replay(paths, store, skip=skip)
    sure = rows_of(replayed, log, without=DOUBTFUL | CONTRADICTED)
    for row in sure:
        true = truth[row.main, row.sub]
        # 0: the log cannot tell the version or the create revision.
        known = [mine in (0, right) for mine, right in zip(row[4:6], true[4:6], strict=True)]
        assert (row[:4], row.value, all(known)) == (true[:4], true.value, True)
    first = next(row.main for row in sure)
    there = [main for main, _ in truth if main >= first]
    assert len(sure) >= 0.95 * len(there), f"{len(sure)} of {len(there)}"
    unknown = [row for row in sure if not row.tombstone and row.version == 0]
    assert len(unknown) <= 0.05 * len(sure)


def test_versions_are_counted_along_what_is_known_to_follow_each_other() -> None:
    rows = LogRows()
    first = rows.add(b"/a", (5, 0), (10, 0, 0))
    second = rows.add(b"/a", (7, 0), (12, 0, 200), older=first, life=(2, 6))
    rows.add(b"/a", (9, 0), (14, 0, 400), older=second)
    # Between these two lay a record that could not be read: it may have been another put.
    rows.add(b"/a", (20, 0), (30, 0, 900))
    fill_lives(rows, 0)
    assert rows.version.tolist() == [5, 6, 7, 0]
    assert rows.create_revision.tolist() == [2, 2, 2, 0]
