"""Values of running API servers, against the objects as those servers showed them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from paths import REPOSITORY

from etcdpod.kube.codec import Decoded, Decoder
from etcdpod.records import Encrypted

if TYPE_CHECKING:
    from pathlib import Path

SHARED = REPOSITORY / ".." / "shared" / "facts" / "kubernetes" / "values"
HERE = REPOSITORY / "testdata" / "golden" / "live.jsonl"
AS_KUBECTL = {"/registry/controllerrevisions/teststubs/e2": ("data", "a", 2)}
"""The server showed 12345678901234567890 as it is; kubectl makes a float of it, and so do we."""


def rows(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        pytest.skip(f"{path.name} is absent")
    return [json.loads(line) for line in path.read_text().splitlines()]


def decode(decoder: Decoder, row: dict[str, Any]) -> dict[str, Any]:
    value = base64.b64decode(row["value"])
    result = decoder.decode(row["key"].encode(), value, revision=row["mod_revision"])
    assert isinstance(result, Decoded), row["key"]
    return result.object


def served_decoder(lines: list[dict[str, Any]]) -> Decoder:
    def definitions() -> list[dict[str, Any]]:
        stored = [row for row in lines if "/customresourcedefinitions/" in row["key"]]
        return [json.loads(base64.b64decode(row["value"])) for row in stored]

    return Decoder(as_served=True, definitions=definitions)


@pytest.mark.parametrize(
    "path",
    [HERE, SHARED / "live-1.36.jsonl", SHARED / "live-workloads.jsonl"],
    ids=lambda p: p.stem,
)
def test_as_served_every_value_is_what_the_server_showed(path: Path) -> None:
    lines = rows(path)
    decoder = served_decoder(lines)
    for row in lines:
        shown = row["shown"]
        if row["key"] in AS_KUBECTL:
            assert shown["data"]["a"][2] == 12345678901234567890
            shown["data"]["a"][2] = 12345678901234567000
        found = decode(decoder, row)
        assert json.dumps(found, sort_keys=True) == json.dumps(shown, sort_keys=True), row["key"]


def test_by_default_the_stored_object_is_shown() -> None:
    by_key = {row["key"]: row for row in rows(HERE)}
    job = decode(Decoder(), by_key["/registry/jobs/teststubs/e1"])
    assert "labels" not in job["metadata"]
    claims = decode(Decoder(), by_key["/registry/statefulsets/teststubs/e1"])["spec"]
    assert "kind" not in claims["volumeClaimTemplates"][0]
    two = decode(Decoder(), by_key["/registry/two.example.com/twos/teststubs/t1"])
    assert two["spec"] == {"i": 2}


def test_the_definitions_are_read_once_and_only_for_custom_resources() -> None:
    lines = rows(HERE)
    calls = []

    def definitions() -> list[dict[str, Any]]:
        calls.append(1)
        return []

    decoder = Decoder(as_served=True, definitions=definitions)
    for row in lines:
        if "example.com/" not in row["key"] and "cr.bar.com/" not in row["key"]:
            decode(decoder, row)
    assert calls == []
    for row in lines:
        decode(decoder, row)
    assert calls == [1]


def test_stored_definitions_are_not_changed_by_serving_their_resources() -> None:
    lines = rows(HERE)
    stored = [
        json.loads(base64.b64decode(row["value"]))
        for row in lines
        if "/customresourcedefinitions/" in row["key"]
    ]
    before = json.dumps(stored)
    decoder = Decoder(as_served=True, definitions=lambda: stored)
    for row in lines:
        decode(decoder, row)
    assert json.dumps(stored) == before


def test_encrypted_values_name_their_scheme_and_key() -> None:
    found = set()
    for row in rows(SHARED / "live-encrypted.jsonl"):
        result = Decoder().decode(row["key"].encode(), base64.b64decode(row["value"]))
        assert isinstance(result, Encrypted)
        found.add((result.scheme, result.key_name))
    assert found == {
        ("aescbc:v1", "key1"),
        ("aesgcm:v1", "gcm1"),
        ("secretbox:v1", "sb1"),
        ("kms:v1", "kone"),
        ("kms:v2", "ktwo"),
    }
