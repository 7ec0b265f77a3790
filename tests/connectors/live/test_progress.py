"""Newer etcds tell the end of a history by progress notes; a stand-in that speaks as they do.

No etcd from 3.5.13 on is at hand in the test extra, so this one is played: it answers as
watchable_store.go of 3.5.13 does, and records what it was asked.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from etcd3 import etcdrpc as rpc

HEADER = {"cluster_id": 7, "member_id": 8, "raft_term": 2}
KEY = b"/k"


class Etcd3513(rpc.MaintenanceServicer, rpc.KVServicer, rpc.WatchServicer):
    """A never compacted store of one deleted key, behind a watch that catches up late."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.asked: list[str] = []
        self.early = 2
        self.release = threading.Event()

    def Status(self, request, context):
        return rpc.StatusResponse(
            header=HEADER | {"revision": 9}, version=self.version, dbSize=1, leader=8
        )

    def Range(self, request, context):
        return rpc.RangeResponse(header=HEADER | {"revision": 9})

    def Watch(self, requests, context):
        answers: queue.SimpleQueue = queue.SimpleQueue()
        threading.Thread(target=self._take, args=(requests, answers), daemon=True).start()
        yield from iter(answers.get, None)

    def _take(self, requests, answers) -> None:
        watches = 0
        try:
            for request in requests:
                if request.WhichOneof("request_union") == "create_request":
                    start = request.create_request.start_revision
                    self.asked.append(f"create {start}")
                    if start < 0:
                        answers.put(
                            rpc.WatchResponse(
                                header=HEADER | {"revision": 9},
                                watch_id=-1,
                                created=True,
                                canceled=True,
                                cancel_reason="etcdserver: mvcc: required revision is negative",
                            )
                        )
                        continue
                    answers.put(
                        rpc.WatchResponse(
                            header=HEADER | {"revision": 9}, watch_id=watches, created=True
                        )
                    )
                    watches += 1
                else:
                    self._progress(answers)
        except grpc.RpcError:
            pass
        answers.put(None)

    def _progress(self, answers) -> None:
        """As long as the watch lags, nothing is said; then its events come first."""
        self.asked.append("progress")
        if self.asked.count("progress") <= self.early:
            return
        if self.asked.count("progress") == self.early + 1:
            put = {"key": KEY, "mod_revision": 3, "create_revision": 3, "version": 1}
            response = rpc.WatchResponse(header=HEADER | {"revision": 9}, watch_id=0)
            response.events.add(type=0, kv=put | {"value": b"v"})
            response.events.add(type=1, kv={"key": KEY, "mod_revision": 5})
            answers.put(response)
        answers.put(rpc.WatchResponse(header=HEADER | {"revision": 9}, watch_id=-1))


@pytest.fixture
def play():
    servers = []

    def start(version: str):
        etcd = Etcd3513(version)
        server = grpc.server(ThreadPoolExecutor(8))
        rpc.add_MaintenanceServicer_to_server(etcd, server)
        rpc.add_KVServicer_to_server(etcd, server)
        rpc.add_WatchServicer_to_server(etcd, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
        return etcd, f"http://127.0.0.1:{port}"

    yield start
    for server in servers:
        server.stop(0)


@pytest.mark.parametrize("version", ["3.5.13", "3.6.8", ""])
def test_a_history_ends_with_the_progress_note_and_not_before(play, connect, version):
    etcd, endpoint = play(version)
    records = list(connect(endpoint).history(KEY))
    assert [(record.revision.main, record.tombstone) for record in records] == [
        (3, False),
        (5, True),
    ]
    assert etcd.asked.count("progress") == etcd.early + 1
    # An etcd that hides its version is first asked the old way, which it refuses.
    assert [asked for asked in etcd.asked if asked.startswith("create")] == (
        ["create 1"] if version else ["create 1", "create -2"]
    )
