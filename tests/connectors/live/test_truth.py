"""A restored registry read live: lists as etcdctl prints them, histories as the file holds them."""

from __future__ import annotations

import base64
import json
import random

import pytest

from etcdpod.errors import CompactedError, FutureRevisionError, UsageError
from etcdpod.records import Compacted, Deleted, NotRecorded, Record


def fields(record: Record) -> tuple:
    """All that etcd's API tells; the sub revision is not part of it."""
    return (
        record.revision.main,
        record.key,
        record.tombstone,
        record.create_revision,
        record.version,
        record.lease,
        record.value,
        record.value_size,
    )


@pytest.fixture(scope="module")
def shop_etcd(shop):
    return shop[0]


@pytest.fixture(scope="module")
def snapshot(shop):
    from sources import tree_of

    connector = tree_of(shop[1])
    yield connector
    connector.close()


def by_etcdctl(etcd, prefix: str, revision: int) -> list[tuple]:
    answer = json.loads(etcd.ctl("get", "--prefix", prefix, f"--rev={revision}", "-w", "json"))
    return [
        (
            kv["mod_revision"],
            base64.b64decode(kv["key"]),
            False,
            kv["create_revision"],
            kv["version"],
            kv.get("lease", 0),
            base64.b64decode(kv.get("value", "")),
            len(base64.b64decode(kv.get("value", ""))),
        )
        for kv in answer.get("kvs", [])
    ]


def test_lists_at_random_revisions_are_etcdctls_byte_for_byte(shop_etcd, connect):
    connector = connect(shop_etcd.endpoint)
    newest, oldest = connector.info().current_revision, max(connector.info().compact_revision, 2)
    chance = random.Random(908)
    for revision in [oldest, newest, *chance.sample(range(oldest + 1, newest), 8)]:
        listed = [fields(record) for record in connector.range(b"", revision)]
        assert listed == by_etcdctl(shop_etcd, "", revision)
        assert listed


def test_one_prefix_does_not_reach_into_its_neighbours(shop_etcd, connect):
    connector = connect(shop_etcd.endpoint)
    newest = connector.info().current_revision
    listed = [fields(record) for record in connector.range(b"/registry/pods/", newest)]
    assert listed == by_etcdctl(shop_etcd, "/registry/pods/", newest)
    bare = list(connector.range(b"/registry/pods/", newest, keys_only=True))
    assert [record.key for record in bare] == [row[1] for row in listed]
    assert {record.value for record in bare} == {b""}
    assert {record.value_size for record in bare} == {-1}


def test_all_records_are_those_of_the_snapshot(shop_etcd, connect, snapshot):
    live = connect(shop_etcd.endpoint).records(b"")
    assert live.compact_revision == snapshot.info().compact_revision
    through = snapshot.info().current_revision
    found = [fields(record) for record in live if record.revision.main <= through]
    kept = [fields(record) for record in snapshot.records(b"")]
    assert found == kept
    assert any(row[2] for row in kept)


def test_the_history_of_every_pod_is_that_of_the_snapshot(shop, shop_etcd, connect, snapshot):
    connector = connect(shop_etcd.endpoint)
    keys = {record.key for record in snapshot.records(b"/registry/pods/", keys_only=True)}
    lives = {
        key: [fields(record) for record in snapshot.history(key)]
        for key in [*sorted(keys), b"/registry/pods/shop/never"]
    }
    assert any(rows and rows[-1][2] for rows in lives.values())
    reborn = [rows for rows in lives.values() if any(row[2] for row in rows[:-1])]
    assert reborn or shop[1].name == "end.db"
    for key, rows in lives.items():
        assert [fields(record) for record in connector.history(key)] == rows, key


def test_a_history_may_begin_later(shop_etcd, connect, snapshot):
    connector = connect(shop_etcd.endpoint)
    through = snapshot.info().current_revision
    oldest = max(snapshot.info().compact_revision, 101)
    for since in (oldest - 100, oldest, oldest + 1, through - 100, through):
        found = connector.records(b"/registry/pods/", since=since)
        kept = snapshot.records(b"/registry/pods/", since=since)
        assert [fields(record) for record in found] == [fields(record) for record in kept], since
    assert list(connector.records(b"/registry/pods/", since=through + 100_000)) == []


def test_keys_only_records_carry_no_value(shop_etcd, connect, snapshot):
    found = list(connect(shop_etcd.endpoint).records(b"/registry/pods/", keys_only=True))
    kept = list(snapshot.records(b"/registry/pods/"))
    assert [(r.revision.main, r.key) for r in found] == [(r.revision.main, r.key) for r in kept]
    assert {record.value for record in found} == {b""}
    for ours, theirs in zip(found, kept, strict=True):
        assert ours.value_size in (-1, theirs.value_size)


