"""Encryption at rest: real values of every scheme, and what is said of those that do not open."""

from __future__ import annotations

import base64
import json
import secrets
from concurrent import futures
from typing import TYPE_CHECKING

import pytest
from paths import SHARED
from sources import tree_of

from etcdpod.errors import SourceError
from etcdpod.kube.codec import Decoder
from etcdpod.kube.encryption.ciphers import CHANGED, CUT, MOVED, WRONG_KEY
from etcdpod.kube.encryption.keyring import MISSING_KEY, ConfiguredKeyring
from etcdpod.records import Encrypted, SealCode

if TYPE_CHECKING:
    from pathlib import Path

VALUES = SHARED / "facts" / "kubernetes" / "values"
FIXTURES = SHARED / "fixtures" / "encrypted"
needs_values = pytest.mark.skipif(not VALUES.exists(), reason="the recorded values are not here")
needs_fixtures = pytest.mark.skipif(not FIXTURES.exists(), reason="the fixtures are not here")

STUB_MASK = 0x5A
"""What the plugin that made the recorded values mixed every key with."""


def recorded() -> list[tuple[bytes, bytes, bytes]]:
    """Etcd key, stored and plain value of each recorded value."""
    lines = (VALUES / "live-encrypted.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        (row["key"].encode(), base64.b64decode(row["value"]), base64.b64decode(row["plain"]))
        for row in rows
    ]


def configuration(
    folder: Path, *providers: dict, resources: tuple[str, ...] = ("secrets",)
) -> Path:
    path = folder / "encryption.json"
    rule = {"resources": list(resources), "providers": list(providers)}
    path.write_text(json.dumps({"kind": "EncryptionConfiguration", "resources": [rule]}))
    return path


def local(scheme: str, *keys: tuple[str, bytes]) -> dict:
    listed = [{"name": n, "secret": base64.b64encode(secret).decode()} for n, secret in keys]
    return {scheme: {"keys": listed}}


def scheme_of(value: bytes) -> str:
    return ":".join(value.decode("latin-1").split(":")[2:4])


def of_scheme(scheme: str) -> tuple[bytes, bytes, bytes]:
    return next(row for row in recorded() if scheme_of(row[1]) == scheme)


@needs_values
def test_every_value_sealed_with_a_local_key_opens_to_what_the_server_had():
    keyring = ConfiguredKeyring.load(VALUES / "encryption-config.yaml")
    opened = [
        (scheme_of(stored), keyring.open(key, stored) == plain)
        for key, stored, plain in recorded()
        if not scheme_of(stored).startswith("kms")
    ]
    assert {scheme for scheme, _ in opened} == {"aescbc:v1", "aesgcm:v1", "secretbox:v1"}
    assert all(right for _, right in opened)


