"""Streams that break at the worst moment, or repeat themselves: played, as no etcd does on demand.

Etcd up to 3.5.7 repeats events after a member caught up by a snapshot (etcd change log of 3.5.8);
a connection may break between two fragments of one transaction.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import grpc
import pytest
from etcd3 import etcdrpc as rpc

HEADER = {"cluster_id": 7, "member_id": 8, "raft_term": 2, "revision": 20}


def answer(*events: tuple[int, str], more: bool = False) -> rpc.WatchResponse:
    """Events of (revision, key); ``more``: a fragment, the rest follows."""
    response = rpc.WatchResponse(header=HEADER, watch_id=0)
    for revision, key in events:
        response.events.add(kv={"key": key.encode(), "mod_revision": revision, "value": b"v"})
    if more:
        response.MergeFromString(b"\x38\x01")
    return response


class Script(rpc.MaintenanceServicer, rpc.WatchServicer):
    """Each watch stream plays the next scene, then breaks; the start revisions are kept."""

    def __init__(self, scenes: list[list[rpc.WatchResponse]]) -> None:
        self.scenes = scenes
        self.starts: list[int] = []

    def Status(self, request, context):
        return rpc.StatusResponse(header=HEADER, version="3.5.1", dbSize=1, leader=8)

    def Watch(self, requests, context):
        self.starts.append(next(requests).create_request.start_revision)
        yield rpc.WatchResponse(header=HEADER, watch_id=0, created=True)
        yield from self.scenes[len(self.starts) - 1]
        context.abort(grpc.StatusCode.UNAVAILABLE, "etcdserver: server stopped")


@pytest.fixture
def play(connect):
    servers = []

    def start(*scenes):
        script = Script(list(scenes))
        server = grpc.server(ThreadPoolExecutor(8))
        rpc.add_MaintenanceServicer_to_server(script, server)
        rpc.add_WatchServicer_to_server(script, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
        watch = connect(f"http://127.0.0.1:{port}").watch(b"", 2)
        return script, watch

    yield start
    for server in servers:
        server.stop(0)


def taken(watch, count: int) -> list[tuple]:
    return [(tuple(record.revision), record.key.decode()) for record in islice(watch, count)]


def test_a_transaction_cut_between_fragments_is_asked_for_again_whole(play):
    script, watch = play(
        [answer((2, "a"), (3, "a")), answer((4, "a"), (5, "a"), (5, "b"), more=True)],
        [answer((5, "a"), (5, "b"), more=True), answer((5, "c"), (6, "a"))],
        [answer((7, "a"))],
    )
    assert taken(watch, 8) == [
        ((2, 0), "a"),
        ((3, 0), "a"),
        ((4, 0), "a"),
        ((5, 0), "a"),
        ((5, 1), "b"),
        ((5, 2), "c"),
        ((6, 0), "a"),
        ((7, 0), "a"),
    ]
    assert script.starts == [2, 5, 7]


def test_events_sent_twice_are_shown_once(play):
    script, watch = play(
        [answer((2, "a")), answer((3, "a"), (4, "a")), answer((3, "a"), (4, "a"), (5, "a"))],
        [answer((5, "a"), (6, "b"))],
        [answer((7, "a"))],
    )
    assert [revision for (revision, _), _ in taken(watch, 6)] == [2, 3, 4, 5, 6, 7]
    assert script.starts == [2, 6, 7]


def test_a_progress_note_moves_the_point_of_return(play):
    note = rpc.WatchResponse(header=HEADER | {"revision": 15}, watch_id=0)
    script, watch = play([answer((2, "a")), note], [answer((16, "a"))])
    assert [revision for (revision, _), _ in taken(watch, 2)] == [2, 16]
    assert script.starts == [2, 16]
