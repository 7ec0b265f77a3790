"""CBOR values: vectors of RFC 8949, and what the API server makes of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etcdpod.kube.codec import Decoded, Decoder
from etcdpod.kube.codec.cbor import CborError, parse_cbor
from etcdpod.records import Undecodable


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("00", 0),
        ("17", 23),
        ("1818", 24),
        ("1903e8", 1000),
        ("1b000000e8d4a51000", 1000000000000),
        ("20", -1),
        ("3903e7", -1000),
        ("3b7fffffffffffffff", -9223372036854775808),
        ("1bffffffffffffffff", 18446744073709552000),
        ("f4", False),
        ("f5", True),
        ("f6", None),
        ("f90000", 0),
        ("f93e00", 1.5),
        ("fa47c35000", 100000),
        ("fb3ff199999999999a", 1.1),
        ("fb7e37e43c8800759c", 1e300),
        ("40", ""),
        ("4449455446", "IETF"),
        ("6449455446", "IETF"),
        ("42c328", "\ufffd("),
        ("83010203", [1, 2, 3]),
        ("a0", {}),
        ("a2416101416282024163", {"a": 1, "b": [2, "c"]}),
        ("d64401020304", "AQIDBA=="),
        ("d543fbfffe", "-__-"),
        ("d744deadbeef", "deadbeef"),
        ("c11a514b67b0", 1363896240),
        ("d9d9f7a14161f6", {"a": None}),
    ],
)
def test_a_vector_gives_its_value(text: str, value: object) -> None:
    assert json.dumps(parse_cbor(bytes.fromhex(text))) == json.dumps(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "18",
        "44494554",
        "830102",
        "9bffffffffffffffff",
        "bb7fffffffffffffff",
        "5f42010243030405ff",
        "9f01ff",
        "bf416101ff",
        "ff",
        "f7",
        "f0",
        "f820",
        "1c",
        "f97e00",
        "f97c00",
        "a2416101416102",
        "a10102",
        "0000",
        "81" * 1000 + "00",
        "c1" * 1000 + "00",
    ],
)
def test_what_the_api_server_would_not_read_is_refused(text: str) -> None:
    with pytest.raises(CborError):
        parse_cbor(bytes.fromhex(text))


def test_an_object_is_decoded() -> None:
    value = bytes.fromhex(
        "d9d9f7a34a61706956657273696f6e44782f7631446b696e64415a486d65746164617461"
    )
    value += bytes.fromhex("a1446e616d65416e")
    result = Decoder().decode(b"/registry/x/zs/n", value, revision=5)
    assert isinstance(result, Decoded)
    assert result.encoding == "cbor"
    assert result.object == {
        "apiVersion": "x/v1",
        "kind": "Z",
        "metadata": {"name": "n", "resourceVersion": "5"},
    }


def test_a_damaged_one_names_the_byte() -> None:
    result = Decoder().decode(b"/k", bytes.fromhex("d9d9f7a14161ff"))
    assert isinstance(result, Undecodable)
    assert result.offset == 6
    assert isinstance(Decoder().decode(b"/k", bytes.fromhex("d9d9f701")), Undecodable)


@given(st.binary(max_size=80))
def test_any_bytes_give_a_value_or_a_cbor_error(content: bytes) -> None:
    try:
        value, offset = parse_cbor(b"\xd9\xd9\xf7" + content), 0
    except CborError as error:
        value, offset = None, error.offset
    assert 0 <= offset <= len(content) + 3
    json.dumps(value, ensure_ascii=False).encode()
