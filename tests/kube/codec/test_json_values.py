"""JSON values as the API server and kubectl read them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etcdpod.kube.codec import Decoded, Decoder
from etcdpod.kube.codec.json_numbers import MAXIMUM_DEPTH
from etcdpod.kube.codec.json_value import JsonError, parse_json
from etcdpod.records import Undecodable


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9223372036854775807", 9223372036854775807),
        ("-9223372036854775808", -9223372036854775808),
        ("12345678901234567890", 12345678901234567000),
        ("9223372036854775808", 9223372036854776000),
        ("1.0", 1),
        ("1e3", 1000),
        ("1.5e+300", 1.5e300),
        ("1e21", 1e21),
        ("999999999999999900000", 999999999999999900000),
        ("0.1", 0.1),
        ("-0", 0),
        ('"\\u00e9\\ud83d\\ude00"', "é😀"),
        ('"\\ud800x"', "\ufffdx"),
        ('{"\\udfff": ["\\udc00\\ud800"]}', {"\ufffd": ["\ufffd\ufffd"]}),
        ('{"a": 1, "a": {"b": 2, "b": 3}}', {"a": {"b": 3}}),
        ("[null, true, false, {}, []]\n", [None, True, False, {}, []]),
    ],
)
def test_values_are_those_that_kubectl_shows(text: str, value: object) -> None:
    found = parse_json(text.encode())
    assert json.dumps(found) == json.dumps(value)


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_number_of_ten_thousand_digits_is_refused(sign: str) -> None:
    with pytest.raises(JsonError):
        parse_json(f"[{sign}{'9' * 10_000}]".encode())


@pytest.mark.parametrize(
    "content", [b"[NaN]", b"[Infinity]", b"[-Infinity]", b"[1e999]", b'"\n"', b"[1,]", b"{'a':1}"]
)
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(JsonError):
        parse_json(content)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a\xffb", "a\ufffdb"),
        (b"\xe2\x82", "\ufffd\ufffd"),
        (b"\xf0\x9f\x98x", "\ufffd\ufffd\ufffdx"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (b"\xc0\xaf", "\ufffd\ufffd"),
    ],
)
def test_every_bad_byte_is_one_replacement(content: bytes, text: str) -> None:
    assert parse_json(b'"' + content + b'"') == text


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_is_bounded(opening: str, closing: str) -> None:
    def nested(depth: int) -> bytes:
        return f"{opening * depth}0{closing * depth}".encode()

    parse_json(nested(MAXIMUM_DEPTH))
    for depth in (MAXIMUM_DEPTH + 1, 900, 100_000):
        with pytest.raises(JsonError, match="nested deeper"):
            parse_json(nested(depth))


def test_many_shallow_objects_are_no_deep_one() -> None:
    assert len(parse_json(b"[" + b",".join([b'{"a":{"b":[]}}'] * 5000) + b"]")) == 5000


def test_brackets_in_text_do_not_count() -> None:
    text = "[{" * 1000
    assert parse_json(json.dumps({"a": text}).encode()) == {"a": text}


def test_a_damaged_value_names_the_byte() -> None:
    value = '{"apiVersion":"a/v1","kind":"Ä","x":}'.encode()
    result = Decoder().decode(b"/registry/a/x/y", value)
    assert isinstance(result, Undecodable)
    assert result.raw == value
    assert result.offset == value.index(b"}")


@pytest.mark.parametrize("value", [b"[1]", b'"x"', b"{", b"{}x", b' \n{"a"'])
def test_what_is_no_object_is_undecodable(value: bytes) -> None:
    assert isinstance(Decoder().decode(b"/k", value), Undecodable)


def test_an_object_without_kind_is_shown() -> None:
    result = Decoder().decode(b"/k", b'{"a": 1}', revision=7)
    assert isinstance(result, Decoded)
    assert (result.object, result.api_version, result.kind) == ({"a": 1}, "", "")


def test_the_revision_becomes_the_resource_version() -> None:
    value = b'{"apiVersion":"x.y/v1","kind":"Z","metadata":{"name":"n","managedFields":[]}}\n'
    result = Decoder().decode(b"/k", value, revision=42, managed_fields=False)
    assert isinstance(result, Decoded)
    assert result.object["metadata"] == {"name": "n", "resourceVersion": "42"}
    assert (result.api_version, result.kind, result.encoding) == ("x.y/v1", "Z", "json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_plain_json_is_read_as_it_is(value: object) -> None:
    expected = json.loads(json.dumps(value).encode("utf-8", "surrogatepass"))
    text = json.dumps(value)
    if "\\ud" not in text:
        assert parse_json(text.encode()) == expected


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_a_json_error(content: bytes) -> None:
    try:
        value = parse_json(content)
    except JsonError:
        return
    json.dumps(value, ensure_ascii=False).encode()
