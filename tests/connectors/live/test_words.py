"""Endpoints, flags, environment and certificates as people write and keep them."""

from __future__ import annotations

import pytest

from etcdpod.connectors.live import LiveConnector, LiveOptions, live_options, open_live
from etcdpod.connectors.live.connection import discovery
from etcdpod.connectors.live.connection.endpoints import Endpoint, parse_endpoints
from etcdpod.connectors.live.connection.options import parse_duration
from etcdpod.connectors.live.messages import prefix_span
from etcdpod.connectors.live.notices import notice_text
from etcdpod.connectors.live.watch import answers_progress
from etcdpod.errors import SourceError, UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://etcd-1:2379", [("https", "etcd-1", 2379)]),
        ("https://a:1,b:2", [("https", "a", 1), ("https", "b", 2)]),
        ("a:1, https://b", [("http", "a", 1), ("https", "b", 2379)]),
        ("127.0.0.1", [("http", "127.0.0.1", 2379)]),
        ("[::1]:2379", [("http", "::1", 2379)]),
        ("https://[fe80::1]", [("https", "fe80::1", 2379)]),
        ("::1", [("http", "::1", 2379)]),
        ("unix:///run/etcd.sock", [("unix", "/run/etcd.sock", 0)]),
        ("unixs://etcd.sock", [("unixs", "etcd.sock", 0)]),
        ("HTTPS://Host:1/", [("https", "host", 1)]),
        ("a:1,a:1", [("http", "a", 1)]),
    ],
)
def test_endpoints(text, expected):
    found = parse_endpoints([text], secure_by_default=False)
    assert [(e.scheme, e.host, e.port) for e in found] == expected


def test_a_bare_endpoint_is_tls_when_tls_is_meant():
    (endpoint,) = parse_endpoints(["etcd:2379"], secure_by_default=True)
    assert str(endpoint) == "https://etcd:2379"
    assert str(Endpoint("https", "::1", 2379)) == "https://[::1]:2379"
    assert str(Endpoint("unix", "/run/x", 0)) == "unix:///run/x"


@pytest.mark.parametrize(
    "text", ["ftp://a:1", "https://", "a:port", "https://a:1/path", "https://a:99999", "unix://"]
)
def test_what_is_no_endpoint_is_said(text):
    with pytest.raises(UsageError):
        parse_endpoints([text], secure_by_default=False)


def test_a_password_in_a_url_is_not_repeated():
    with pytest.raises(UsageError) as caught:
        parse_endpoints(["https://root:hunter2@etcd:2379"], secure_by_default=False)
    assert "hunter2" not in str(caught.value)


def test_files_and_endpoints_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "host:2379").write_bytes(b"")
    yes = ["https://a:1", "http://a", "127.0.0.1:2379", "a:1,b:2", "[::1]:2379", "unix:///x"]
    no = ["snapshot.db", "/var/lib/etcd", "host:2379", "", "a", "a:b", "./x:12/y", "\0:1", "é:²"]
    assert [LiveConnector.detect(text) for text in yes] == [True] * len(yes)
    assert [LiveConnector.detect(text) for text in no] == [False] * len(no)


def test_the_environment_is_etcdctls_and_flags_win():
    environ = {
        "ETCDCTL_ENDPOINTS": "https://a:1,https://b:2",
        "ETCDCTL_CACERT": "/ca",
        "ETCDCTL_CERT": "/cert",
        "ETCDCTL_KEY": "/key",
        "ETCDCTL_USER": "root",
        "ETCDCTL_PASSWORD": "pw",
        "ETCDCTL_DIAL_TIMEOUT": "3s",
        "ETCDCTL_COMMAND_TIMEOUT": "1m30s",
        "ETCDCTL_INSECURE_SKIP_TLS_VERIFY": "true",
    }
    options = live_options({}, environ)
    assert options.endpoints == ("https://a:1,https://b:2",)
    assert (options.cacert, options.cert, options.key) == ("/ca", "/cert", "/key")
    assert (options.user, options.password, options.password_origin) == (
        "root",
        "pw",
        "environment",
    )
    assert (options.dial_timeout, options.command_timeout) == (3.0, 90.0)
    assert options.insecure_skip_tls_verify
    flags = {"endpoints": ("c:3",), "cacert": "/other", "user": "me:secret", "dial_timeout": "1"}
    options = live_options(flags, environ | {"ETCDCTL_PASSWORD": ""})
    assert options.endpoints == ("c:3",)
    assert options.cacert == "/other"
    assert (options.user, options.password, options.password_origin) == ("me", "secret", "argv")
    assert options.dial_timeout == 1.0


