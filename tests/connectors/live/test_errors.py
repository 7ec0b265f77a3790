"""Everything that goes wrong with a connection: one clear line, and in bounded time."""

from __future__ import annotations

import http.server
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from etcd3 import etcdrpc

from etcdpod.connectors.live.notices import Notice, NoticeCode, notice_text
from etcdpod.errors import ExitCode, SourceError, UsageError

BOUND_SECONDS = 9.0


@contextmanager
def one_clear_line(*words: str, error: type = SourceError):
    """The block fails in bounded time with one line that holds all ``words``."""
    began = time.monotonic()
    with pytest.raises(error) as caught:
        yield caught
    line = str(caught.value)
    assert time.monotonic() - began < BOUND_SECONDS
    assert "\n" not in line
    assert caught.value.next_step
    for word in words:
        assert word in line, line
    for leak in ("ipv4:", "StatusCode", "Traceback", "0x"):
        assert leak not in line, line
    if error is SourceError:
        assert caught.value.exit_code is ExitCode.UNREADABLE


@pytest.fixture
def secure_etcd(etcds, authority):
    """An etcd with TLS, its certificate made out to the names given."""

    def start(*names: str, pair=None, client_ca: Path | None = None, scheme: str = "https"):
        pair = pair or authority.issue("server", *(names or ("127.0.0.1", "localhost")))
        flags = ["--cert-file", str(pair.cert), "--key-file", str(pair.key)]
        own = authority.issue("ctl")
        ctl_flags = ["--cert", str(own.cert), "--key", str(own.key), "--insecure-skip-tls-verify"]
        if client_ca is not None:
            flags += ["--client-cert-auth", "--trusted-ca-file", str(client_ca)]
        etcd = etcds.make(*flags, scheme=scheme, ctl_flags=tuple(ctl_flags))
        return etcd.start()

    return start


# --- TLS -----------------------------------------------------------------------------------------


def test_tls_with_the_right_ca_works(secure_etcd, authority, connect):
    etcd = secure_etcd()
    etcd.ctl("put", "/k", "v")
    connector = connect(etcd.endpoint, cacert=str(authority.cacert))
    assert [record.value for record in connector.range(b"/")] == [b"v"]
    # A bare address is dialled with TLS as soon as TLS files are named, as by etcdctl.
    assert connect(etcd.address, cacert=str(authority.cacert)).info().current_revision == 2


def test_mutual_tls_works(secure_etcd, authority, connect):
    etcd = secure_etcd(client_ca=authority.cacert)
    etcd.ctl("put", "/k", "v")
    client = authority.issue("client")
    options = {
        "cacert": str(authority.cacert),
        "cert": str(client.cert),
        "key": str(client.key),
    }
    connector = connect(etcd.endpoint, **options)
    assert [record.value for record in connector.records(b"/")] == [b"v"]


def test_a_wrong_ca_names_both(secure_etcd, make_authority, connect):
    etcd, other = secure_etcd(), make_authority("other-ca")
    with one_clear_line("'server', issued by 'etcd-ca'", str(other.cacert), "'other-ca'"):
        connect(etcd.endpoint, cacert=str(other.cacert))


def test_no_ca_means_the_machines_cas(secure_etcd, connect):
    etcd = secure_etcd()
    with one_clear_line("this machine's CAs do not vouch", "--cacert"):
        connect(etcd.endpoint)


def test_an_expired_certificate_says_since_when(secure_etcd, authority, connect):
    pair = authority.issue("server", "127.0.0.1", valid_from=-40, valid_until=-3)
    etcd = secure_etcd(pair=pair)
    with one_clear_line("'server'", "expired on 20", "3 days ago", "renew"):
        connect(etcd.endpoint, cacert=str(authority.cacert))


