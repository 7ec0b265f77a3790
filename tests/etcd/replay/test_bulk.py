"""What is applied many at once comes out as what is applied one by one."""

from __future__ import annotations

import random
import tarfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from paths import SHOP
from wal_writer import LogWriter, delete, put, update

from etcdpod.etcd.mvcc.store import Store
from etcdpod.etcd.replay.fast_apply import PlainWriter
from etcdpod.etcd.replay.fast_parse import NO_COMPARE, read_writes
from etcdpod.etcd.replay.replay import Replay
from etcdpod.etcd.wal.entries import RaftLog
from etcdpod.etcd.wal.messages import InternalRaftRequest
from etcdpod.etcd.wal.reader import WalReader

if TYPE_CHECKING:
    from pathlib import Path

    from etcdpod.etcd.replay.replay import Replayed

ARCHIVE = SHOP


def requests_of(*requests: dict[str, Any]) -> tuple[bytes, np.ndarray, np.ndarray]:
    messages = [InternalRaftRequest(**request).SerializeToString() for request in requests]
    stops = np.cumsum([len(message) for message in messages])
    return b"".join(messages), stops - [len(message) for message in messages], stops


def test_what_api_servers_write_is_read_by_its_place() -> None:
    header = {"header": {"ID": 7587881234567890123, "username": "apiserver"}}
    window, start, stop = requests_of(
        update(b"/a", b"1", 0),
        {**update(b"/b", b"two", 5), **header},
        delete(b"/c", 300),
        put(b"/d", b"", lease=-3),
        {**put(b"/e", b"x" * 300), **header},
        update(b"/f", b"", 1 << 40),
    )
    writes = read_writes(window, start, stop)
    assert writes.plain.all()
    keys = [window[at : at + size] for at, size in zip(writes.key, writes.key_size, strict=True)]
    assert keys == [b"/a", b"/b", b"/c", b"/d", b"/e", b"/f"]
    assert writes.stated.tolist() == [0, 5, 300, NO_COMPARE, NO_COMPARE, 1 << 40]
    assert writes.deletes.tolist() == [False, False, True, False, False, False]
    assert writes.lease.tolist() == [0, 0, 0, -3, 0, 0]
    spans = zip(writes.value, writes.value_size, strict=True)
    values = [window[at : at + size] for at, size in spans]
    assert values == [b"1", b"two", b"", b"", b"x" * 300, b""]


def two_puts() -> dict[str, Any]:
    request = update(b"/a", b"1", 3)
    request["txn"]["success"] *= 2
    return request


def compared(**changed: Any) -> dict[str, Any]:
    request = update(b"/a", b"1", 3)
    request["txn"]["compare"][0].update(changed)
    return request


@pytest.mark.parametrize(
    "request_",
    [
        two_puts(),
        compared(target=0, version=3),
        compared(result=1),
        compared(range_end=b"/b"),
        compared(key=b"/longer"),
        put(b"/a", b"1", prev_kv=True),
        put(b"/a", b"", ignore_value=True),
        {"delete_range": {"key": b"/a"}},
        {"lease_grant": {"ID": 4, "TTL": 60}},
        {"compaction": {"revision": 4}},
        {"txn": {"success": [{"request_put": {"key": b"/a", "value": b"1"}}]}},
        {"txn": {}},
        {"put": {}},
        {},
    ],
)
def test_what_is_anything_else_is_left_alone(request_) -> None:
    window, start, stop = requests_of(request_, put(b"/next", b"1"))
    assert read_writes(window, start, stop).plain.tolist() == [False, True]


def test_bytes_of_any_kind_are_no_plain_write_by_chance() -> None:
    choose = random.Random(7)
    sound = InternalRaftRequest(**update(b"/a", b"value", 3)).SerializeToString()
    for _ in range(3000):
        changed = bytearray(sound)
        for _ in range(choose.randint(1, 3)):
            changed[choose.randrange(len(changed))] = choose.randrange(256)
        message = bytes(changed[: choose.randint(1, len(changed))])
        writes = read_writes(message, np.array([0]), np.array([len(message)]))
        if not writes.plain[0]:
            continue
        # Then protobuf must read the same.
        request = InternalRaftRequest.FromString(message)
        at, size = int(writes.key[0]), int(writes.key_size[0])
        if request.HasField("txn"):
            (operation,) = request.txn.success
            assert request.txn.compare[0].mod_revision == writes.stated[0]
            is_put = operation.WhichOneof("request") == "request_put"
            change = operation.request_put if is_put else operation.request_delete_range
        else:
            change = request.put
        assert change.key == message[at : at + size]
        if not writes.deletes[0]:
            at, size = int(writes.value[0]), int(writes.value_size[0])
            assert (change.value, change.lease) == (message[at : at + size], writes.lease[0])


