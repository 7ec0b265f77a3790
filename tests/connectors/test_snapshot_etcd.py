"""A snapshot file against the answers of the etcd that wrote it."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

import grpc
import pytest
from etcd3 import etcdrpc
from sources import tree_of

from etcdpod.errors import CompactedError, FutureRevisionError
from etcdpod.records import Compacted, Deleted, NotRecorded, Record
from etcdpod.source_details import DatabaseDetails, TrailerState

if TYPE_CHECKING:
    from pathlib import Path

PREFIXES = (b"", b"/registry/pods/", b"/registry/pods/a/", b"/kubernetes.io/", b"/nothing/")
KEYS = [
    *(b"/registry/pods/%c/web-%d" % (namespace, n) for namespace in b"ab" for n in range(6)),
    b"/registry/podtemplates/a/x",
    b"/registry/events/a/web.1",
    b"/kubernetes.io/pods/a/web",
    b"compact_rev_key",
    b"k",
    b"\xff\xfe",
]


class Watched(NamedTuple):
    """One event as etcd's own watch sent it."""

    deleted: bool
    key: bytes
    mod_revision: int
    create_revision: int
    version: int
    lease: int
    value: bytes


class Written(NamedTuple):
    """A server with a history, what its watch said of it, and its files."""

    server: object
    stub: etcdrpc.KVStub
    events: list[Watched]
    current: int


def run_workload(channel, seed: int) -> int:
    """Puts, deletes, range deletes, transactions and leases; returns the last revision."""
    chance = random.Random(seed)
    kv, leases = etcdrpc.KVStub(channel), etcdrpc.LeaseStub(channel)
    granted = [leases.LeaseGrant(etcdrpc.LeaseGrantRequest(TTL=3600)).ID for _ in range(3)]

    def put(key: bytes) -> etcdrpc.PutRequest:
        lease = chance.choice(granted) if chance.random() < 0.2 else 0
        return etcdrpc.PutRequest(
            key=key, value=chance.randbytes(chance.choice((0, 1, 40, 3000))), lease=lease
        )

    for _ in range(250):
        kind = chance.random()
        if kind < 0.6:
            kv.Put(put(chance.choice(KEYS)))
        elif kind < 0.8:
            request = etcdrpc.DeleteRangeRequest(key=chance.choice(KEYS))
            kv.DeleteRange(request)
        elif kind < 0.82:
            request = etcdrpc.DeleteRangeRequest(
                key=b"/registry/pods/b/", range_end=b"/registry/pods/b0"
            )
            kv.DeleteRange(request)
        else:
            some = chance.sample(KEYS, 4)
            operations = [
                etcdrpc.RequestOp(request_put=put(some[0])),
                etcdrpc.RequestOp(request_delete_range=etcdrpc.DeleteRangeRequest(key=some[1])),
                etcdrpc.RequestOp(request_put=put(some[2])),
                etcdrpc.RequestOp(request_delete_range=etcdrpc.DeleteRangeRequest(key=some[3])),
            ]
            kv.Txn(etcdrpc.TxnRequest(success=operations))
    leases.LeaseRevoke(etcdrpc.LeaseRevokeRequest(ID=granted[0]))
    return kv.Put(etcdrpc.PutRequest(key=b"end", value=b"end")).header.revision


def watch_all(server, last: int) -> list[Watched]:
    """Every event from revision 1 to ``last``, as ``etcdctl watch`` prints them."""
    command = [str(server.binaries.etcdctl), f"--endpoints={server.endpoint}", "watch"]
    process = subprocess.Popen(
        [*command, "--rev=1", "--prefix", "", "-w", "json"], stdout=subprocess.PIPE
    )
    events: list[Watched] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            for event in json.loads(line)["Events"]:
                kv = event["kv"]
                events.append(
                    Watched(
                        event.get("type") == 1,
                        base64.b64decode(kv["key"]),
                        kv["mod_revision"],
                        kv.get("create_revision", 0),
                        kv.get("version", 0),
                        kv.get("lease", 0),
                        base64.b64decode(kv.get("value", "")),
                    )
                )
            if events and events[-1].mod_revision >= last:
                return events
    finally:
        process.kill()
        process.wait()
    raise AssertionError("the watch ended early")


@pytest.fixture(scope="module")
def written(module_etcd_server):
    server = module_etcd_server()
    with grpc.insecure_channel(server.address) as channel:
        current = run_workload(channel, seed=7)
        yield Written(server, etcdrpc.KVStub(channel), watch_all(server, current), current)