def test_a_certificate_of_the_future_says_from_when(secure_etcd, authority, connect):
    etcd = secure_etcd(pair=authority.issue("server", "127.0.0.1", valid_from=3))
    with one_clear_line("'server'", "is not valid before 20"):
        connect(etcd.endpoint, cacert=str(authority.cacert))


def test_a_wrong_host_name_tells_the_right_ones(secure_etcd, authority, connect):
    etcd = secure_etcd("etcd-1.example", "10.1.2.3")
    with one_clear_line("made out to etcd-1.example, 10.1.2.3, not to 127.0.0.1", "--server-name"):
        connect(etcd.endpoint, cacert=str(authority.cacert))
    options = {"cacert": str(authority.cacert), "server_name": "etcd-1.example"}
    assert connect(etcd.endpoint, **options).info().current_revision == 1


def test_a_server_that_wants_a_client_certificate_says_so(secure_etcd, authority, connect):
    etcd = secure_etcd(client_ca=authority.cacert)
    with one_clear_line("wants a client certificate", "--cert and --key"):
        connect(etcd.endpoint, cacert=str(authority.cacert))


def test_a_client_certificate_of_a_stranger_is_named(
    secure_etcd, authority, make_authority, connect
):
    etcd = secure_etcd(client_ca=authority.cacert)
    stranger = make_authority("stranger-ca").issue("stranger")
    options = {"cert": str(stranger.cert), "key": str(stranger.key)}
    with one_clear_line(str(stranger.cert), "issued by 'stranger-ca'"):
        connect(etcd.endpoint, cacert=str(authority.cacert), **options)


def test_an_expired_client_certificate_is_named(secure_etcd, authority, connect):
    etcd = secure_etcd(client_ca=authority.cacert)
    old = authority.issue("old-client", valid_from=-40, valid_until=-1)
    with one_clear_line(str(old.cert), "expired on 20", "renew"):
        connect(etcd.endpoint, cacert=str(authority.cacert), cert=str(old.cert), key=str(old.key))


def test_tls_files_are_checked_before_anything_is_dialled(authority, connect, tmp_path):
    one, two = authority.issue("one"), authority.issue("two")
    endpoint = "https://127.0.0.1:1"
    with one_clear_line(str(two.key), "does not belong to the certificate", str(one.cert)):
        connect(endpoint, cert=str(one.cert), key=str(two.key))
    with one_clear_line("missing.crt", "cannot be read"):
        connect(endpoint, cacert=str(tmp_path / "missing.crt"))
    garbage = tmp_path / "garbage.crt"
    garbage.write_bytes(b"\x30\x82nothing")
    with one_clear_line(str(garbage), "not a PEM file"):
        connect(endpoint, cacert=str(garbage))
    garbage.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with one_clear_line(str(garbage), "no CA certificate"):
        connect(endpoint, cacert=str(garbage))


def test_skipping_verification_is_loud_and_reads_an_expired_etcd(secure_etcd, authority, connect):
    pair = authority.issue("server", "elsewhere.example", valid_from=-40, valid_until=-3)
    etcd = secure_etcd(pair=pair, client_ca=authority.cacert)
    for number in range(20):
        etcd.ctl("put", f"/k/{number:02d}", "v" * 100_000)
    client = authority.issue("client")
    connector = connect(
        etcd.endpoint,
        insecure_skip_tls_verify=True,
        cert=str(client.cert),
        key=str(client.key),
    )
    assert sum(len(record.value) for record in connector.range(b"/k/")) == 2_000_000
    assert NoticeCode.NOT_VERIFIED in [n.code for n in connector.notices]


def test_a_key_with_a_passphrase_is_told(authority, connect, tmp_path):
    pair = authority.issue("client")
    locked = tmp_path / "locked.key"
    key = serialization.load_pem_private_key(pair.key.read_bytes(), None)
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"passphrase"),
        )
    )
    with one_clear_line(str(locked), "passphrase"):
        connect("https://127.0.0.1:1", cert=str(pair.cert), key=str(locked))


