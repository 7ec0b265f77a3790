"""``get -w`` and ``history --follow`` beside a real etcd that is written to and killed."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from paths import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "/registry/pods/shop/web-0"
PATIENCE = 30


def pod(phase: str, uid: str = "1", **labels: str) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web-0", "namespace": "shop", "uid": uid, "labels": labels},
            "spec": {"containers": [{"name": "web"}]},
            "status": {"phase": phase},
        }
    )


class Following:
    """A command that goes on, and its lines as they come."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "etcdpod", *words],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def lines(self, count: int) -> list[str]:
        return [self._lines.get(timeout=PATIENCE) for _ in range(count)]

    def values(self, count: int) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines(count)]


@pytest.fixture
def follow() -> Iterator[Callable[..., Following]]:
    started: list[Following] = []

    def start(*words: str) -> Following:
        started.append(Following(*words))
        return started[-1]

    try:
        yield start
        for following in started:
            following.process.send_signal(signal.SIGINT)
            following.process.wait(timeout=PATIENCE)
            assert following.process.returncode == 130
            assert "Traceback" not in following.process.stderr.read()
    finally:
        for following in started:
            following.process.kill()
            following.process.wait()


def test_a_watch_sees_each_change_once_through_a_crash(
    etcd_server: Callable, follow: Callable[..., Following]
) -> None:
    server = etcd_server()
    server.etcdctl("put", KEY, pod("Pending"))
    watching = follow(
        "get", "pods", "-A", "-w", "-o", "jsonl", "--output-watch-events",
        "--endpoints", server.endpoint,
    )  # fmt: skip
    events = watching.values(1)
    server.etcdctl("put", KEY, pod("Running"))
    events += watching.values(1)
    server.stop(kill=True)
    server.restart()
    server.etcdctl("del", KEY)
    server.etcdctl("put", KEY, pod("Pending", uid="2"))
    events += watching.values(2)
    seen = [
        (e["type"], e["object"]["metadata"]["uid"], e["object"]["status"]["phase"],
         int(e["object"]["metadata"]["resourceVersion"]))
        for e in events
    ]  # fmt: skip
    assert seen == [
        ("ADDED", "1", "Pending", 2),
        ("MODIFIED", "1", "Running", 3),
        ("DELETED", "1", "Running", 4),
        ("ADDED", "2", "Pending", 5),
    ]


def test_a_selector_turns_leaving_into_deletion(
    etcd_server: Callable, follow: Callable[..., Following]
) -> None:
    server = etcd_server()
    server.etcdctl("put", KEY, pod("Running", app="web"))
    watching = follow(
        "get", "pods", "-n", "shop", "-l", "app=web", "-w", "--output-watch-events",
        "--endpoints", server.endpoint,
    )  # fmt: skip
    first = watching.lines(2)
    server.etcdctl("put", KEY, pod("Running", app="other"))
    server.etcdctl("put", KEY, pod("Running", app="web"))
    rows = [line.split()[:2] for line in first + watching.lines(2)]
    assert rows == [
        ["EVENT", "NAME"],
        ["ADDED", "web-0"],
        ["DELETED", "web-0"],
        ["ADDED", "web-0"],
    ]


def test_a_followed_history_goes_on_through_death_and_rebirth(
    etcd_server: Callable, follow: Callable[..., Following]
) -> None:
    server = etcd_server()
    server.etcdctl("put", KEY, pod("Pending"))
    following = follow(
        "history", "shop/web-0", "--follow", "-o", "jsonl", "--endpoints", server.endpoint
    )
    lines = following.values(1)
    server.etcdctl("put", "/registry/pods/shop/web-00", pod("Pending"))
    server.etcdctl("put", KEY, pod("Running"))
    server.etcdctl("del", KEY)
    server.etcdctl("put", KEY, pod("Pending", uid="2"))
    lines += following.values(3)
    assert [(line["event"], line["revision"], line["incarnation"]) for line in lines] == [
        ("ADDED", 2, 1),
        ("MODIFIED", 4, 1),
        ("DELETED", 5, 1),
        ("ADDED", 6, 2),
    ]


def test_info_compares_the_hashes_of_the_members(etcd_server: Callable) -> None:
    server = etcd_server()
    server.etcdctl("put", KEY, pod("Running"))
    done = subprocess.run(
        [sys.executable, "-m", "etcdpod", "info", "-o", "json", "--endpoints", server.endpoint],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    )
    facts = json.loads(done.stdout)
    (ours,) = facts["hashes"]
    (theirs,) = json.loads(server.etcdctl("endpoint", "hashkv", "-w", "json"))
    assert ours["hash"] == theirs["HashKV"]["hash"]
    assert facts["membersAgree"] is None
