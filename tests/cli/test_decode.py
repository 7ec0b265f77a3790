"""``decode``: golden objects through the command line, and values as other tools pipe them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from paths import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SUITES = (REPOSITORY / "testdata" / "golden", REPOSITORY / ".." / "shared/fixtures/golden/v1.34.0")


@pytest.mark.parametrize("suite", SUITES, ids=["bundled", "whole"])
def test_golden_objects_become_their_json_in_the_order_given(suite: Path, cli: Callable) -> None:
    values = [
        path
        for path in sorted(suite.glob("*.pb"))
        if path.with_suffix(".json").exists() and "WatchEvent" not in path.name
    ]
    if not values:
        pytest.skip("the golden suite is not beside this checkout")
    ran = cli("decode", "-o", "jsonl", "--show-secrets", *map(str, values))
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert len(lines) == len(values)
    for path, line in zip(values, lines, strict=True):
        expected = json.loads(path.with_suffix(".json").read_text())
        assert exactly(json.loads(line)) == exactly(expected), path.name


def exactly(value: object) -> object:
    """The value with types that Python's ``==`` would not tell apart."""
    if isinstance(value, dict):
        return {key: exactly(part) for key, part in value.items()}
    if isinstance(value, list):
        return [exactly(part) for part in value]
    return type(value).__name__, value


def test_an_undecodable_value_is_a_line_among_the_others(tmp_path: Path, cli: Callable) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}')
    bad.write_bytes(b"k8s\x00\xff\xff\xff")
    ran = cli("decode", "-o", "jsonl", str(good), str(bad), str(good))
    assert ran.code == 4
    first, second, third = map(json.loads, ran.out.splitlines())
    assert first == third
    assert list(second) == ["error"]


def test_the_newline_of_print_value_only_does_no_harm(cli: Callable) -> None:
    value = (REPOSITORY / "testdata/golden/core.v1.Pod.pb").read_bytes()
    ran = cli("decode", "-o", "json", stdin=value + b"\n")
    assert ran.code == 0
    expected = json.loads((REPOSITORY / "testdata/golden/core.v1.Pod.json").read_text())
    assert json.loads(ran.out) == expected


def test_what_etcdctl_get_prints_is_taken_with_its_key(cli: Callable) -> None:
    value = (REPOSITORY / "testdata" / "golden" / "core.v1.Pod.pb").read_bytes()
    alone = cli("decode", "-", stdin=value)
    printed = cli("decode", "-", stdin=b"/registry/pods/shop/db-0\n" + value + b"\n")
    assert (printed.code, printed.out) == (0, alone.out)


def test_an_encrypted_value_is_named(cli: Callable) -> None:
    ran = cli("decode", "-o", "jsonl", stdin=b"k8s:enc:aescbc:v1:key1:" + bytes(48))
    assert ran.code == 4
    assert "aescbc" in ran.out
    assert "key1" in ran.out


def test_fields_of_no_release_are_shown_by_number_and_wire_type(cli: Callable) -> None:
    value = bytearray((REPOSITORY / "testdata/golden/core.v1.Pod.pb").read_bytes())
    envelope = value.rindex(b"\x1a\x00\x22\x00")
    # The object's length (field 2 of the envelope) grows by the four bytes of field 999 = 7.
    start = 4 + 2 + value[5]
    assert value[start] == 0x12
    length = (value[start + 1] & 0x7F) | value[start + 2] << 7
    value[start + 1 : start + 3] = bytes([(length + 3) & 0x7F | 0x80, (length + 3) >> 7])
    value[envelope:envelope] = b"\xb8\x3e\x07"
    ran = cli("decode", "-o", "json", stdin=bytes(value))
    assert ran.code == 0
    assert "unknown field 999 (varint) in the object: 07" in ran.err
    assert json.loads(ran.out)["kind"] == "Pod"
