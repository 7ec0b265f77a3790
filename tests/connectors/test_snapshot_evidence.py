"""A file is evidence: it is not changed, not locked, and read rightly while etcd writes it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
from bbolt_writer import BboltWriter, backend, put
from etcd3 import etcdrpc
from paths import REPOSITORY
from sources import tree_of

from etcdpod.connectors import CONNECTORS, open_source
from etcdpod.errors import SourceError, UsageError
from etcdpod.etcd.bbolt.file import BboltFile

if TYPE_CHECKING:
    from etcdpod.connectors.disk.carving import CarvingConnector

SHOP = REPOSITORY / ".." / "shared" / "fixtures" / "shop"
ROWS = [put(main, b"/registry/pods/a/%d" % main, b"x" * 500) for main in range(2, 40)]


def ask_everything(connector: CarvingConnector) -> None:
    connector.info()
    connector.check_trailer()
    records = list(connector.records())
    for record in records[::10]:
        connector.get(record.key)
        list(connector.history(record.key))
    list(connector.range(b""))
    connector.close()


@pytest.fixture
def snapshot(tmp_path) -> Path:
    path = tmp_path / "snapshot.db"
    path.write_bytes(backend(ROWS, writer=BboltWriter(trailer=True)))
    os.utime(path, ns=(10**18, 10**18))
    return path


def test_nothing_of_a_file_changes_and_nothing_appears_beside_it(snapshot):
    before = (hashlib.sha256(snapshot.read_bytes()).digest(), snapshot.stat().st_mtime_ns)
    ask_everything(tree_of(snapshot))
    assert (hashlib.sha256(snapshot.read_bytes()).digest(), snapshot.stat().st_mtime_ns) == before
    assert list(snapshot.parent.iterdir()) == [snapshot]


def test_a_file_and_folder_that_may_not_be_written_are_enough(snapshot):
    snapshot.chmod(0o400)
    snapshot.parent.chmod(0o500)
    try:
        ask_everything(tree_of(snapshot))
    finally:
        snapshot.parent.chmod(0o700)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="strace is a Linux tool")
def test_no_system_call_writes_or_locks(snapshot, tmp_path):
    log = tmp_path / "strace.log"
    program = (
        "import sys; from etcdpod.connectors import open_source; c = open_source(sys.argv[1]);"
        "c.info(); list(c.records()); c.check_trailer(); c.close()"
    )
    try:
        subprocess.run(
            ["strace", "-f", "-y", "-e", "trace=file,desc", "-o", str(log), sys.executable, "-c",
             program, str(snapshot)],
            check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("strace is not installed")
    touching = [line for line in log.read_text().splitlines() if str(snapshot) in line]
    opened = [line for line in touching if re.search(r"\bopen(at2?)?\(", line)]
    assert opened
    assert all("O_RDONLY" in line for line in opened)
    assert not [line for line in touching if "flock" in line or "F_SETLK" in line]
    assert not [line for line in touching if "write(" in line or "PROT_WRITE" in line]


def test_the_file_is_never_opened_for_writing_or_locked(snapshot, monkeypatch):
    import fcntl
    import mmap

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a lock was asked for")

    modes: list[str] = []
    real_open = Path.open

    def watched(self: Path, mode: str = "r", *rest: object, **more: object):
        if self == snapshot:
            modes.append(mode)
        return real_open(self, mode, *rest, **more)

    for name in ("flock", "lockf", "fcntl"):
        monkeypatch.setattr(fcntl, name, refuse)
    monkeypatch.setattr(Path, "open", watched)
    connector = tree_of(snapshot)
    assert modes == ["rb"]
    with pytest.raises(TypeError):
        connector.store.file.data[0:1] = b"x"
    assert isinstance(connector.store.file.data, mmap.mmap)


def value_of(revision: int) -> bytes:
    """What the writer below stores at a revision: sizes from nothing to several pages."""
    return (b"%d," % revision) * (revision * 7919 % 2500)


class Writer(threading.Thread):
    """Puts, deletes and compacts without pause; the value tells the revision it must have."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.address = address
        self.halt = threading.Event()
        self.newest = 1
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            with grpc.insecure_channel(self.address) as channel:
                self._write(etcdrpc.KVStub(channel))
        except grpc.RpcError as error:
            self.failure = error

    def _write(self, kv: etcdrpc.KVStub) -> None:
        while not self.halt.is_set():
            revision = self.newest + 1
            operations = [
                etcdrpc.RequestOp(
                    request_put=etcdrpc.PutRequest(
                        key=b"/k/%d" % (revision * step % 17), value=value_of(revision)
                    )
                )
                for step in (1,)
            ] + [
                etcdrpc.RequestOp(
                    request_put=etcdrpc.PutRequest(key=b"/pair/%d" % side, value=b"%d" % revision)
                )
                for side in (1, 2)
            ]
            answer = kv.Txn(etcdrpc.TxnRequest(success=operations))
            assert answer.header.revision == revision
            self.newest = revision
            if revision % 60 == 0:
                kv.Compact(etcdrpc.CompactionRequest(revision=revision - 30))


