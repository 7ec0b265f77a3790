"""kubectl's JSON text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import TESTDATA

from etcdpod.errors import DecodeError
from etcdpod.kubectl.formats.json import MAX_DEPTH, compact, list_of, pretty
from etcdpod.kubectl.formats.numbers import go_number, json_number, yaml_number

PODS = TESTDATA / "kubectl" / "pods.jsonl"

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(-(2.0**53), 2.0**53)  # beyond, the shortest digits are not the exact integer
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


def test_the_shape_of_the_text():
    value = {"b": [1, {"c": {}, "a": []}], "a": {"z": None, "B": True}, "10": "x", "2": False}

    assert pretty(value) == (
        '{\n    "10": "x",\n    "2": false,\n    "a": {\n        "B": true,\n        "z": null\n'
        '    },\n    "b": [\n        1,\n        {\n            "a": [],\n            "c": {}\n'
        "        }\n    ]\n}"
    )
    assert compact(value) == '{"10":"x","2":false,"a":{"B":true,"z":null},"b":[1,{"a":[],"c":{}}]}'


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", '"plain"'),
        ('"\\', '"\\"\\\\"'),
        ("\n\r\t\b\f", '"\\n\\r\\t\\b\\f"'),
        ("\x00\x1b\x1f", '"\\u0000\\u001b\\u001f"'),
        ("<a href='b'>&", "\"\\u003ca href='b'\\u003e\\u0026\""),
        ("\u2028\u2029", '"\\u2028\\u2029"'),
        ("é 日本 🙂", '"é 日本 🙂"'),
        ("\x7f\x9b\u202e\U000e0041", '"\\u007f\\u009b\\u202e\\udb40\\udc41"'),
        ("\ud800x", '"\ufffdx"'),
        ("/", '"/"'),
    ],
)
def test_escapes_are_gos(text, written):
    assert pretty(text) == compact(text) == written
    assert compact({text: 1}) == f"{{{written}:1}}"


@pytest.mark.parametrize(
    ("number", "in_json", "in_go", "in_yaml"),
    [
        (0, "0", "0", "0"),
        (-5, "-5", "-5", "-5"),
        (2**63 - 1, "9223372036854775807", "9223372036854775807", "9223372036854775807"),
        (12345678901234567890, "12345678901234567000", "1.2345678901234567e+19",
         "12345678901234567000"),
        (-(2**64), "-18446744073709552000", "-1.8446744073709552e+19", "-1.8446744073709552e+19"),
        (10**30, "1e+30", "1e+30", "1e+30"),
        (1.0, "1", "1", "1"),
        (-0.0, "-0", "-0", "0"),
        (1.5, "1.5", "1.5", "1.5"),
        (0.1, "0.1", "0.1", "0.1"),
        (100000.0, "100000", "100000", "100000"),
        (1000000.0, "1000000", "1e+06", "1000000"),
        (1234567.5, "1234567.5", "1.2345675e+06", "1.2345675e+06"),
        (123456.5, "123456.5", "123456.5", "123456.5"),
        (0.0001, "0.0001", "0.0001", "0.0001"),
        (0.00001, "0.00001", "1e-05", "1e-05"),
        (1e-6, "0.000001", "1e-06", "1e-06"),
        (1e-7, "1e-7", "1e-07", "1e-07"),
        (1.5e-10, "1.5e-10", "1.5e-10", "1.5e-10"),
        (1e20, "100000000000000000000", "1e+20", "1e+20"),
        (1e21, "1e+21", "1e+21", "1e+21"),
        (1.5e300, "1.5e+300", "1.5e+300", "1.5e+300"),
    ],
)  # fmt: skip
def test_numbers_are_gos(number, in_json, in_go, in_yaml):
    assert json_number(number) == pretty(number) == in_json
    assert go_number(number) == in_go
    assert yaml_number(number) == in_yaml


def test_what_json_has_no_number_for_is_still_json():
    assert json.loads(compact([float("inf"), float("nan"), 10**400]))[2] == 10**400


@given(VALUES)
def test_whatever_is_written_reads_back_as_it_was(value):
    assert json.loads(pretty(value)) == value
    assert json.loads(compact(value)) == value
    assert "\n" not in compact(value)


@pytest.mark.parametrize("deeper", [{"a": None}, [None]])
def test_depth_is_bounded(deeper):
    value = {}
    for _ in range(MAX_DEPTH + 1):
        value = {"a": value} if isinstance(deeper, dict) else [value]

    with pytest.raises(DecodeError, match="nested deeper"):
        pretty(value)


def test_lists_of_none_one_and_several():
    items = [{"a": 1}, {"b": []}]

    for count in range(3):
        text = "".join(list_of(pretty(item, 2) for item in items[:count]))
        expected = {
            "apiVersion": "v1",
            "items": items[:count],
            "kind": "List",
            "metadata": {"resourceVersion": ""},
        }
        assert text == json.dumps(expected, indent=4) + "\n"


def test_a_list_is_written_while_its_members_come():
    seen = []

    def members():
        for number in range(3):
            seen.append(number)
            yield pretty({"n": number}, 2)

    pieces = list_of(members())
    next(pieces)
    next(pieces)

    assert seen == [0]
