"""Encrypted values are named, and opened where a keyring can."""

from __future__ import annotations

import pytest

from etcdpod.kube.codec import Decoded, Decoder
from etcdpod.records import Encrypted, SealCode, SealFault, Undecodable


class OneKey:
    """Opens what was 'encrypted' by writing it plainly, under the right key only."""

    def open(self, key: bytes, value: bytes) -> bytes | Encrypted:
        if key != b"/registry/secrets/a/b":
            return Encrypted("aesgcm:v1", "k", SealFault(SealCode.MOVED))
        return value.removeprefix(b"k8s:enc:aesgcm:v1:k:")


PLAIN = b'{"apiVersion":"v1","kind":"Secret","metadata":{"name":"b"}}'
VALUE = b"k8s:enc:aesgcm:v1:k:" + PLAIN


@pytest.mark.parametrize(
    ("value", "scheme", "name"),
    [
        (b"k8s:enc:aescbc:v1:key1:\x00\xff", "aescbc:v1", "key1"),
        (b"k8s:enc:kms:v2:vault:\x0a\x00", "kms:v2", "vault"),
        (b"k8s:enc:aesgcm:v1::x", "aesgcm:v1", ""),
        (b"k8s:enc:new:v9:\xff:x", "new:v9", "\ufffd"),
        (b"k8s:enc:new:v9:\x1b[2Jk:x", "new:v9", "\ufffd[2Jk"),
    ],
)
def test_scheme_and_key_are_named(value: bytes, scheme: str, name: str) -> None:
    result = Decoder().decode(b"/k", value)
    assert isinstance(result, Encrypted)
    assert (result.scheme, result.key_name) == (scheme, name)
    assert result.reason


@pytest.mark.parametrize("value", [b"k8s:enc:", b"k8s:enc:aescbc", b"k8s:enc:aescbc:v1:key1"])
def test_a_cut_header_is_still_encrypted(value: bytes) -> None:
    result = Decoder().decode(b"/k", value)
    assert isinstance(result, Encrypted)
    assert result.reason == SealFault(SealCode.HEADER_CUT)


def test_a_keyring_opens_values_with_their_key() -> None:
    decoder = Decoder(keyring=OneKey())
    result = decoder.decode(b"/registry/secrets/a/b", VALUE, revision=3)
    assert isinstance(result, Decoded)
    assert result.object["metadata"] == {"name": "b", "resourceVersion": "3"}
    assert isinstance(decoder.verify(b"/registry/secrets/a/b", VALUE), Decoded)


def test_what_a_keyring_cannot_open_says_why() -> None:
    result = Decoder(keyring=OneKey()).decode(b"/registry/secrets/a/other", VALUE)
    assert result == Encrypted("aesgcm:v1", "k", SealFault(SealCode.MOVED))


def test_a_value_that_opens_to_another_encrypted_one_is_undecodable() -> None:
    value = b"k8s:enc:aesgcm:v1:k:" + VALUE
    result = Decoder(keyring=OneKey()).decode(b"/registry/secrets/a/b", value)
    assert isinstance(result, Undecodable)