def test_options_say_what_does_not_fit():
    with pytest.raises(UsageError, match="--cert needs --key"):
        live_options({"cert": "/c"}, {})
    with pytest.raises(UsageError, match="--key needs --cert"):
        live_options({"key": "/k"}, {})
    with pytest.raises(UsageError, match="dial timeout"):
        live_options({"dial_timeout": "soon"}, {})
    assert "s3cret" not in repr(live_options({"user": "a", "password": "s3cret"}, {}))


@pytest.mark.parametrize(
    ("text", "seconds"), [("5s", 5), ("500ms", 0.5), ("1m30s", 90), ("1.5h", 5400), ("7", 7)]
)
def test_durations(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "5x", "-1s", "0", "inf", "nan", "1s2", "1e99"])
def test_no_durations(text):
    with pytest.raises(ValueError):
        parse_duration(text)


@pytest.mark.parametrize(
    ("prefix", "span"),
    [
        (b"", (b"\0", b"\0")),
        (b"/a", (b"/a", b"/b")),
        (b"/a\xff", (b"/a\xff", b"/b")),
        (b"\xff\xff", (b"\xff\xff", b"\0")),
    ],
)
def test_spans(prefix, span):
    assert tuple(prefix_span(prefix)) == span


@pytest.mark.parametrize(
    ("version", "answers"),
    [
        ("3.4.30", False),
        ("3.4.31", True),
        ("3.5.1", False),
        ("3.5.12", False),
        ("3.5.13", True),
        ("3.6.0-rc.1", True),
        ("3.7.0", True),
        ("4.0.0", True),
        ("3.3.27", False),
        ("", False),
        ("3.6", False),
        ("x.y.z", False),
    ],
)
def test_versions_that_answer_progress_requests(version, answers):
    assert answers_progress(version) is answers


# --- what a node offers --------------------------------------------------------------------------

TREES = {
    "kubeadm": (
        "etc/kubernetes/pki/etcd/ca.crt",
        "etc/kubernetes/pki/etcd/healthcheck-client.crt",
        "etc/kubernetes/pki/etcd/healthcheck-client.key",
    ),
    "k3s": tuple(
        f"var/lib/rancher/k3s/server/tls/etcd/{name}"
        for name in ("server-ca.crt", "client.crt", "client.key")
    ),
    "RKE2": tuple(
        f"var/lib/rancher/rke2/server/tls/etcd/{name}"
        for name in ("server-ca.crt", "client.crt", "client.key")
    ),
    "OpenShift": (
        "etc/kubernetes/static-pod-resources/etcd-certs/configmaps/etcd-serving-ca/ca-bundle.crt",
        "etc/kubernetes/static-pod-resources/etcd-certs/secrets/etcd-all-certs/etcd-peer-m0.crt",
        "etc/kubernetes/static-pod-resources/etcd-certs/secrets/etcd-all-certs/etcd-peer-m0.key",
    ),
}


@pytest.mark.parametrize("distribution", TREES)
def test_a_nodes_certificates_are_found_and_named(distribution, tmp_path):
    for name in TREES[distribution]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    found = discovery.find_certificates(tmp_path)
    assert found is not None
    assert found.distribution == distribution
    files = [found.cacert, found.cert, found.key]
    assert files == [str(tmp_path / name) for name in TREES[distribution]]
    assert all(name in str(found) for name in files)


def test_half_a_set_of_certificates_is_none(tmp_path):
    for name in TREES["kubeadm"][:2]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    assert discovery.find_certificates(tmp_path) is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("var/lib/rancher/k3s/server/db/state.db", "k3s with kine over SQLite"),
        ("var/snap/microk8s/current/var/kubernetes/backend/cluster.yaml", "MicroK8s with dqlite"),
    ],
)
def test_a_node_without_etcd_is_told(path, name, tmp_path):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_bytes(b"")
    with pytest.raises(SourceError, match=f"{name}, which is not etcd"):
        open_live(root=tmp_path)


def test_found_certificates_are_used_for_a_local_endpoint(etcds, authority, tmp_path):
    pair = authority.issue("server", "127.0.0.1")
    files = {"cacert": authority.cacert, "cert": pair.cert, "key": pair.key}
    etcd = etcds.make(
        *("--cert-file", str(pair.cert), "--key-file", str(pair.key)),
        *("--client-cert-auth", "--trusted-ca-file", str(authority.cacert)),
        scheme="https",
        ctl_flags=tuple(f"--{name}={path}" for name, path in files.items()),
    ).start()
    client = authority.issue("client")
    root = tmp_path / "root"
    for name, source in zip(
        TREES["kubeadm"], (authority.cacert, client.cert, client.key), strict=True
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read_bytes())
    connector = open_live(etcd.endpoint, LiveOptions(), root=root)
    assert connector.info().current_revision == 1
    (notice,) = connector.notices
    assert notice_text(notice).startswith("using kubeadm's certificates: ")
    connector.close()
