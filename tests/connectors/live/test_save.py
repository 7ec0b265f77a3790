"""Snapshots: whole and checked under their name, or not there at all."""

from __future__ import annotations

import hashlib
import json
import subprocess
import threading
import time

import pytest

from etcdpod.connectors.live import save
from etcdpod.errors import SourceError


def filled(etcds):
    etcd = etcds.start()
    for number in range(40):
        etcd.ctl("put", f"/k/{number:03d}", "v" * 50_000)
    return etcd


def test_a_saved_snapshot_is_what_etcdctl_saves(any_etcds, connect, tmp_path):
    etcd = filled(any_etcds)
    progress: list[tuple[int, int]] = []
    path = tmp_path / "saved.db"
    saved = connect(etcd.endpoint).save_snapshot(path, lambda *step: progress.append(step))
    data = path.read_bytes()
    assert hashlib.sha256(data[:-32]).digest() == data[-32:]
    assert saved.sha256 == data[-32:].hex()
    assert saved.size == len(data)
    assert saved.endpoint == etcd.endpoint
    assert len(data) % 512 == 32
    assert progress[-1] == (len(data), len(data))
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)
    assert path.stat().st_mode & 0o077 == 0
    assert [item.name for item in tmp_path.glob("saved*")] == ["saved.db"]
    command = [any_etcds.etcdutl, "snapshot", "status", path, "-w", "json"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert told["revision"] == 41


def test_a_saved_snapshot_holds_what_the_live_etcd_shows(etcds, connect, tmp_path):
    from sources import tree_of

    etcd = filled(etcds)
    live = connect(etcd.endpoint)
    live.save_snapshot(tmp_path / "saved.db")
    offline = tree_of(tmp_path / "saved.db")
    assert [(r.key, r.revision, r.value) for r in offline.records(b"")] == [
        (r.key, r.revision, r.value) for r in live.records(b"")
    ]
    offline.close()


def test_an_existing_file_is_kept_unless_told(etcds, connect, tmp_path):
    connector = connect(filled(etcds).endpoint)
    path = tmp_path / "saved.db"
    path.write_bytes(b"precious")
    with pytest.raises(SourceError, match="exists and is not overwritten"):
        connector.save_snapshot(path)
    assert path.read_bytes() == b"precious"
    connector.save_snapshot(path, overwrite=True)
    assert path.stat().st_size > 40 * 50_000
    assert [item.name for item in tmp_path.glob("saved*")] == ["saved.db"]


def test_a_file_that_appears_meanwhile_is_kept_too(etcds, connect, tmp_path):
    connector = connect(filled(etcds).endpoint)
    path = tmp_path / "saved.db"
    with pytest.raises(SourceError, match="exists and is not overwritten"):
        connector.save_snapshot(path, lambda *_: path.write_bytes(b"precious"))
    assert path.read_bytes() == b"precious"
    assert [item.name for item in tmp_path.glob("saved*")] == ["saved.db"]


def test_an_etcd_that_dies_leaves_nothing_behind(etcds, connect, tmp_path):
    etcd = filled(etcds)
    connector = connect(etcd.endpoint)
    killer = threading.Thread(target=etcd.kill)

    def slow(done: int, _: int) -> None:
        if not killer.ident:
            killer.start()
        time.sleep(0.002)
        assert done

    with pytest.raises(SourceError):
        connector.save_snapshot(tmp_path / "saved.db", slow)
    assert list(tmp_path.glob("saved*")) == []


def test_a_damaged_stream_is_refused(etcds, connect, tmp_path, monkeypatch):
    connector = connect(filled(etcds).endpoint)
    monkeypatch.setattr(save.hashlib, "sha256", hashlib.sha1)
    with pytest.raises(SourceError, match="SHA-256 does not fit"):
        connector.save_snapshot(tmp_path / "saved.db")
    assert list(tmp_path.glob("saved*")) == []


def test_a_folder_that_is_not_there_is_told(etcds, connect, tmp_path):
    connector = connect(etcds.start().endpoint)
    with pytest.raises(SourceError, match="cannot write here"):
        connector.save_snapshot(tmp_path / "nowhere" / "saved.db")
