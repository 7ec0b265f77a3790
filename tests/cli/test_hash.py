"""Hashes from files, against what etcd and its own tools answer."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from paths import SHARED, SHOP, needs_shared

if TYPE_CHECKING:
    from collections.abc import Callable


def hashed(cli: Callable, *words: str) -> list[dict]:
    ran = cli("hash", "-o", "json", *words)
    assert ran.code == 0, ran.err
    return json.loads(ran.out)["hashes"]


@pytest.fixture(scope="module")
def server(module_etcd_server: Callable) -> object:
    """An etcd with puts, deletes, a transaction and one compaction."""
    server = module_etcd_server()
    rng = random.Random(5)
    for number in range(60):
        key = f"/registry/things/{rng.randrange(12)}"
        if rng.random() < 0.25:
            server.etcdctl("del", key)
        else:
            server.etcdctl("put", key, f"value {number}")
    server.etcdctl("txn", stdin=b"\n\nput a 1\nput b 2\ndel --prefix /registry/things/1\n\n\n")
    server.etcdctl("compact", "31")
    for number in range(20):
        server.etcdctl("put", f"/registry/things/{rng.randrange(12)}", f"later {number}")
    return server


def test_hashkv_is_what_a_member_answers(server: object, tmp_path: Path, cli: Callable) -> None:
    path = str(server.snapshot(tmp_path / "s.db"))
    newest = server.json("get", "nothing")["header"]["revision"]
    for revision in [0, newest, *random.Random(7).sample(range(32, newest), 8)]:
        (answer,) = server.json("endpoint", "hashkv", "--rev", str(revision))
        (row,) = hashed(cli, "--from", path, "--rev", str(revision))
        expected = answer["HashKV"]
        assert (row["hashKV"], row["compactRevision"]) == (
            expected["hash"],
            expected["compact_revision"],
        ), revision


def test_the_snapshot_hash_is_that_of_etcdutl(
    server: object, tmp_path: Path, cli: Callable
) -> None:
    path = server.snapshot(tmp_path / "s.db")
    command = [str(server.binaries.etcdutl), "snapshot", "status", str(path), "-w", "json"]
    status = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    (row,) = hashed(cli, "--from", str(path))
    assert int(row["snapshotHash"], 16) == status["hash"]
    assert row["sha256"] == "right"


def test_a_data_directory_and_a_member_hash_alike(
    server: object, tmp_path: Path, cli: Callable
) -> None:
    path = str(server.snapshot(tmp_path / "s.db"))  # commits what is pending
    (live,) = hashed(cli, "--endpoints", server.endpoint)
    rows = hashed(cli, "--from", str(server.data_dir), "--from", path)
    assert {row["hashKV"] for row in rows} == {live["hashKV"]}


def test_the_recorded_hash_is_reproduced(shared: Callable, cli: Callable) -> None:
    recorded = json.loads(shared("fixtures/shop/hashkv.json").read_text())[0]["HashKV"]
    quiet = str(shared("fixtures/shop/quiet.db"))
    (row,) = hashed(cli, "--from", quiet, "--rev", str(recorded["header"]["revision"]))
    assert row["hashKV"] == recorded["hash"] == 699708821
    assert row["compactRevision"] == recorded["compact_revision"]


def test_sources_that_differ_are_told(etcd_server: Callable, tmp_path: Path, cli: Callable) -> None:
    paths = []
    for value in ("same", "other"):
        server = etcd_server(name=value)
        server.etcdctl("put", "a", value)
        paths.append(str(server.snapshot(tmp_path / f"{value}.db")))
        server.stop()
    ran = cli("hash", "--from", paths[0], "--from", paths[1])
    assert ran.code == 1
    assert "DIFFERS" in ran.out
    assert cli("hash", "--from", paths[0], "--from", paths[0]).code == 0


def test_what_cannot_be_hashed_says_why(cli: Callable) -> None:
    for revision, reason in (("1", "compacted away"), ("9999", "newer than")):
        ran = cli("hash", "--from", "demo-end", "--rev", revision)
        assert reason in ran.out
        assert "6691fa0b" in ran.out  # the file's own hash needs no revision


@needs_shared
def test_a_restore_that_bumps_the_revision_is_hashed_like_etcd_does(
    tmp_path: Path, cli: Callable
) -> None:
    tools = Path(
        subprocess.run(
            [str(SHARED / "bin" / "unpack"), str(tmp_path)], capture_output=True, check=True
        ).stdout.decode().strip()
    )  # fmt: skip
    etcdutl, folder = str(tools / "etcdutl"), tmp_path / "restored"
    snapshot = str(SHOP / "quiet.db")
    restore = [etcdutl, "snapshot", "restore", snapshot, "--data-dir", str(folder)]
    bump = ["--bump-revision", "1000", "--mark-compacted"]
    subprocess.run([*restore, *bump], capture_output=True, check=True, timeout=60)
    (row,) = hashed(cli, "--from", str(folder))
    database = folder / "member" / "snap" / "db"
    (from_file,) = hashed(cli, "--from", str(database))
    # etcdutl opens the file for writing: asked last.
    asked = [etcdutl, "hashkv", str(database), "-w", "json"]
    answer = json.loads(subprocess.run(asked, capture_output=True, check=True, timeout=60).stdout)
    expected = answer["hash"], answer["hashRevision"], answer["compactRevision"]
    for found in (row, from_file):
        assert (found["hashKV"], found["revision"], found["compactRevision"]) == expected


def test_a_live_etcd_is_hashed_at_the_revision_that_is_named(
    server: object, tmp_path: Path, cli: Callable
) -> None:
    path = str(server.snapshot(tmp_path / "s.db"))
    newest = server.json("get", "nothing")["header"]["revision"]
    for revision in (newest - 5, newest):
        (live,) = hashed(cli, "--from", server.endpoint, "--rev", str(revision))
        (file,) = hashed(cli, "--from", path, "--rev", str(revision))
        assert live["revision"] == revision
        assert live["hashKV"] == file["hashKV"]
    ran = cli("hash", "-o", "json", "--from", server.endpoint, "--rev", str(newest + 50))
    (row,) = json.loads(ran.out)["hashes"]
    assert row["hashKV"] is None
    assert "future revision" in row["problem"] or "newer" in row["problem"]