@pytest.fixture(scope="module")
def snapshot(written, tmp_path_factory) -> Path:
    return written.server.snapshot(tmp_path_factory.mktemp("snapshot") / "before.db")


@pytest.fixture(scope="module")
def compacted(written, snapshot, tmp_path_factory) -> tuple[Path, int]:
    """A snapshot taken after a compaction at a revision that is a tombstone."""
    tombstones = [event.mod_revision for event in written.events if event.deleted]
    at = tombstones[len(tombstones) // 2]
    written.server.etcdctl("compact", "--physical", str(at))
    return written.server.snapshot(tmp_path_factory.mktemp("snapshot") / "after.db"), at


def as_watched(record: Record) -> Watched:
    return Watched(
        record.tombstone,
        record.key,
        record.mod_revision,
        record.create_revision,
        record.version,
        record.lease,
        record.value,
    )


def etcd_range(stub, prefix: bytes, revision: int) -> list[Watched]:
    end = prefix[:-1] + bytes([prefix[-1] + 1]) if prefix else b"\0"
    request = etcdrpc.RangeRequest(key=prefix or b"\0", range_end=end, revision=revision)
    return [
        Watched(False, kv.key, kv.mod_revision, kv.create_revision, kv.version, kv.lease, kv.value)
        for kv in stub.Range(request).kvs
    ]


def test_every_revision_is_what_the_watch_sent(written, snapshot):
    connector = tree_of(snapshot)
    assert [as_watched(record) for record in connector.records()] == written.events
    assert connector.damage == []
    info = connector.info()
    assert (info.kind, info.current_revision, info.compact_revision) == (
        "snapshot",
        written.current,
        0,
    )
    assert connector.check_trailer() is True


def test_the_history_of_each_key_is_its_part_of_the_watch(written, snapshot):
    connector = tree_of(snapshot)
    for key in KEYS:
        expected = [event for event in written.events if event.key == key]
        assert [as_watched(record) for record in connector.history(key)] == expected
        since = written.current // 2
        later = [event for event in expected if event.mod_revision >= since]
        assert [as_watched(record) for record in connector.history(key, since=since)] == later


@pytest.mark.parametrize("file", ["before", "after"])
def test_ranges_at_any_revision_are_those_of_etcd(written, snapshot, compacted, file):
    # Before the compaction the server itself forgets, so its past is told by the watch.
    path, oldest = (snapshot, 1) if file == "before" else compacted
    connector = tree_of(path)
    for at in [*range(oldest, written.current, 9), written.current, None]:
        for prefix in PREFIXES:
            expected: dict[bytes, Watched] = {}
            for event in written.events:
                if event.mod_revision <= (at or written.current):
                    expected.pop(event.key, None)
                    if not event.deleted and event.key.startswith(prefix):
                        expected[event.key] = event
            found = [as_watched(record) for record in connector.range(prefix, at)]
            assert found == [expected[key] for key in sorted(expected)]
            if at is not None and at >= compacted[1]:
                assert found == etcd_range(written.stub, prefix, at)


def test_get_is_that_of_etcd_or_says_why_there_is_nothing(written, snapshot, compacted):
    connector = tree_of(compacted[0])
    for at in (compacted[1], (compacted[1] + written.current) // 2, written.current):
        for key in [*KEYS, b"never"]:
            answer = connector.get(key, at)
            alive = etcd_range(written.stub, key, at)
            alive = [event for event in alive if event.key == key]
            if alive:
                assert isinstance(answer, Record)
                assert as_watched(answer) == alive[0]
            elif isinstance(answer, Deleted):
                last = [e for e in written.events if e.key == key and e.mod_revision <= at][-1]
                assert as_watched(answer.tombstone) == last
            else:
                assert answer == NotRecorded(key)


def test_what_compaction_removed_is_said_to_be_compacted(written, compacted):
    path, at = compacted
    connector = tree_of(path)
    assert connector.info().compact_revision == at
    assert connector.damage == []
    assert connector.get(b"k", at - 1) == Compacted(b"k", at - 1, at)
    with pytest.raises(CompactedError, match=f"revision {at - 1} was compacted.*{at}"):
        connector.range(b"", at - 1)
    with pytest.raises(grpc.RpcError, match="compacted"):
        etcd_range(written.stub, b"", at - 1)


def test_a_revision_to_come_is_refused_as_etcd_refuses_it(written, snapshot):
    connector = tree_of(snapshot)
    for ask in (lambda at: connector.range(b"", at), lambda at: connector.get(b"k", at)):
        with pytest.raises(FutureRevisionError, match=str(written.current)):
            ask(written.current + 1)
    with pytest.raises(grpc.RpcError, match="future"):
        etcd_range(written.stub, b"", written.current + 1)


def test_what_is_kept_below_the_compact_revision_is_shown_and_true(written, compacted):
    path, at = compacted
    kept = [as_watched(record) for record in tree_of(path).records()]
    assert [event for event in kept if event.mod_revision > at] == [
        event for event in written.events if event.mod_revision > at
    ]
    below = [event for event in kept if event.mod_revision <= at]
    assert set(below) < set(written.events)
    assert {event.key: event for event in below} == {
        event.key: event for event in etcd_range(written.stub, b"", at)
    }


def test_selections_are_counted_sliced_and_read_at_random(snapshot):
    connector = tree_of(snapshot)
    selection = connector.records(b"/registry/")
    whole = list(selection)
    assert len(selection) == len(whole) > 100
    assert selection[3] == whole[3]
    assert selection[-1] == whole[-1]
    assert list(selection[10:20]) == whole[10:20]
    assert list(selection[::7][1:3]) == whole[::7][1:3]
    assert list(selection[500000:]) == []
    with pytest.raises(IndexError):
        selection[len(selection)]


def test_keys_alone_are_the_same_records_without_values(snapshot):
    connector = tree_of(snapshot)
    for full, bare in zip(connector.range(b""), connector.range(b"", keys_only=True), strict=True):
        assert bare.value == b""
        assert (bare.key, bare.revision, bare.value_size) == (
            full.key, full.revision, len(full.value),
        )  # fmt: skip


def test_provenance_names_the_place_of_the_bytes(snapshot):
    content = snapshot.read_bytes()
    for record in tree_of(snapshot).records(b"/registry/"):
        place = record.provenance
        assert place.source == str(snapshot)
        assert place.page == place.offset // 4096 or len(record.value) > 1000
        assert content[place.offset : place.offset + len(record.key)] == record.key


def test_info_agrees_with_etcd(written, snapshot):
    info = tree_of(snapshot).info()
    status = json.loads(
        subprocess.run(
            [
                str(written.server.binaries.etcdutl),
                "snapshot",
                "status",
                str(snapshot),
                "-w",
                "json",
            ],
            check=True,
            capture_output=True,
        ).stdout
    )
    assert info.current_revision == status["revision"]
    details = info.detail(DatabaseDetails)
    assert sum(details.buckets.values()) == status["totalKey"]
    assert details.database_size == status["totalSize"]
    assert details.trailer is TrailerState.RIGHT
    assert info.etcd_version == "3.5.0"
    (member,) = written.server.json("member", "list")["members"]
    assert details.members[0].id == f"{member['ID']:x}"
    # etcd 3.5.1 keeps the client URLs in its older, separate member store alone.
    assert details.members[0].peer_urls == member["peerURLs"]
    assert details.leases == 2


def test_the_db_of_a_running_member_is_read_at_once_and_without_its_lock(written, compacted):
    database = written.server.database
    before = database.stat()
    started = time.monotonic()
    connector = tree_of(database)
    assert time.monotonic() - started < 2
    assert connector.info().kind == "db"
    assert connector.check_trailer() is None
    deadline = time.monotonic() + 5
    while connector.info().current_revision < written.current and time.monotonic() < deadline:
        time.sleep(0.05)  # etcd commits every 100 ms
    found = [as_watched(record) for record in connector.range(b"")]
    assert found == etcd_range(written.stub, b"", 0)
    assert connector.damage == []
    assert database.stat().st_mtime_ns >= before.st_mtime_ns


def test_the_db_of_a_killed_member_is_read_as_it_was_left(etcd_server, tmp_path):
    server = etcd_server()
    for number in range(20):
        server.etcdctl("put", f"k{number}", "v")
    time.sleep(0.3)
    server.stop(kill=True)
    connector = tree_of(server.database)
    assert [record.key for record in connector.range(b"")] == sorted(
        b"k%d" % number for number in range(20)
    )
    assert connector.damage == []
