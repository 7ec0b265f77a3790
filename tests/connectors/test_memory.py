"""The connector in memory answers as a real etcd does that was given the same writes."""

from __future__ import annotations

import doctest
import random

import pytest
from sources import tree_of

from etcdpod.connectors import memory
from etcdpod.connectors.memory import MemoryConnector
from etcdpod.errors import CompactedError, FutureRevisionError
from etcdpod.history.lives import Registry
from etcdpod.kube.codec import Decoder
from etcdpod.records import Compacted, Record


def described(found: object) -> object:
    if isinstance(found, Record):
        return (found.key, found.revision, found.tombstone, found.create_revision, found.version)
    return type(found).__name__


@pytest.mark.quick
def test_it_answers_as_etcd_does(etcd_server, tmp_path) -> None:
    chance = random.Random(7)
    server = etcd_server()
    writes: list[tuple[bytes, bytes | None]] = []
    alive: set[bytes] = set()
    for number in range(40):
        key = b"/k/%d" % chance.randrange(5)
        if key in alive and chance.random() < 0.3:
            server.etcdctl("del", key.decode())
            alive.remove(key)
            writes.append((key, None))
        else:
            server.etcdctl("put", key.decode(), f"v{number}")
            alive.add(key)
            writes.append((key, b"v%d" % number))
    real, held = tree_of(server.snapshot(tmp_path / "real.db")), MemoryConnector.of(writes)
    assert [described(r) for r in held.records()] == [described(r) for r in real.records()]
    assert [r.value for r in held.records()] == [r.value for r in real.records()]
    for at in range(2, 42):
        assert [described(r) for r in held.range(b"/k/", at)] == [
            described(r) for r in real.range(b"/k/", at)
        ]
        for number in range(5):
            key = b"/k/%d" % number
            assert described(held.get(key, at)) == described(real.get(key, at))


def test_what_it_cannot_know_it_refuses() -> None:
    whole = MemoryConnector.of([(b"a", b"1"), (b"a", b"2"), (b"b", b"3")])
    held = MemoryConnector(whole.records(since=3), compact_revision=3)
    assert isinstance(held.get(b"a", 2), Compacted)
    with pytest.raises(CompactedError):
        held.range(b"", 2)
    with pytest.raises(FutureRevisionError):
        held.get(b"a", 5)
    assert [record.value for record in held.range(b"")] == [b"2", b"3"]
    assert [record.value for record in held.records(keys_only=True)] == [b"", b""]


def test_a_registry_reads_it() -> None:
    pod = b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n","uid":"u"}}'
    registry = Registry(MemoryConnector.of([(b"/registry/pods/n/p", pod)]), Decoder())
    (item,) = registry.items(registry.resolve("pods"))
    assert (item.name, item.namespace, item.revision) == ("p", "n", 2)


def test_the_example_of_the_module_runs() -> None:
    outcome = doctest.testmod(memory)
    assert (outcome.attempted, outcome.failed) == (4, 0)