def check(records) -> int:
    count = 0
    for record in records:
        if record.key.startswith(b"/k/"):
            assert record.value == value_of(record.revision.main)
        else:
            assert record.value == b"%d" % record.revision.main
        count += 1
    return count


def test_a_db_is_read_rightly_while_its_server_writes_and_compacts(etcd_server):
    server = etcd_server()
    writer = Writer(server.address)
    writer.start()
    rounds = read = seen = 0
    try:
        while writer.newest < 100:
            time.sleep(0.02)
        deadline = time.monotonic() + 6
        connector = tree_of(server.database)
        while time.monotonic() < deadline:
            # Under this load compaction may overtake a reader, who is then told to read again.
            with contextlib.suppress(SourceError):
                early = connector.records()
                one, two = connector.range(b"/pair/")
                assert one.revision.main == two.revision.main >= seen
                seen = one.revision.main
                read += check(connector.range(b"")) + check([one, two])
                time.sleep(0.02)
                # Revisions chosen before, read now: they may have moved.
                read += check(early)
                read += check(connector.history(b"/k/3"))
                rounds += 1
            assert connector.damage == []
    finally:
        writer.halt.set()
        writer.join()
    assert writer.failure is None
    assert rounds > 3
    assert read > 500
    assert seen > 200


def test_a_file_that_is_replaced_is_read_on_as_it_was(snapshot):
    connector = tree_of(snapshot)
    other = snapshot.with_name("other.db")
    other.write_bytes(backend(ROWS[:3]))
    other.rename(snapshot)
    assert len(connector.records()) == len(ROWS)
    assert check_values(connector)


def check_values(connector: CarvingConnector) -> bool:
    return all(record.value == b"x" * 500 for record in connector.records())


def test_forked_processes_read_the_same_selection(snapshot):
    selection = tree_of(snapshot).records()
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writing, b"%d" % sum(len(record.value) for record in selection[10:20]))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 100) == b"5000"
    os.close(reading)
    os.close(writing)


def test_memory_stays_small_beside_a_large_file(tmp_path):
    path = tmp_path / "large.db"
    rows = [put(main, b"/registry/pods/a/%d" % main, b"v" * 20_000) for main in range(2, 3002)]
    path.write_bytes(backend(rows))
    program = (
        "import sys; from etcdpod.connectors import open_source\n"
        "def anonymous():\n"
        "    lines = open('/proc/self/status').read().split('RssAnon:')[1].split()\n"
        "    return int(lines[0])\n"
        "c = open_source(sys.argv[1]); start = anonymous()\n"
        "total = sum(len(r.value) for r in c.records())\n"
        "print(total, start, anonymous())\n"
    )
    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc here")
    output = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    ).stdout  # fmt: skip
    total, opened, read = map(int, output.split())
    assert total == 60_000_000
    assert opened < 60_000  # kB: the interpreter and numpy
    assert read - opened < 25_000


def test_the_connectors_are_tried_in_a_fixed_order_and_imported_late(snapshot):
    names = [name.rpartition(":")[2] for name in CONNECTORS]
    order = ["CarvingConnector", "DataDirectoryConnector", "LiveConnector"]
    assert [name for name in names if name in order] == order
    program = (
        "import sys; from etcdpod.connectors import open_source; open_source(sys.argv[1]);"
        "print([m for m in ('grpc', 'etcd3', 'textual', 'deepdiff', 'yaml') if m in sys.modules])"
    )
    output = subprocess.run(
        [sys.executable, "-c", program, str(snapshot)],
        check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    ).stdout  # fmt: skip
    assert output == b"[]\n"


def test_a_target_that_nothing_opens_is_named(tmp_path):
    empty = tmp_path / "empty.db"
    empty.touch()
    with pytest.raises(SourceError, match="the file is empty"):
        open_source(str(empty))
    text = tmp_path / "notes.txt"
    text.write_text("no snapshot\n" * 1000)
    with pytest.raises(SourceError, match="is no etcd snapshot"):
        open_source(str(text))
    with pytest.raises(UsageError):
        open_source("")


@pytest.mark.skipif(not SHOP.exists(), reason="the recorded incident is not here")
@pytest.mark.parametrize("name", ["mid", "end", "quiet"])
def test_a_recorded_snapshot_is_whole_and_stays_as_it_is(name):
    path = SHOP / f"{name}.db"
    before = (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns)
    connector = tree_of(path)
    assert connector.check_trailer() is True
    ask_everything(connector)
    assert connector.damage == []
    assert (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns) == before


def test_the_lock_of_a_running_server_is_not_waited_for(etcd_server):
    server = etcd_server()
    server.etcdctl("put", "a", "b")
    started = time.monotonic()
    file = BboltFile.open(server.database)
    assert time.monotonic() - started < 0.5
    file.close()
