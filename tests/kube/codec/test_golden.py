"""The API project's own objects: storage bytes in, their JSON out, the same bytes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from paths import REPOSITORY

from etcdpod.kube.codec import Decoded, Decoder
from etcdpod.kube.codec.envelope import open_envelope
from etcdpod.kube.codec.normal import _read_odd
from etcdpod.kube.codec.protobuf.plan import plan_of
from etcdpod.kube.schema import kinds_by_name, message_facts

if TYPE_CHECKING:
    from pathlib import Path

SHARED = REPOSITORY / ".." / "shared" / "fixtures" / "golden"
NO_KIND = "core.v1.WatchEvent"
"""Its envelope names no kind, and it is never stored."""


def golden() -> list[Any]:
    folders = [REPOSITORY / "testdata" / "golden", *sorted(SHARED.glob("v*"))]
    files = [path for folder in folders for path in sorted(folder.glob("*.pb"))]
    return [
        pytest.param(path, id=f"{path.parent.name}-{path.stem}")
        for path in files
        if not path.name.startswith(NO_KIND)
    ]


def canonical(value: object) -> str:
    """Text in which True differs from 1, and 1 from 1.0."""
    return json.dumps(value, sort_keys=True)


def test_the_whole_suite_is_here() -> None:
    if not SHARED.exists():
        pytest.skip("../shared is absent: only the pairs in testdata/golden are tried")
    assert len(golden()) > 190


@pytest.mark.parametrize("path", golden())
def test_a_golden_object_becomes_its_json(path: Path) -> None:
    result = Decoder().verify(b"/registry/any/key", path.read_bytes())
    assert isinstance(result, Decoded)
    assert result.encoding == "protobuf"
    assert result.unknown == ()
    assert result.lossless is True
    expected = path.with_suffix(".json")
    if expected.exists():
        assert canonical(result.object) == canonical(json.loads(expected.read_bytes()))


@pytest.mark.parametrize("path", golden())
def test_the_way_through_the_library_gives_the_same(path: Path) -> None:
    value = path.read_bytes()
    envelope = open_envelope(value)
    row = kinds_by_name()[envelope.api_version, envelope.kind]
    plan = plan_of(message_facts(row.message))
    names = {"apiVersion": envelope.api_version, "kind": envelope.kind}
    odd, unknown = _read_odd(value, envelope.start, envelope.end, plan, names)
    direct = Decoder().decode(b"", value)
    assert isinstance(direct, Decoded)
    assert unknown == ()
    assert canonical(odd) == canonical(direct.object)


def test_without_managed_fields_nothing_else_is_missing() -> None:
    for parameter in golden()[:40]:
        value = parameter.values[0].read_bytes()
        whole = Decoder().decode(b"", value)
        less = Decoder().decode(b"", value, managed_fields=False)
        assert isinstance(whole, Decoded)
        assert isinstance(less, Decoded)
        whole.object.get("metadata", {}).pop("managedFields", None)
        assert less.object == whole.object
