"""Hashes computed offline, against etcd's golden values and against live servers."""

from __future__ import annotations

import json
import random
import struct
import subprocess

import pytest
from etcd_traffic import Gateway
from paths import SHOP

from etcdpod.errors import CompactedError, FutureRevisionError
from etcdpod.etcd.mvcc.hashkv import (
    NEVER_COMPACTED,
    StoredRevision,
    backend_hash,
    hash_kv,
    hash_revisions,
    snapshot_hash,
)
from etcdpod.etcd.mvcc.store import Store
from etcdpod.etcd.schema import message_class

KeyValue = message_class("mvccpb.KeyValue")
NAMES = ("alice", "bob", "celine", "dominik", "eve", "frederica", "gorge")

BETWEEN = [
    (4082599214, -1, 35), (2279933401, 35, 106), (3284231217, 106, 177), (126286495, 177, 248),
    (900108730, 248, 319), (2475485232, 319, 390), (1226296507, 390, 461), (2503661030, 461, 532),
    (4155130747, 532, 603), (106915399, 603, 674), (406914006, 674, 745), (1882211381, 745, 816),
    (806177088, 816, 887), (664311366, 887, 958), (1496914449, 958, 1029), (2434525091, 1029, 1100),
    (3988652253, 1100, 1171), (1122462288, 1171, 1242),
]  # fmt: skip
"""etcd's own test: (hash, compact revision, revision) with compactions between the puts."""
NEWEST = [
    (1913897190, -1, 73), (224860069, 73, 145), (1565167519, 145, 217), (1566261620, 217, 289),
    (2037173024, 289, 361), (691659396, 361, 433), (2713730748, 433, 505),
]  # fmt: skip


class Model:
    """A store that only puts and compacts, kept as plain lists."""

    def __init__(self) -> None:
        self.main = 1
        self.live: dict[bytes, tuple[int, int]] = {}
        self.entries: list[tuple[bytes, StoredRevision]] = []

    def put(self, key: str, value: str) -> None:
        self.main += 1
        name = key.encode()
        create, version = self.live.get(name, (self.main, 0))
        self.live[name] = (create, version + 1)
        content = KeyValue(
            key=name, create_revision=create, mod_revision=self.main, version=version + 1,
            value=value.encode(),
        ).SerializeToString()  # fmt: skip
        packed = struct.pack(">qcq", self.main, b"_", 0)
        self.entries.append((name, StoredRevision(packed, self.main, 0, False, content)))

    def kept(self, revision: int) -> set[tuple[int, int]]:
        newest = {key: (e.main, e.sub) for key, e in self.entries if e.main <= revision}
        return set(newest.values())

    def hash(self, revision: int, compacted: int) -> int:
        entries = (entry for _, entry in self.entries)
        return hash_revisions(entries, revision, compacted, self.kept(revision))

    def compact(self, revision: int) -> None:
        kept = self.kept(revision)
        self.entries = [
            (key, entry)
            for key, entry in self.entries
            if entry.main > revision or (entry.main, entry.sub) in kept
        ]


def key_of(number: int) -> str:
    if number % 142 == 30:
        return "zenek"
    return "xavery" if number % 71 == 30 else NAMES[number % 7]


def vectors(model: Model, hashed: int | None, limit: int) -> list[tuple[int, int, int]]:
    """The course of etcd's test; ``hashed`` is how far into each batch, None for its end."""
    found, compacted, revision = [], NEVER_COMPACTED, 0
    while len(found) < limit:
        for number in range(revision, revision + 72):
            model.put(key_of(number), str(number))
        at = revision + hashed if hashed is not None else model.main
        found.append((model.hash(at, compacted), compacted, at))
        model.compact(at)
        compacted = at
        revision += 71
    return found


def test_hashes_of_past_revisions_equal_etcds_golden_values() -> None:
    assert vectors(Model(), 35, len(BETWEEN)) == BETWEEN


def test_hashes_of_the_newest_revision_equal_etcds_golden_values() -> None:
    assert vectors(Model(), None, len(NEWEST)) == NEWEST


@pytest.mark.skipif(not SHOP.exists(), reason="the recorded incident is not here")
def test_what_a_real_3_6_server_answered_is_computed_from_its_snapshot() -> None:
    (answer,) = json.loads((SHOP / "hashkv.json").read_text())
    shown = answer["HashKV"]
    found = hash_kv(Store.open(SHOP / "quiet.db"), shown["header"]["revision"])
    assert (found.hash, found.compact_revision) == (shown["hash"], shown["compact_revision"])


def test_every_hash_equals_that_of_a_live_server(etcd_server, tmp_path) -> None:
    server = etcd_server()
    gateway = Gateway(server)
    choose = random.Random(5)
    for number in range(120):
        key = b"/k/%d" % choose.randrange(9)
        if choose.random() < 0.25:
            gateway.delete(key)
        else:
            gateway.put(key, b"%d" % number * choose.randrange(40))
        if number in (40, 80):
            gateway.call("kv/compaction", revision=str(gateway.revision() - 5), physical=True)
    snapshot = server.snapshot(tmp_path / "snapshot.db")
    store = Store.open(snapshot)
    index = store.index
    compared = 0
    for revision in range(index.compact_revision + 1, index.current_revision + 1):
        found = hash_kv(store, revision)
        shown = json.loads(server.etcdctl("endpoint", "hashkv", f"--rev={revision}", "-w", "json"))
        assert shown[0]["HashKV"]["hash"] == found.hash, revision
        assert shown[0]["HashKV"]["compact_revision"] == found.compact_revision
        compared += 1
    assert compared > 10
    status = [str(server.binaries.etcdutl), "snapshot", "status", str(snapshot), "-w", "json"]
    shown = json.loads(subprocess.run(status, capture_output=True, check=True).stdout)
    assert snapshot_hash(store) == shown["hash"]
    assert backend_hash(store) == gateway.call("maintenance/hash")["hash"]


def test_revisions_out_of_reach_are_refused_as_etcd_refuses_them(etcd_server, tmp_path) -> None:
    server = etcd_server()
    gateway = Gateway(server)
    for number in range(10):
        gateway.put(b"/k", b"%d" % number)
    gateway.call("kv/compaction", revision="6", physical=True)
    store = Store.open(server.snapshot(tmp_path / "snapshot.db"))
    with pytest.raises(CompactedError):
        hash_kv(store, 5)
    with pytest.raises(FutureRevisionError):
        hash_kv(store, 12)
    assert hash_kv(store) == hash_kv(store, 11)
