"""Traffic for a real etcd through its JSON gateway, and etcd's own account of what it did."""

from __future__ import annotations

import base64
import json
import subprocess
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import EtcdServer

WATCH_TIMEOUT_SECONDS = 20.0


class Change(NamedTuple):
    """One event of etcd's own watch."""

    key: bytes
    main: int
    tombstone: bool
    create_revision: int
    version: int
    lease: int
    value: bytes


def text(data: bytes) -> str:
    """Base64, as the gateway wants bytes."""
    return base64.b64encode(data).decode()


class Gateway:
    """The JSON gateway of one server; ``refused`` counts the requests that it turned down."""

    def __init__(self, server: EtcdServer) -> None:
        self._endpoint = server.endpoint
        self.token = ""
        self.refused = 0

    def call(self, path: str, **body: Any) -> dict[str, Any]:
        """Post one request; an error of etcd is an answer like any other."""
        headers = {"Authorization": self.token} if self.token else {}
        request = urllib.request.Request(
            f"{self._endpoint}/v3/{path}", json.dumps(body).encode(), headers
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            self.refused += 1
            return {"error": error.read().decode()}

    def put(self, key: bytes, value: bytes = b"", **more: Any) -> dict[str, Any]:
        return self.call("kv/put", key=text(key), value=text(value), **more)

    def delete(self, key: bytes, end: bytes = b"") -> dict[str, Any]:
        return self.call("kv/deleterange", key=text(key), range_end=text(end))

    def txn(self, compare: list, success: list, failure: list | None = None) -> dict[str, Any]:
        body = {"compare": compare, "success": success, "failure": failure or []}
        return self.call("kv/txn", **body)

    def grant(self, seconds: int) -> str:
        answer = self.call("lease/grant", TTL=str(seconds))
        assert "ID" in answer, answer
        return answer["ID"]

    def revision(self) -> int:
        return int(self.call("kv/range", key=text(b"x"))["header"]["revision"])


def compare(key: bytes, target: str, result: str = "EQUAL", end: bytes = b"", **given: Any) -> dict:
    """One compare of a transaction."""
    more = {"range_end": text(end)} if end else {}
    return {"key": text(key), "target": target, "result": result, **given, **more}


def put_op(key: bytes, value: bytes = b"", **more: Any) -> dict:
    return {"requestPut": {"key": text(key), "value": text(value), **more}}


def delete_op(key: bytes, end: bytes = b"") -> dict:
    return {"requestDeleteRange": {"key": text(key), "range_end": text(end)}}


def txn_op(compares: list, success: list, failure: list | None = None) -> dict:
    body = {"compare": compares, "success": success, "failure": failure or []}
    return {"requestTxn": body}


class Watch:
    """``etcdctl watch`` over all keys from a revision on."""

    def __init__(self, server: EtcdServer, path: Path, since: int = 1) -> None:
        self.path = path
        binary, endpoint = str(server.binaries.etcdctl), f"--endpoints={server.endpoint}"
        command = [binary, endpoint, "watch", "--prefix", "", f"--rev={since}", "-w", "json"]
        with path.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)

    def changes(self) -> list[Change]:
        """What was seen so far."""
        lines = self.path.read_text().splitlines()
        answers = [json.loads(line) for line in lines if line.endswith("}")]
        return [_change(event) for answer in answers for event in answer.get("Events", ())]

    def wait_for(self, revision: int) -> list[Change]:
        """What was seen, once ``revision`` was."""
        deadline = time.monotonic() + WATCH_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            changes = self.changes()
            if changes and changes[-1].main >= revision:
                return changes
            time.sleep(0.05)
        raise TimeoutError(f"revision {revision} never came: {self.path.read_text()[-500:]}")

    def until(self, revision: int) -> list[Change]:
        """What was seen up to ``revision``, waited for; then the watch ends."""
        try:
            changes = self.wait_for(revision)
        finally:
            self.process.kill()
            self.process.wait()
        return [change for change in changes if change.main <= revision]


def _change(event: dict[str, Any]) -> Change:
    kv = event["kv"]
    return Change(
        key=base64.b64decode(kv["key"]),
        main=kv["mod_revision"],
        tombstone=event.get("type") == 1,
        create_revision=kv.get("create_revision", 0),
        version=kv.get("version", 0),
        lease=kv.get("lease", 0),
        value=base64.b64decode(kv.get("value", "")),
    )