@pytest.mark.parametrize("outcome", ["refused", "unverified"])
def test_grpc_and_the_relay_add_nothing_to_stderr(outcome, secure_etcd, make_authority):
    etcd = secure_etcd()
    code = """if True:
        import sys
        from etcdpod.connectors.live import LiveConnector, LiveOptions
        from etcdpod.errors import SourceError
        cacert, skip = sys.argv[2] or None, not sys.argv[2]
        options = LiveOptions(cacert=cacert, insecure_skip_tls_verify=skip)
        try:
            connector = LiveConnector.open(sys.argv[1], options=options)
            connector.info()
            connector.close()
            print("unverified")
        except SourceError:
            print("refused")
        """
    cacert = str(make_authority("other-ca").cacert) if outcome == "refused" else ""
    environ = {name: text for name, text in os.environ.items() if name != "GRPC_VERBOSITY"}
    done = subprocess.run(
        [sys.executable, "-c", code, etcd.endpoint, cacert],
        capture_output=True,
        env=environ,
        timeout=60,
        check=True,
    )
    assert (done.stdout.decode().strip(), done.stderr) == (outcome, b"")


def test_tls_and_clear_text_are_told_apart(secure_etcd, etcds, authority, connect):
    etcd = secure_etcd()
    with one_clear_line("speaks TLS", "https://"):
        connect(f"http://{etcd.address}")
    plain = etcds.start()
    with one_clear_line("speaks no TLS", "http://"):
        connect(f"https://{plain.address}", cacert=str(authority.cacert))


# --- addresses -----------------------------------------------------------------------------------


def test_a_dead_port_is_a_quick_answer(connect):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    began = time.monotonic()
    with one_clear_line(f"http://127.0.0.1:{port}", "connection refused", "--from DATA_DIR"):
        connect(f"127.0.0.1:{port}")
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_swallows_packets_is_given_up(scheme, connect):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        endpoint = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        with one_clear_line("answers within 1 s", "stuck"):
            connect(endpoint, dial_timeout=1.0)