def test_a_single_key_and_its_absences(shop_etcd, connect, snapshot):
    connector = connect(shop_etcd.endpoint)
    tombstone = next(r for r in snapshot.records(b"/registry/pods/") if r.tombstone)
    deleted = connector.get(tombstone.key, tombstone.revision.main)
    assert isinstance(deleted, Deleted)
    assert fields(deleted.tombstone) == fields(tombstone)
    before = connector.get(tombstone.key, tombstone.revision.main - 1)
    assert deleted.last == before
    assert isinstance(before, Record)
    assert fields(before) == fields(snapshot.get(tombstone.key, tombstone.revision.main - 1))
    assert connector.get(b"/registry/pods/no/such") == NotRecorded(b"/registry/pods/no/such")
    compacted = snapshot.info().compact_revision
    if compacted:
        assert connector.get(tombstone.key, 5) == Compacted(tombstone.key, 5, compacted)


def test_revisions_out_of_reach_are_refused_with_the_ones_within(shop_etcd, connect, snapshot):
    connector = connect(shop_etcd.endpoint)
    compacted = snapshot.info().compact_revision
    if compacted:
        words = f"revision 100 is compacted.*still be read is {compacted}$"
        with pytest.raises(CompactedError, match=words):
            connector.range(b"/registry/", 100)
    with pytest.raises(FutureRevisionError, match=r"999999 is newer.*newest revision is \d+$"):
        connector.range(b"/registry/", 999_999)
    with pytest.raises(FutureRevisionError, match="newer"):
        connector.get(b"/registry/pods/x/y", 999_999)
    for wrong in (0, -1):
        with pytest.raises(UsageError, match="no revision"):
            connector.range(b"", wrong)
        with pytest.raises(UsageError, match="no revision"):
            connector.get(b"x", wrong)


def test_a_store_that_was_never_compacted_has_its_whole_history(any_etcds, connect, etcd_history):
    etcd = any_etcds.start()
    for number in range(4):
        etcd.ctl("put", "/registry/pods/a/b", str(number))
        etcd.ctl("del", "/registry/pods/a/b")
    etcd.ctl("put", "/registry/pods/a/bb", "neighbour")
    connector = connect(etcd.endpoint)
    history = connector.history(b"/registry/pods/a/b")
    found = [(r.revision.main, r.key, r.tombstone, r.value, r.version) for r in history]
    truth = etcd_history(etcd.address, 1)
    assert found == [row for row in truth if row[1] == b"/registry/pods/a/b"]
    assert len(found) == 8
    assert history.compact_revision == 0
    assert connector.info().compact_revision == 0


def test_the_first_revision_of_an_empty_etcd_can_be_read(etcds, connect):
    connector = connect(etcds.start().endpoint)
    assert list(connector.range(b"")) == []
    assert list(connector.range(b"", 1)) == []
    assert list(connector.records(b"")) == []
    assert connector.info().current_revision == 1


def test_changes_of_one_transaction_are_numbered_in_order(any_etcds, connect):
    etcd = any_etcds.start()
    for name in "abc":
        etcd.ctl("put", f"/k/{name}", "x")
    etcd.ctl("del", "--prefix", "/k/")
    records = [record for record in connect(etcd.endpoint).records(b"/k/") if record.tombstone]
    assert [record.key for record in records] == [b"/k/a", b"/k/b", b"/k/c"]
    assert [tuple(record.revision) for record in records] == [(5, 0), (5, 1), (5, 2)]


def test_a_compaction_between_two_questions_is_learnt(any_etcds, connect):
    etcd = any_etcds.start()
    for number in range(10):
        etcd.ctl("put", "/k", str(number))
    connector = connect(etcd.endpoint)
    etcd.ctl("compact", "4")
    assert [r.revision.main for r in connector.history(b"/k")] == [4, 5, 6, 7, 8, 9, 10, 11]
    etcd.ctl("compact", "11")
    history = connector.history(b"/k")
    assert history.compact_revision == 11
    assert [r.revision.main for r in history] == [11]
    etcd.ctl("del", "/k")
    etcd.ctl("compact", "12")
    # The deletion at the compact revision itself is kept by etcd from 3.4.34 and 3.5.16 on only.
    assert [r.tombstone for r in connector.history(b"/k")] in ([], [True])
