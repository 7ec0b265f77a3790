"""A projection gives at least the fields that it names, and costs a fraction."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import TESTDATA

from etcdpod.kube.codec import Decoded, Decoder

GOLDEN = TESTDATA / "golden"
ROW = {
    "metadata": {"name": {}, "namespace": {}, "creationTimestamp": {}},
    "spec": {"nodeName": {}},
    "status": {
        "phase": {},
        "reason": {},
        "conditions": {"type": {}, "status": {}},
        "containerStatuses": {"ready": {}, "restartCount": {}, "state": {}},
    },
}
"""What a row of a pod list takes."""


def live_pod() -> bytes:
    for line in (GOLDEN / "live.jsonl").read_text().splitlines():
        row = json.loads(line)
        if "/pods/" in row["key"]:
            return base64.b64decode(row["value"])
    raise AssertionError("no pod in live.jsonl")


def decoded(decoder: Decoder, value: bytes, **options: Any) -> dict[str, Any]:
    result = decoder.decode(b"", value, **options)
    assert isinstance(result, Decoded)
    return result.object


def cut(value: Any, projection: dict[str, Any]) -> Any:
    """The plain meaning of a projection."""
    if not projection:
        return value
    if isinstance(value, list):
        return [cut(item, projection) for item in value]
    return {name: cut(value[name], inner) for name, inner in projection.items() if name in value}


@pytest.mark.parametrize("name", ["core.v1.Pod", "core.v1.Secret", "core.v1.Event"])
def test_a_projection_holds_just_what_it_names(name: str) -> None:
    value = (GOLDEN / f"{name}.pb").read_bytes()
    decoder = Decoder()
    whole = decoded(decoder, value)
    found = decoded(decoder, value, projection=ROW)
    expected = cut(whole, ROW) | {"apiVersion": whole["apiVersion"], "kind": whole["kind"]}
    assert json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)


def test_embedded_messages_are_reached_by_their_own_names() -> None:
    value = (GOLDEN / "core.v1.Pod.pb").read_bytes()
    wanted: dict[str, Any] = {"spec": {"volumes": {"name": {}, "secret": {"items": {"key": {}}}}}}
    whole = decoded(Decoder(), value)
    found = decoded(Decoder(), value, projection=wanted)
    assert found["spec"] == cut(whole, wanted)["spec"]


def _names(value: Any, depth: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    if isinstance(value, list):
        return _names(value[0], depth) if value else st.just({})
    if not isinstance(value, dict) or depth == 0 or not value:
        return st.just({})
    parts = st.fixed_dictionaries(
        {}, optional={name: _names(item, depth - 1) for name, item in value.items()}
    )
    return st.just({}) | parts


POD = json.loads((GOLDEN / "core.v1.Pod.json").read_bytes())


@given(_names(POD))
def test_any_projection_holds_at_least_what_it_names(projection: dict[str, Any]) -> None:
    value = (GOLDEN / "core.v1.Pod.pb").read_bytes()
    found = decoded(Decoder(), value, projection=projection)
    assert cut(found, projection) == cut(POD, projection)


def test_a_rule_of_serving_needs_the_whole_object() -> None:
    decoder = Decoder(as_served=True)
    by_kind: dict[str, bytes] = {}
    for line in (GOLDEN / "live.jsonl").read_text().splitlines():
        row = json.loads(line)
        by_kind[row["shown"]["kind"]] = base64.b64decode(row["value"])
    job = decoded(decoder, by_kind["Job"], projection={"metadata": {"name": {}, "labels": {}}})
    assert job["metadata"]["labels"]["job-name"] == "e1"


def test_a_new_projection_in_the_place_of_an_old_one_is_not_mistaken_for_it() -> None:
    decoder, value = Decoder(), live_pod()
    for number in range(200):
        name = ("uid", "name", "namespace")[number % 3]
        found = decoded(decoder, value, projection={"metadata": {name: {}}})
        assert list(found["metadata"]) == [name]


def test_plain_objects_need_no_protobuf_library() -> None:
    code = (
        "import sys; from pathlib import Path; from etcdpod.kube.codec import Decoder;"
        f"value = Path({str(GOLDEN / 'core.v1.Pod.pb')!r}).read_bytes();"
        "assert Decoder().decode(b'', value).object['kind'] == 'Pod';"
        "assert 'google.protobuf' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