@pytest.fixture
def plugin(tmp_path):
    """A KMS plugin as the recorded one, on a unix socket; yields its endpoint and its calls."""
    grpc = pytest.importorskip("grpc")
    calls: list[tuple[str, bytes]] = []

    def answer(method: str, marker: bytes):
        def decrypt(request: bytes, _context: object) -> bytes:
            calls.append((method, request))
            start = request.index(marker) + len(marker)
            return b"\n\x20" + bytes(byte ^ STUB_MASK for byte in request[start : start + 32])

        return grpc.unary_unary_rpc_method_handler(decrypt)

    class Handler(grpc.GenericRpcHandler):
        def service(self, details):
            version = details.method.split(".")[0].strip("/")
            markers = {"v1beta1": b"v1wrap:", "v2": b"wrap:"}
            return answer(details.method, markers[version])

    server = grpc.server(futures.ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers([Handler()])
    endpoint = f"unix://{tmp_path}/kms.sock"
    server.add_insecure_port(endpoint)
    server.start()
    yield endpoint, calls
    server.stop(None).wait()


@needs_values
def test_kms_values_of_both_versions_open_through_the_plugins_socket(plugin, tmp_path):
    endpoint, calls = plugin
    keyring = ConfiguredKeyring.load(
        configuration(
            tmp_path,
            {"kms": {"apiVersion": "v1", "name": "kone", "endpoint": endpoint, "timeout": "3s"}},
            {"kms": {"apiVersion": "v2", "name": "ktwo", "endpoint": endpoint}},
        )
    )
    sealed = [row for row in recorded() if scheme_of(row[1]).startswith("kms")]
    assert {scheme_of(stored) for _, stored, _ in sealed} == {"kms:v1", "kms:v2"}
    assert all(keyring.open(key, stored) == plain for key, stored, plain in sealed)
    second = [method for method, _ in calls if "v2" in method]
    assert len(second) == 1, "one sealed key serves all values of one server process"


@needs_values
def test_a_kms_without_its_plugin_is_named_and_says_so(tmp_path):
    keyring = ConfiguredKeyring.load(
        configuration(
            tmp_path,
            {"kms": {"apiVersion": "v2", "name": "ktwo", "endpoint": f"unix://{tmp_path}/none"}},
        )
    )
    key, stored, _ = of_scheme("kms:v2")
    answer = keyring.open(key, stored)
    assert isinstance(answer, Encrypted)
    assert (answer.scheme, answer.key_name) == ("kms:v2", "ktwo")
    assert (answer.reason.code, answer.reason.status) == (SealCode.PLUGIN_FAILED, "UNAVAILABLE")
    assert "did not open it: UNAVAILABLE" in str(answer)


@needs_values
def test_a_key_that_the_configuration_lacks_is_named(tmp_path):
    keyring = ConfiguredKeyring.load(configuration(tmp_path, local("aesgcm", ("other", bytes(16)))))
    key, stored, _ = of_scheme("aesgcm:v1")
    assert keyring.open(key, stored) == Encrypted("aesgcm:v1", "gcm1", MISSING_KEY)


@needs_values
@pytest.mark.parametrize("scheme", ["aescbc", "aesgcm", "secretbox"])
def test_a_wrong_key_of_the_right_name_is_told_from_everything_else(scheme, tmp_path):
    key, stored, _ = of_scheme(f"{scheme}:v1")
    name = stored.split(b":")[4].decode()
    for _ in range(50):
        wrong = local(scheme, (name, secrets.token_bytes(32)))
        answer = ConfiguredKeyring.load(configuration(tmp_path, wrong)).open(key, stored)
        assert answer == Encrypted(f"{scheme}:v1", name, WRONG_KEY)


@needs_values
def test_of_several_keys_with_one_name_the_fitting_one_opens(tmp_path):
    key, stored, plain = of_scheme("aescbc:v1")
    right = base64.b64decode("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    keys = [("key1", secrets.token_bytes(32)), ("key1", right), ("key1", secrets.token_bytes(16))]
    path = configuration(tmp_path, local("aescbc", *keys))
    assert ConfiguredKeyring.load(path).open(key, stored) == plain


def test_a_key_whose_name_holds_a_colon_is_found(tmp_path):
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    secret, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    sealed = AESGCM(secret).encrypt(nonce, b"{}", b"/registry/a/b")
    stored = b"k8s:enc:aesgcm:v1:old:key:" + nonce + sealed
    others = [("old", secrets.token_bytes(16)), ("old:key", secret)]
    keyring = ConfiguredKeyring.load(configuration(tmp_path, local("aesgcm", *others)))
    assert keyring.open(b"/registry/a/b", stored) == b"{}"
    assert keyring.sealed_by(stored).name == "old:key"


@needs_values
def test_a_value_moved_to_another_key_is_recognised_where_the_scheme_binds_it():
    keyring = ConfiguredKeyring.load(VALUES / "encryption-config.yaml")
    _, stored, _ = of_scheme("aesgcm:v1")
    answer = keyring.open(b"/registry/configmaps/other/e1", stored)
    assert answer == Encrypted("aesgcm:v1", "gcm1", MOVED)


@needs_values
@pytest.mark.parametrize("scheme", ["aescbc", "aesgcm", "secretbox"])
def test_a_value_cut_anywhere_is_called_cut_or_wrong_and_never_opened(scheme):
    keyring = ConfiguredKeyring.load(VALUES / "encryption-config.yaml")
    key, stored, plain = of_scheme(f"{scheme}:v1")
    header = stored.index(b":", len(b"k8s:enc:") + len(scheme) + 4) + 1
    answers = [keyring.open(key, stored[:end]) for end in range(header, len(stored))]
    assert all(isinstance(answer, Encrypted) for answer in answers)
    assert all(answer.reason in (CUT, WRONG_KEY) for answer in answers)
    # Where enough is left to see that the key is right, it is called cut.
    assert [a.reason for a in answers[-len(plain) // 2 :]] == [CUT] * len(
        answers[-len(plain) // 2 :]
    )


@needs_values
def test_a_flipped_bit_is_never_opened_where_the_scheme_seals():
    keyring = ConfiguredKeyring.load(VALUES / "encryption-config.yaml")
    for scheme, reasons in (
        ("aesgcm", (MOVED, WRONG_KEY, CUT)),
        ("secretbox", (CHANGED, WRONG_KEY, CUT)),
    ):
        key, stored, _ = of_scheme(f"{scheme}:v1")
        header = stored.index(b":", len(b"k8s:enc:") + len(scheme) + 4) + 1
        for position in range(header, len(stored)):
            changed = bytearray(stored)
            changed[position] ^= 1 << position % 8
            answer = keyring.open(key, bytes(changed))
            assert isinstance(answer, Encrypted)
            assert answer.reason in reasons


def test_a_plain_value_is_given_back_as_it_is(tmp_path):
    keyring = ConfiguredKeyring.load(configuration(tmp_path, {"identity": {}}))
    assert keyring.open(b"/registry/x", b"k8s\0whatever") == b"k8s\0whatever"


def test_which_key_a_resource_is_written_with(tmp_path):
    first, core, group = (local("aesgcm", (name, bytes(16))) for name in ("one", "core", "apps"))
    path = tmp_path / "config.yaml"
    rules = [
        (["secrets", "widgets.example.com"], [first, {"identity": {}}]),
        (["configmaps"], [{"identity": {}}, first]),
        (["*.apps"], [group]),
        (["*."], [core]),
    ]
    listed = [{"resources": names, "providers": providers} for names, providers in rules]
    path.write_text(json.dumps({"kind": "EncryptionConfiguration", "resources": listed}))
    keyring = ConfiguredKeyring.load(path)
    asked = [
        ("secrets", ""), ("widgets", "example.com"), ("deployments", "apps"), ("pods", ""),
        ("configmaps", ""), ("jobs", "batch"),
    ]  # fmt: skip
    names = [getattr(keyring.writes_with(*resource), "name", None) for resource in asked]
    assert names == ["one", "one", "apps", "core", None, None]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("a: [TOPSECRET", "is no YAML, line 1"),
        ("kind: Pod", "is no EncryptionConfiguration"),
        ("TOPSECRET", "is no EncryptionConfiguration"),
        ("kind: EncryptionConfiguration", "resources must be a list"),
        (
            "{kind: EncryptionConfiguration, resources: [{resources: [a], providers:"
            " [{aescbc: {keys: [{name: k, secret: TOPSECRET}]}}]}]}",
            "resources[0].providers[0].aescbc.keys[0].secret is no base64",
        ),
        (
            "{kind: EncryptionConfiguration, resources: [{resources: [a], providers:"
            " [{secretbox: {keys: [{name: k, secret: VE9QU0VDUkVU}]}}]}]}",
            "resources[0].providers[0].secretbox.keys[0].secret must have 32 bytes",
        ),
        (
            "{kind: EncryptionConfiguration, resources:"
            " [{resources: [a], providers: [{rot13: {}}]}]}",
            "resources[0].providers[0] names an unknown provider",
        ),
    ],
)
def test_a_bad_configuration_gets_a_clear_line_without_a_word_of_its_content(
    content, complaint, tmp_path
):
    path = tmp_path / "config.yaml"
    path.write_text(content)
    with pytest.raises(SourceError) as raised:
        ConfiguredKeyring.load(path)
    assert complaint in str(raised.value)
    assert str(path) in str(raised.value)
    chain = [raised.value, raised.value.__cause__]
    assert not any("TOPSECRET" in str(error) or "VE9Q" in str(error) for error in chain)


def test_a_configuration_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        ConfiguredKeyring.load(tmp_path / "none.yaml")


@needs_values
def test_keys_and_plain_text_stay_out_of_every_representation():
    keyring = ConfiguredKeyring.load(VALUES / "encryption-config.yaml")
    for key, stored, _ in recorded():
        keyring.open(key, stored)
    shown = repr(keyring) + repr(keyring.rules) + repr(keyring._keys)
    shown += "".join(repr(key.cipher) for key in keyring._keys)
    for secret in ("AAECAwQFBgcICQoLDA0ODw", "\\x00\\x01\\x02", "ICEiIyQlJ"):
        assert secret not in shown


@needs_fixtures
def test_every_object_of_the_encrypted_registry_equals_what_kubectl_showed():
    keyring = ConfiguredKeyring.load(FIXTURES / "encryption-config.yaml")
    decoder = Decoder(keyring=keyring, as_served=True)
    source = tree_of(FIXTURES / "encrypted.db")
    schemes = set()
    for resource in ("pods", "secrets", "configmaps"):
        shown = json.loads((FIXTURES / f"{resource}.json").read_text())["items"]
        expected = {(o["metadata"]["namespace"], o["metadata"]["name"]): o for o in shown}
        found = {}
        for record in source.range(f"/registry/{resource}/".encode()):
            schemes.add(scheme_of(record.value) if record.value.startswith(b"k8s:enc") else "plain")
            decoded = decoder.decode(record.key, record.value, revision=record.mod_revision)
            metadata = decoded.object["metadata"]
            found[metadata["namespace"], metadata["name"]] = decoded.object
        assert found == expected
    assert {"aescbc:v1", "secretbox:v1", "aesgcm:v1"} <= schemes
