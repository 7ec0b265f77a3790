"""Writes that never came true: the audit log of the recorded incident knows who lost a race."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING

import pytest
from paths import SHOP

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def datadir(tmp_path_factory: pytest.TempPathFactory) -> str:
    if not SHOP.exists():
        pytest.skip("the recorded fixtures are not beside this checkout")
    folder = tmp_path_factory.mktemp("end-datadir")
    with tarfile.open(SHOP / "end-datadir.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return str(folder)


def conflicts(node: str) -> list[dict]:
    """The requests on a node that failed with a conflict, by the audit log."""
    with (SHOP / "audit.jsonl").open() as lines:
        events = [json.loads(line) for line in lines]
    return [
        event
        for event in events
        if event.get("responseStatus", {}).get("code") == 409
        and event["objectRef"].get("resource") == "nodes"
        and event["objectRef"].get("name") == node
    ]


def test_a_lost_race_is_told_apart_from_the_history(datadir: str, cli: Callable) -> None:
    (lost,) = conflicts("sim-0")
    assert lost["verb"] == "patch"
    words = ("history", "node", "sim-0", "-o", "jsonl", "--attempts", "--from", datadir)
    steps = [json.loads(line) for line in cli(*words).out.splitlines()]
    refused = [step for step in steps if step["event"] == "REFUSED"]
    assert len(refused) == 1
    (attempt,) = refused
    assert attempt["trust"] == "F"
    assert attempt["object"]["kind"] == "Node"
    # The conflict was answered between the writes on both sides of the revision that it wanted.
    received = lost["requestReceivedTimestamp"]
    before = [s for s in steps if s.get("revision", 0) and s["revision"] < 242]
    after = [s for s in steps if s.get("revision", 0) and s["revision"] > 242]
    assert before[-1]["time"]["earliest"] < lost["stageTimestamp"]
    assert received < after[0]["time"]["latest"]


def test_without_being_asked_it_is_only_hinted_at(datadir: str, cli: Callable) -> None:
    ran = cli("history", "node", "sim-0", "--from", datadir)
    assert "never applied" not in ran.out
    assert "1 write that failed or was not committed: add --attempts" in ran.err
    ran = cli("history", "node", "sim-0", "--attempts", "--from", datadir, "--from", "demo")
    assert "never applied   1 write" in ran.out
    assert "242       refused" in ran.out


def test_a_snapshot_has_no_attempts(cli: Callable) -> None:
    ran = cli("history", "shop/db-0", "--attempts", "--from", "demo")
    assert "none known: only a member's write-ahead log records" in ran.out
    assert ran.code == 0


def test_what_cannot_be_followed_is_refused(cli: Callable) -> None:
    ran = cli("history", "shop/db-0", "--attempts", "--follow", "--from", "demo")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert "--attempts does not go with --follow" in ran.err
