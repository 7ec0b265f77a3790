"""The keys of a running etcd: what its API does not return is left out, never said to be 0."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def test_neither_sub_nor_lease_is_made_up(etcd_server: Callable, cli: Callable) -> None:
    server = etcd_server()
    server.etcdctl("txn", stdin=b"\nput /a 1\nput /b 2\n\n\n")
    lease = server.json("lease", "grant", "600")["ID"]
    server.etcdctl("put", "/c", "3", f"--lease={lease:x}")
    words = ["keys", "-o", "jsonl", "--from", server.endpoint]
    listed = {row["key"]: row for row in map(json.loads, cli(*words).out.splitlines())}
    # /b is the second change of its revision, which a list does not say.
    assert "sub" not in listed["/b"]
    # etcd 3.7 lists keys without their leases; older ones return them.
    assert "lease" not in listed["/a"]
    assert listed["/c"].get("lease") in (lease, None)
    watched = [json.loads(line) for line in cli(*words, "--all-revisions").out.splitlines()]
    assert [(row["key"], row["sub"], row["lease"]) for row in watched] == [
        ("/a", 0, 0),
        ("/b", 1, 0),
        ("/c", 0, lease),
    ]
    server.etcdctl("compact", "2")
    compacted = [json.loads(line) for line in cli(*words, "--all-revisions").out.splitlines()]
    assert [(row["key"], "sub" in row) for row in compacted] == [
        ("/a", False),
        ("/b", False),
        ("/c", True),
    ]
