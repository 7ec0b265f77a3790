"""The data directory of a real etcd that API servers have kept busy: a log and a large database."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import grpc
from etcd3 import etcdrpc
from fill import IN_FLIGHT, QUOTA_BYTES, WAVE, binary, free_port
from pods import NODES, pods

if TYPE_CHECKING:
    from collections.abc import Iterator

MOMENTS = 3
"""Revisions of a pod before it is deleted."""
_PURGE_SECONDS = 45
"""etcd deletes the segments that it does not need any more every thirty seconds."""


class Shape(NamedTuple):
    """What a member is to have gone through."""

    name: str
    writes: int
    """Transactions, most of them renewals of leases where ``pods`` is small."""
    renewals: int
    """Renewals of a node's lease between two writes of a pod."""
    compact_every: int
    """Writes between two compactions; 0 for one alone, near the end, to the middle."""


LARGE = Shape("large", 690_000, 2, 0)
"""A database of 1 GB of which the older half was compacted; the log has the last quarter."""
BUSY = Shape("busy", 520_000, 30, 50_000)
"""Small writes into a small database: as many log entries in a segment as ever come."""


class Write(NamedTuple):
    """A write of an API server; without a value it is a deletion."""

    key: bytes
    value: bytes | None


def member_of(directory: Path, shape: Shape) -> Path:
    """The data directory of a member of that shape; made unless it is there."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"member-{shape.name}-{shape.writes}"
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=directory) as scratch:
            part = Path(scratch) / "data"
            _fill(part, shape)
            shutil.move(part, path)
    return path


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """A running etcd; its address. In the end it is killed, as a crash would."""
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    command = [
        *(binary("etcd"), "--data-dir", str(folder), "--log-level", "error"),
        *("--listen-client-urls", client, "--advertise-client-urls", client),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
        *("--initial-cluster", f"default={peer}", "--quota-backend-bytes", str(QUOTA_BYTES)),
        "--unsafe-no-fsync",
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield client.removeprefix("http://")
    finally:
        server.kill()
        server.wait()


def _fill(folder: Path, shape: Shape) -> None:
    started = time.monotonic()
    with _server(folder) as address, grpc.insecure_channel(address) as channel:
        grpc.channel_ready_future(channel).result(timeout=30)
        client = _ApiServer(channel)
        last = shape.writes * 19 // 20
        for number, write in enumerate(itertools.islice(_writes(shape), shape.writes)):
            client.write(write)
            if shape.compact_every and number % shape.compact_every == shape.compact_every - 1:
                client.compact(client.revision - 1000)
            if not shape.compact_every and number == last:
                client.settle()
                # The log shrinks to what etcd keeps of it.
                time.sleep(_PURGE_SECONDS)
                client.compact(client.revision // 2)
        client.settle()
        time.sleep(1)
    print(
        f"filled etcd with {shape.writes} transactions in {time.monotonic() - started:.0f} s",
        file=sys.stderr,
    )


class _ApiServer:
    """Writes as an API server does: in transactions that state the revision they replace."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = etcdrpc.KVStub(channel)
        self._waiting: deque[tuple[bytes, grpc.Future]] = deque()
        self._known: dict[bytes, int] = {}
        self.revision = 1

    def write(self, write: Write) -> None:
        """Send one write; a key has one on the way at most."""
        while any(write.key == key for key, _ in self._waiting):
            self._take()
        self._waiting.append((write.key, self._stub.Txn.future(self._transaction(write))))
        if len(self._waiting) >= IN_FLIGHT:
            self._take()

    def settle(self) -> None:
        """Wait for every answer."""
        while self._waiting:
            self._take()

    def compact(self, revision: int) -> None:
        """Compact, and wait until it is done."""
        self._stub.Compact(etcdrpc.CompactionRequest(revision=revision, physical=True), timeout=600)

    def _take(self) -> None:
        key, answer = self._waiting.popleft()
        response = answer.result(timeout=120)
        assert response.succeeded
        self.revision = self._known[key] = response.header.revision

    def _transaction(self, write: Write) -> etcdrpc.TxnRequest:
        key, value = write
        known = self._known.get(key, 0)
        compare = etcdrpc.Compare(target=etcdrpc.Compare.MOD, key=key, mod_revision=known)
        if value is None:
            deletion = etcdrpc.DeleteRangeRequest(key=key)
            operation = etcdrpc.RequestOp(request_delete_range=deletion)
        else:
            operation = etcdrpc.RequestOp(request_put=etcdrpc.PutRequest(key=key, value=value))
        found = etcdrpc.RequestOp(request_range=etcdrpc.RangeRequest(key=key))
        failure = [found] if known > 0 else []
        return etcdrpc.TxnRequest(compare=[compare], success=[operation], failure=failure)


def _writes(shape: Shape) -> Iterator[Write]:
    """Pods and between them the renewals of leases, without an end."""
    renewals = _renewals()
    for write in _pod_writes(shape.writes):
        yield write
        yield from itertools.islice(renewals, shape.renewals)


def _pod_writes(count: int) -> Iterator[Write]:
    """Pods that are made, scheduled and run; every other one is deleted."""
    source = pods(count, MOMENTS)
    while wave := list(itertools.islice(source, WAVE)):
        for moment in range(MOMENTS):
            yield from (Write(pod.key.encode(), pod.values[moment]) for pod in wave)
        yield from (Write(pod.key.encode(), None) for pod in wave[::2])


def _renewals() -> Iterator[Write]:
    """A lease of each node, renewed in turn: what most writes of a quiet cluster are."""
    for number in itertools.count():
        node = f"worker-{number % NODES:03d}"
        value = (
            b"k8s\0\n\x1f\n\x16coordination.k8s.io/v1\x12\x05Lease\x12\xcf\x01"
            + f"{node} renewed {number:020d} ".encode()
        )
        yield Write(f"/registry/leases/kube-node-lease/{node}".encode(), value.ljust(430, b"."))