@pytest.mark.parametrize("secure", [False, True])
def test_a_web_server_is_not_an_etcd(secure, authority, connect):
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    if secure:
        pair = authority.issue("server", "127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.cert, pair.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scheme, options = ("https", {"cacert": str(authority.cacert)}) if secure else ("http", {})
    try:
        with one_clear_line("not an etcd", "2379"):
            connect(f"{scheme}://127.0.0.1:{server.server_port}", **options)
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def grpc_server(*handlers):
    from concurrent.futures import ThreadPoolExecutor

    server = grpc.server(ThreadPoolExecutor(2))
    for register, servicer in handlers:
        register(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop(0)


def test_another_grpc_service_is_not_an_etcd(connect):
    with grpc_server() as endpoint, one_clear_line("not an etcd"):
        connect(endpoint)


def test_kine_is_named(connect):
    class Kine(etcdrpc.MaintenanceServicer):
        """Answers a status as kine does: sizes and a version, and no cluster behind them."""

        def Status(self, request, context):
            return etcdrpc.StatusResponse(version="3.5.13", dbSize=4096)

    with (
        grpc_server((etcdrpc.add_MaintenanceServicer_to_server, Kine())) as endpoint,
        one_clear_line("kine", "not etcd"),
    ):
        connect(endpoint)


def test_a_name_without_address_is_named(connect):
    with one_clear_line("no address for the name nowhere.invalid"):
        connect("http://nowhere.invalid:2379")


def test_all_endpoints_are_told_when_all_are_dead(connect):
    with one_clear_line("none of 2 endpoints", "127.0.0.1:1:", "127.0.0.1:2:", "refused"):
        connect("http://127.0.0.1:1,127.0.0.1:2")


def test_dead_endpoints_beside_a_living_one_are_noted(etcds, connect):
    etcd = etcds.start()
    etcd.ctl("put", "/k", "v")
    connector = connect(f"http://127.0.0.1:1,{etcd.endpoint}")
    assert [record.value for record in connector.range(b"/")] == [b"v"]
    assert [n for n in connector.notices if "127.0.0.1:1: connection refused" in notice_text(n)]


def test_unix_sockets_and_ipv6(etcds, connect, tmp_path):
    # etcd makes the socket of unix://HOST:PORT as a file named HOST:PORT in its directory.
    etcd = etcds.make()
    v6 = "http://[::1]:" + str(etcd.port)
    name = f"unix{os.getpid()}:1"
    etcd.flags = ("--listen-client-urls", f"{etcd.endpoint},{v6},unix://{name}")
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        etcd.start()
    except RuntimeError:
        pytest.skip("no IPv6 on this machine")
    finally:
        os.chdir(before)
    etcd.ctl("put", "/k", "v")
    for target in (v6, f"[::1]:{etcd.port}", f"unix://{tmp_path}/{name}"):
        connector = connect(target)
        assert [record.value for record in connector.range(b"/")] == [b"v"]
    with one_clear_line("no such socket"):
        connect(f"unix://{tmp_path}/nothing")


# --- users ---------------------------------------------------------------------------------------


@pytest.fixture
def etcd_with_users(any_etcds):
    """Users root and reader; reader may read /registry/pods/ only."""
    etcd = any_etcds.start()
    for command in (
        "put /registry/pods/a/b v",
        "put /registry/secrets/a/b hidden",
        "user add root:rootpw",
        "user add reader:readpw",
        "role add root",
        "role add pods",
        "role grant-permission pods --prefix=true read /registry/pods/",
        "user grant-role root root",
        "user grant-role reader pods",
        "auth enable",
    ):
        etcd.ctl(*command.split())
    etcd.ctl_flags = ("--user", "root:rootpw")
    return etcd


def test_a_user_reads_what_its_role_grants(etcd_with_users, connect):
    connector = connect(etcd_with_users.endpoint, user="reader", password="readpw")
    assert [record.value for record in connector.range(b"/registry/pods/")] == [b"v"]
    assert [r.value for r in connector.history(b"/registry/pods/a/b")] == [b"v"]
    assert Notice(NoticeCode.LOGGING_IN, user="reader") in connector.notices
    with one_clear_line("lacks a permission", "grant"):
        connector.range(b"/registry/")
    with one_clear_line("lacks a permission"):
        list(connector.records(b"/registry/secrets/"))
    with one_clear_line("lacks a permission"):
        next(connector.watch(b"/registry/secrets/", 1))
    info = connector.info()
    assert info.current_revision == 3
    assert any("lacks a permission" in note for note in connector.cluster_details().notes)


def test_a_wrong_password_is_told_and_never_printed(etcd_with_users, connect):
    with one_clear_line("the user or the password is wrong") as caught:
        connect(etcd_with_users.endpoint, user="reader", password="s3cr3t-wrong")
    assert "s3cr3t-wrong" not in repr(caught.value.__dict__) + str(caught.value)


def test_a_missing_user_is_told(etcd_with_users, connect):
    connector = connect(etcd_with_users.endpoint)
    with one_clear_line("wants a user", "--user"):
        connector.range(b"/registry/pods/")


def test_a_worn_out_login_is_renewed(etcd_with_users, connect):
    connector = connect(etcd_with_users.endpoint, user="reader", password="readpw")
    assert len(list(connector.range(b"/registry/pods/"))) == 1
    connector._connection._token = "worn.1"  # as etcd forgets one that was not used for a while
    assert len(list(connector.range(b"/registry/pods/"))) == 1
    assert connector.notices.count(Notice(NoticeCode.LOGGING_IN, user="reader")) == 2


def test_a_user_is_not_needed_where_there_are_none(etcds, connect):
    etcd = etcds.start()
    connector = connect(etcd.endpoint, user="someone", password="x")
    assert connector.info().current_revision == 1
    assert Notice(NoticeCode.NO_USERS) in connector.notices


def test_a_password_on_the_command_line_is_warned_of(etcds, connect):
    etcd = etcds.start()
    connector = connect(etcd.endpoint, user="someone", password="pa55", password_origin="argv")
    assert Notice(NoticeCode.PASSWORD_IN_ARGUMENTS) in connector.notices
    assert not [n for n in connector.notices if "pa55" in notice_text(n)]


def test_a_password_is_asked_for_or_missed(etcd_with_users):
    from etcdpod.connectors.live import LiveConnector, LiveOptions

    with one_clear_line("reader", "ETCDCTL_PASSWORD", error=UsageError):
        LiveConnector.open(etcd_with_users.endpoint, options=LiveOptions(user="reader"))
    asked: list[str] = []
    connector = LiveConnector.open(
        etcd_with_users.endpoint,
        options=LiveOptions(user="reader"),
        ask_password=lambda user: asked.append(user) or "readpw",
    )
    assert len(list(connector.range(b"/registry/pods/"))) == 1
    assert asked == ["reader"]
    connector.close()


# --- the state of etcd ---------------------------------------------------------------------------


def test_an_etcd_without_leader_is_told_and_still_read_member_by_member(any_etcds, connect):
    members = any_etcds.cluster(3)
    members[0].ctl("put", "/k", "v")
    members[1].kill()
    members[2].kill()
    survivor = members[0]
    deadline = time.monotonic() + 15
    while survivor.status().get("leader", 0):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    connector = connect(survivor.endpoint, command_timeout=2.0)
    with one_clear_line("no leader", "--serializable", "--from DATA_DIR"):
        connector.range(b"/")
    info = connector.info()
    assert info.current_revision == 2
    assert "knows no leader" in str(connector.cluster_details().notes)
    alone = connect(survivor.endpoint, serializable=True)
    assert [record.value for record in alone.range(b"/")] == [b"v"]
    assert [record.value for record in alone.history(b"/k")] == [b"v"]
    info = alone.info()
    assert info.current_revision == 2
    details = alone.cluster_details()
    assert details.leader is None
    assert len(details.members) == 3


def test_a_frozen_etcd_is_given_up(etcds, connect):
    import signal

    etcd = etcds.start()
    connector = connect(etcd.endpoint, dial_timeout=1.0, command_timeout=1.5)
    etcd.signal(signal.SIGSTOP)
    try:
        with one_clear_line("within 1"):
            connector.range(b"/")
        with one_clear_line("within 1"):
            connect(etcd.endpoint, dial_timeout=1.0)
    finally:
        etcd.signal(signal.SIGCONT)
    assert list(connector.range(b"/")) == []


@contextmanager
def slow_way(port: int, delay: float):
    """A relay to ``port`` on which every piece of data takes ``delay`` seconds."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, sink: socket.socket) -> None:
        while data := source.recv(65536):
            time.sleep(delay)
            sink.sendall(data)

    def serve() -> None:
        while True:
            near, _ = listener.accept()
            far = socket.create_connection(("127.0.0.1", port))
            for ends in ((near, far), (far, near)):
                threading.Thread(target=quiet, args=ends, daemon=True).start()

    def quiet(*ends: socket.socket) -> None:
        with suppress(OSError):
            pump(*ends)

    def accepting() -> None:
        with suppress(OSError):
            serve()

    threading.Thread(target=accepting, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def test_a_slow_way_is_no_dead_way(secure_etcd, authority, connect):
    etcd = secure_etcd()
    etcd.ctl("put", "/k", "v")
    with slow_way(etcd.port, 0.15) as port:
        connector = connect(f"https://127.0.0.1:{port}", cacert=str(authority.cacert))
        assert [record.value for record in connector.range(b"/")] == [b"v"]
        connector.close()
