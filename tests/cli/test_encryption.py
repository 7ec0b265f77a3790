"""Encryption at rest from the command line: opened, or a typed answer; no key in any output."""

from __future__ import annotations

import base64
import gzip
import json
import logging
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from bbolt_writer import BboltWriter, backend, put

from etcdpod.connectors.packed.private_folder import PrivateFolder
from etcdpod.kube.encryption.ciphers import WRONG_KEY
from etcdpod.session import Session, SourceOptions

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ("pods", "secrets", "configmaps")


@pytest.fixture
def database(shared: Callable) -> str:
    return str(shared("fixtures/encrypted/encrypted.db"))


@pytest.fixture
def config(shared: Callable) -> Path:
    return Path(shared("fixtures/encrypted/encryption-config.yaml"))


def changed(config: Path, tmp_path: Path, change: Callable[[list], None]) -> str:
    """A copy of the configuration with its rules changed."""
    content = yaml.safe_load(config.read_text())
    change(content["resources"])
    path = tmp_path / "changed.yaml"
    path.write_text(yaml.safe_dump(content))
    return str(path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_object_equals_its_plain_json(
    kind: str, database: str, config: Path, shared: Callable, cli: Callable
) -> None:
    expected = json.loads(shared(f"fixtures/encrypted/{kind}.json").read_text())["items"]
    ran = cli(
        *("get", kind, "-A", "-o", "json", "--show-secrets", "--show-managed-fields"),
        *("--from", database, "--encryption-config", str(config)),
    )
    assert ran.code == 0
    assert json.loads(ran.out)["items"] == expected


def test_without_keys_scheme_and_key_are_named(database: str, cli: Callable) -> None:
    ran = cli("get", "pods", "-A", "--from", database)
    assert "<encrypted (aescbc:v1, key key-p): no keys were given>" in ran.out
    assert "key-p" in ran.err


def test_a_wrong_key_and_a_missing_key(
    database: str, config: Path, tmp_path: Path, cli: Callable
) -> None:
    def wrong(rules: list) -> None:
        rules[0]["providers"][0]["aescbc"]["keys"][0]["secret"] = base64.b64encode(
            bytes(32)
        ).decode()

    def missing(rules: list) -> None:
        del rules[0]["providers"][0]["aescbc"]["keys"][0]

    for change, reason in ((wrong, WRONG_KEY), (missing, "no key of this name")):
        path = changed(config, tmp_path, change)
        ran = cli("get", "pods", "-A", "--from", database, "--encryption-config", path)
        assert f"encrypted (aescbc:v1, key key-p): {reason}" in ran.err, reason
        info = cli("info", "--encryption", "-o", "json", "--from", database,
                   "--encryption-config", path)  # fmt: skip
        assert info.code == 1
        stale = json.loads(info.out)["stale"]
        assert {one["key"] for one in stale} >= {
            *("/registry/pods/vaulted/p1", "/registry/pods/vaulted/p2"),
        }
        assert any(str(reason) in (one["problem"] or "") for one in stale)


def sealed(database: str, key: str) -> bytes:
    with Session.open(SourceOptions(targets=(database,))) as session:
        return session.connector.get(key.encode()).value


@pytest.mark.parametrize("kind", ["configmaps", "secrets", "pods"])
def test_moved_and_cut_values(
    kind: str, database: str, config: Path, etcd_server: Callable, tmp_path: Path, cli: Callable
) -> None:
    """With aesgcm a value opens under its own key alone."""
    with Session.open(SourceOptions(targets=(database,))) as session:
        record = next(iter(session.connector.range(f"/registry/{kind}/".encode())))
    server = etcd_server()
    server.etcdctl("put", f"/registry/{kind}/elsewhere/moved", stdin=record.value)
    server.etcdctl("put", record.key.decode(), stdin=record.value[:-7])
    path = str(server.snapshot(tmp_path / "moved.db"))
    ran = cli("get", kind, "-A", "-o", "name", "--from", path, "--encryption-config", str(config))
    problems = [line for line in ran.err.splitlines() if "encrypted (" in line]
    cut = [line for line in problems if record.key.decode() in line]
    assert len(cut) == 1
    moved = [line for line in problems if "elsewhere/moved" in line]
    if kind == "configmaps":
        assert len(moved) == 1
    else:
        # It opens; verify then tells that it is not the object of its key.
        verified = cli("verify", "--from", path, "--encryption-config", str(config))
        assert moved or (verified.code == 4 and "and its key says 'moved'" in verified.out)


def test_objects_that_are_plain_or_under_an_old_key_are_listed(
    database: str, config: Path, tmp_path: Path, cli: Callable
) -> None:
    def rotate(rules: list) -> None:
        rules[0]["providers"][0]["aescbc"]["keys"].reverse()  # pods: the old key first
        rules.append({"resources": ["serviceaccounts"], "providers": rules[1]["providers"]})

    path = changed(config, tmp_path, rotate)
    words = ("info", "--encryption", "--from", database, "--encryption-config", path)
    ran = cli(*words)
    assert ran.code == 1
    told = json.loads(cli(*words, "-o", "json").out)
    stale = {one["key"]: one for one in told["stale"]}
    pod = stale["/registry/pods/vaulted/p1"]
    assert (pod["stored"], pod["configured"]) == ("aescbc:v1 key key-p", "aescbc:v1 key old")
    account = stale["/registry/serviceaccounts/default/default"]
    assert (account["stored"], account["configured"]) == ("plain", "secretbox:v1 key key-s")
    assert {key.split("/")[2] for key in stale} == {"pods", "serviceaccounts"}
    assert "/registry/pods/vaulted/p1: aescbc:v1 key key-p; configured: aescbc:v1" in ran.out


def test_what_is_as_configured_is_told_so(database: str, config: Path, cli: Callable) -> None:
    words = ("info", "--encryption", "-o", "json", "--from", database)
    ran = cli(*words, "--encryption-config", str(config))
    assert ran.code == 0
    told = {one["resource"]: one for one in json.loads(ran.out)["resources"]}
    assert [told[kind]["stored"] for kind in KINDS] == [
        *("aescbc:v1 key key-p", "secretbox:v1 key key-s", "aesgcm:v1 key key-c"),
    ]
    assert (told["pods"]["objects"], told["secrets"]["objects"]) == (2, 2)
    assert told["pods"]["revisions"] > 2
    assert told["namespaces"]["stored"] == told["namespaces"]["configured"] == "plain"
    without = json.loads(cli(*words).out)
    assert without["stale"] == []


@pytest.mark.parametrize(
    "text",
    [
        "kind: EncryptionConfiguration\nresources: [{resources: [pods], providers: [{aescbc: "
        "{keys: [{name: a, secret: dG9wLXNlY3JldC1rZXktdGV4dA==}]}}]}]",
        "kind: EncryptionConfiguration\nresources: dG9wLXNlY3JldC1rZXktdGV4dA==",
        "secret: dG9wLXNlY3JldC1rZXktdGV4dA==\n  broken: [",
    ],
)
def test_no_key_reaches_an_error(text: str, tmp_path: Path, database: str, cli: Callable) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    ran = cli("get", "pods", "-A", "--from", database, "--encryption-config", str(path))
    assert ran.code == 3
    assert str(path) in ran.err
    assert "dG9w" not in ran.err + ran.out


def test_histories_diffs_and_recovery_of_sealed_objects(
    database: str, config: Path, tmp_path: Path, cli: Callable
) -> None:
    source = ("--from", database, "--encryption-config", str(config))
    history = cli("history", "vaulted/p1", "--diff", *source)
    assert history.code == 0
    assert "Pending → Running" in history.out
    assert cli("verify", *source).code == 0
    plain_copy = tmp_path / "copy.db"
    shutil.copy(database, plain_copy)
    assert "encrypted" in cli("history", "vaulted/p1", "--from", str(plain_copy)).out


@pytest.mark.parametrize("is_right", [True, False], ids=["right keys", "wrong keys"])
def test_neither_keys_nor_what_they_open_leave_the_process(
    is_right: bool,
    database: str,
    config: Path,
    tmp_path: Path,
    cli: Callable,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not in an output, a log or a temporary file; a packed file is unpacked as it was sealed."""

    def wrong(rules: list) -> None:
        for rule in rules:
            for cipher in rule["providers"][0].values():
                for key in cipher["keys"]:
                    key["secret"] = base64.b64encode(b"a key that opens nothing".ljust(32)).decode()

    used = changed(config, tmp_path, (lambda rules: None) if is_right else wrong)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    seen: list[bytes] = []
    remove = PrivateFolder.remove

    def looked_into(folder: PrivateFolder) -> None:
        seen.extend(path.read_bytes() for path in folder.path.rglob("*") if path.is_file())
        remove(folder)

    monkeypatch.setattr(PrivateFolder, "remove", looked_into)
    packed = tmp_path / "encrypted.db.gz"
    packed.write_bytes(gzip.compress(Path(database).read_bytes()))
    caplog.set_level(logging.DEBUG)
    said = b""
    for words in (
        ("get", "secrets,configmaps", "-A"),
        ("get", "secrets", "-A", "-o", "yaml"),
        ("history", "secret", "vaulted/s1", "--diff"),
        ("verify",),
        ("recover",),
        ("info",),
        ("info", "--encryption", "-o", "json"),
        ("top",),
    ):
        ran = cli(*words, "--from", str(packed), "--encryption-config", used)
        said += ran.raw + ran.err.encode()
        monkeypatch.setattr(PrivateFolder, "remove", looked_into)  # each run undoes it
        monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert len(said) > 3000
    assert seen
    texts = config.read_text() + Path(used).read_text()
    secret = re.findall(r"secret: ([A-Za-z0-9+/=]{20,})", texts)
    assert len(secret) >= 10
    plain = [b"value-1", b"dmFsdWUtMQ=="]
    for word in (*plain, *(one.encode() for one in secret), *map(base64.b64decode, secret)):
        assert word not in said
        assert word not in caplog.text.encode()
        assert not any(word in content for content in seen)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "code"),
    [(b"k8s:enc:aescbc:v1:key1:" + bytes(48), 0), (b"k8s\x00\xff\xff\xff", 4)],
    ids=["encrypted", "undecodable"],
)
@pytest.mark.parametrize("name", ["app", "undecodable"])
def test_the_exit_code_is_by_what_a_value_is_and_not_by_its_name(
    tmp_path: Path, cli: Callable, name: str, value: bytes, code: int
) -> None:
    path = tmp_path / "made.db"
    row = put(2, f"/registry/secrets/shop/{name}".encode(), value)
    path.write_bytes(backend([row], writer=BboltWriter(trailer=True)))
    ran = cli("get", "secrets", "-n", "shop", "--from", str(path))
    assert name in ran.err
    assert ran.code == code
