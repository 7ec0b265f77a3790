"""Snapshots as backup tools leave them: packed files answer as what is in them would."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import io
import json
import lzma
import os
import signal
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zstandard
from paths import REPOSITORY

from etcdpod.connectors import open_source
from etcdpod.connectors.packed.connector import PackedConnector
from etcdpod.demo import demo_path
from etcdpod.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

MEMBER = "backup/etcd-snapshot.db"


@pytest.fixture(scope="module")
def content() -> bytes:
    return Path(demo_path("demo")).read_bytes()


@pytest.fixture(autouse=True)
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place for temporary files; it must be empty again after each test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def tar(content: bytes, mode: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in (("backup/pki/ca.crt", b"certificate"), (MEMBER, content)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("backup/README", "taken by a cron job")
        archive.writestr(MEMBER, content)
    return out.getvalue()


def zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


PACKERS = {
    "snapshot.db.gz": gzip.compress,
    "snapshot.db.xz": lzma.compress,
    "snapshot.db.bz2": bz2.compress,
    "snapshot.db.zst": zstd,
    "snapshot.zip": zipped,
    "snapshot.tar": lambda content: tar(content, "w"),
    "snapshot.tar.gz": lambda content: tar(content, "w:gz"),
    "snapshot.tar.xz": lambda content: tar(content, "w:xz"),
    "snapshot.tar.zst": lambda content: zstd(tar(content, "w")),
    "gz-in-a.tar": lambda content: tar(gzip.compress(content), "w"),
    "no-suffix-at-all": lambda content: gzip.compress(zipped(content)),
}


@pytest.mark.parametrize("name", PACKERS)
def test_a_packed_snapshot_answers_as_the_plain_one(
    name: str, content: bytes, tmp_path: Path, private: Path, cli: Callable
) -> None:
    file = tmp_path / name
    file.write_bytes(PACKERS[name](content))
    os.utime(file, (1, 1))
    for words in (
        ("get", "pods", "-A"),
        ("history", "shop/db-0", "--diff"),
        ("get", "pods", "-A", "-o", "yaml", "--at", "500"),
    ):
        packed, plain = (cli(*words, "--from", source) for source in (str(file), "demo"))
        assert (packed.code, packed.out, packed.err) == (plain.code, plain.out, plain.err)
    info = json.loads(cli("info", "--from", str(file), "-o", "json").out)
    assert info["source"] == str(file)
    assert info["packedSha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert info["sha256Trailer"] == "correct"
    assert file.stat().st_mtime == 1
    assert list(private.iterdir()) == []


def test_records_name_the_packed_file(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "snapshot.db.gz"
    file.write_bytes(gzip.compress(content))
    source = open_source(str(file))
    assert {record.provenance.source for record in source.records(keys_only=True)} == {str(file)}
    source.close()


def test_what_is_unpacked_is_private_and_goes(
    content: bytes, tmp_path: Path, private: Path
) -> None:
    file = tmp_path / "snapshot.tar.gz"
    file.write_bytes(PACKERS["snapshot.tar.gz"](content))
    told: list[tuple[int, int]] = []
    source = PackedConnector.open(file, unpacking=lambda done, whole: told.append((done, whole)))
    (folder,) = private.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in folder.iterdir()} == {"snapshot-0.db"}
    assert stat.S_IMODE((folder / "snapshot-0.db").stat().st_mode) == 0o600
    assert told[-1] == (file.stat().st_size, file.stat().st_size)
    source.close()
    source.close()
    assert list(private.iterdir()) == []


def test_a_data_directory_in_an_archive(shared: Callable, private: Path, cli: Callable) -> None:
    packed = shared("fixtures/shop/end-datadir.tar.xz")
    ran = cli("history", "shop/db-0", "--from", str(packed))
    assert ran.code == 0
    assert "read from: wal" in ran.out
    assert str(private) not in ran.out + ran.err
    assert list(private.iterdir()) == []


def test_what_a_cut_file_still_has_is_read(
    content: bytes, tmp_path: Path, private: Path, cli: Callable
) -> None:
    file = tmp_path / "snapshot.db.gz"
    packed = gzip.compress(content)
    file.write_bytes(packed[:-200])
    ran = cli("get", "pods", "-A", "--from", str(file))
    assert ran.code == 4
    assert "the packed file is cut off" in ran.err
    assert ran.out.count("\n") > 1
    assert str(private) not in ran.err
    assert list(private.iterdir()) == []


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (lambda _: gzip.compress(b"no database"), "holds no snapshot"),
        (lambda _: gzip.compress(b"no database")[:-12], "holds no snapshot|cut off"),
        (lambda _: b"\x1f\x8b\x08 and then nothing that gzip knows", "damaged|cut off"),
        (lambda _: b"PK\x03\x04" + bytes(99), "damaged"),
        (lambda content: tar(content, "w:gz")[:600], "cut off|damaged"),
    ],
)
def test_what_holds_nothing_is_said_and_leaves_nothing(
    packed: Callable, reason: str, content: bytes, tmp_path: Path, private: Path
) -> None:
    file = tmp_path / "file.gz"
    file.write_bytes(packed(content))
    with pytest.raises(SourceError, match=reason) as caught:
        open_source(str(file))
    assert str(private) not in str(caught.value)
    assert list(private.iterdir()) == []


def test_an_archive_of_several_snapshots_is_not_guessed_at(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "two.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("monday.db", content)
        archive.writestr("tuesday.db", content)
    with pytest.raises(SourceError, match=r"2 snapshots .*monday.db, tuesday.db"):
        open_source(str(file))


def test_members_cannot_leave_the_folder(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "traversal.tar"
    with tarfile.open(file, "w") as archive:
        link = tarfile.TarInfo("member/snap/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        for name in ("../../member/snap/db", "/tmp/etcdpod-traversal/../../snap/db"):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
            before = {path for path in tmp_path.rglob("*") if path.is_file()}
            with contextlib.suppress(SourceError):
                open_source(str(file)).close()
            assert {path for path in tmp_path.rglob("*") if path.is_file()} == before


def test_layers_have_an_end(tmp_path: Path, content: bytes) -> None:
    for _ in range(6):
        content = gzip.compress(content)
    file = tmp_path / "matryoshka.gz"
    file.write_bytes(content)
    with pytest.raises(SourceError, match="too many times"):
        open_source(str(file))


def test_a_full_disk_is_said(
    tmp_path: Path, content: bytes, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "snapshot.db.gz"
    file.write_bytes(gzip.compress(content))
    monkeypatch.setattr("etcdpod.connectors.packed.unpacking.MARGIN", 1 << 60)
    with pytest.raises(SourceError, match="no room"):
        open_source(str(file))
    assert list(private.iterdir()) == []


def test_what_unpacks_to_too_much_is_refused(
    tmp_path: Path, content: bytes, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bomb: little on the disk, much unpacked, holes counted too."""
    monkeypatch.setattr("etcdpod.connectors.packed.unpacking.LARGEST", 16 << 20)
    file = tmp_path / "bomb.db.gz"
    file.write_bytes(gzip.compress(content[:-32] + bytes(64 << 20)))
    with pytest.raises(SourceError, match="unpacks to more than 16,777,216 bytes"):
        open_source(str(file))
    assert list(private.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("when", ["unpacking", "reading"])
def test_nothing_is_left_behind_when_the_process_is_ended(
    number: signal.Signals, when: str, content: bytes, tmp_path: Path, private: Path
) -> None:
    """Ended by a signal as any other process, and what was unpacked is gone."""
    file = tmp_path / "pipe.gz"
    os.mkfifo(file) if when == "unpacking" else file.write_bytes(gzip.compress(content))
    program = (
        "import sys, time\n"
        "from etcdpod.connectors.packed.connector import PackedConnector\n"
        f"source = PackedConnector.open({str(file)!r})\n"
        "print('open', flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "TMPDIR": str(private)},
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        if when == "unpacking":
            with file.open("wb") as pipe:  # it waits for the rest of the file
                pipe.write(gzip.compress(content)[:200_000])
                pipe.flush()
                wait_for(lambda: any(private.rglob("*.db")))
                process.send_signal(number)
                assert process.wait(timeout=30) != 0
        else:
            assert process.stdout is not None
            assert process.stdout.readline() == b"open\n"
            assert any(private.rglob("*.db"))
            process.send_signal(number)
            assert process.wait(timeout=30) != 0
    finally:
        process.kill()
        process.wait()
    if number != signal.SIGINT:
        assert process.returncode == -number
    assert list(private.iterdir()) == []


def wait_for(is_there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_there():
        assert time.monotonic() < deadline
        time.sleep(0.01)