def columns(replayed: Replayed) -> list[Any]:
    rows = replayed.rows
    numbers = (
        rows.key, rows.main, rows.sub, rows.create_revision, rows.version, rows.lease,
        rows.raft_index, rows.segment, rows.frame, rows.value_size, rows.flags,
    )  # fmt: skip
    return [rows.keys, *(list(column) for column in numbers), replayed.revision]


def one_by_one(_writer: PlainWriter, row: int) -> int:
    return row


def both_ways(monkeypatch, make) -> int:
    """Compare both; returns how many rows there are."""
    many = columns(make())
    with monkeypatch.context() as patched:
        patched.setattr(PlainWriter, "run", one_by_one)
        single = columns(make())
    assert many == single
    return len(many[1])


def replayed(paths: list[Path], store: Store | None, skip: int) -> Replayed:
    known = {}
    if store is not None:
        known = {"applied": store.backend.consistent_index, "voters": store.backend.voters}
    log = RaftLog(WalReader(paths, []), [], **known)
    if skip:
        log.places = log.places.cut(skip)
    return Replay(log, None if store is None else store.index, []).run()


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    archive = ARCHIVE / "end-datadir.tar.xz"
    if not archive.exists():
        pytest.skip("the recorded shop is not here")
    folder = tmp_path_factory.mktemp("shop")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return next(folder.rglob("member"))


@pytest.mark.parametrize("skip", [0, 1, 400, 1000])
@pytest.mark.parametrize("has_database", [True, False])
def test_a_recorded_log_comes_out_the_same_both_ways(
    shop, monkeypatch, skip: int, has_database: bool
) -> None:
    paths = sorted((shop / "wal").glob("*.wal"))
    store = Store.open(shop / "snap" / "db") if has_database else None
    rows = both_ways(monkeypatch, lambda: replayed(paths, store, skip))
    assert rows > 300


def busy_log(folder: Path, seed: int) -> list[Path]:
    """API servers, one of which is late, leases, an alarm, users, and other clients."""
    choose = random.Random(seed)
    log = LogWriter(folder)
    known: dict[bytes, int] = {}
    revision = 1
    for number in range(600):
        kind, key = choose.randrange(40), b"/key/%d" % choose.randrange(30)
        if kind < 22:
            is_late = choose.random() < 0.1
            stated = max(known.get(key, 0) - is_late, 0)
            lease = choose.choice([0, 0, 0, 5])
            request = update(key, b"%d" % number, stated)
            request["txn"]["success"][0]["request_put"]["lease"] = lease
            log.request(**request)
            # What the client believes; where it was refused the next one finds out.
            revision += not is_late
            known[key] = revision
        elif kind < 28:
            log.request(**delete(key, known.pop(key, 7)))
            revision += 1
        elif kind < 32:
            log.request(**put(key, b"by another client"))
            revision += 1
            known[key] = revision
        elif kind == 32:
            log.request(lease_grant={"ID": 5, "TTL": 60})
        elif kind == 33:
            log.request(lease_revoke={"ID": 5})
        elif kind == 34:
            log.request(delete_range={"key": b"/key/1", "range_end": b"/key/2"})
        elif kind == 35:
            log.request(alarm={"action": choose.choice([1, 2, 2]), "memberID": 1, "alarm": 1})
        elif kind == 36:
            log.entry(b"\xff\xff nothing that parses")
        elif kind == 37:
            log.entry()
    log.commit(log.index - choose.randrange(20))
    return log.save()


@pytest.mark.parametrize("seed", range(12))
def test_any_log_comes_out_the_same_both_ways(tmp_path, monkeypatch, seed: int) -> None:
    paths = busy_log(tmp_path, seed)
    assert both_ways(monkeypatch, lambda: replayed(paths, None, 0)) > 0
