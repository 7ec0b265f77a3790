"""What one bit makes of the texts of an object: each is reported once, and its bit is named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import FIXTURES

from etcdpod.demo import demo_path
from etcdpod.forensics.verify import VerifiedSource, managed_fields, shapes, verify
from etcdpod.forensics.verify import roundtrip as faithful
from etcdpod.forensics.verify.bit_repair.near import Words, is_other_spelling
from etcdpod.forensics.verify.lives import content_of
from etcdpod.forensics.verify.shapes import choice_fault, text_fault
from etcdpod.kube.codec import Decoded, Decoder
from etcdpod.records import Provenance, Record, Revision
from etcdpod.session import Session, SourceOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.forensics.verify import Defect

SURROGATES = st.characters(codec=None, exclude_categories=())
NAMES = st.sampled_from(
    ["f:spec", "f:metadata", ".", 'k:{"name":"a"}', "k:[", "v:1", "i:0", "f:", "x", "name", "a"]
) | st.text(SURROGATES, max_size=8)
POD = b"/registry/pods/shop/db-0"


@pytest.fixture(scope="module")
def stored() -> tuple[bytes, list[tuple[int, bytes]]]:
    """A snapshot without its trailer, and where in it the values of one pod begin."""
    with Session.open(SourceOptions(targets=("demo",), only_vouched=True)) as session:
        found = []
        for record in session.connector.history(POD):
            if not record.tombstone:
                start = VerifiedSource(session.registry).value_offset(record)
                assert start is not None
                found.append((start, record.value))
    return Path(demo_path("demo")).read_bytes()[:-32], found


def flipped(stored: tuple, path: Path, number: int, text: bytes, at: int, bit: int) -> Defect:
    """The one defect of a snapshot in which one bit of a text of a value is another."""
    content, values = bytearray(stored[0]), stored[1]
    start, value = values[number]
    assert value.count(text) >= 1
    place = start + value.find(text) + at
    content[place] ^= 1 << bit
    path.write_bytes(content)
    with Session.open(SourceOptions(targets=(str(path),), only_vouched=True)) as session:
        (found,) = [one for one in verify(VerifiedSource(session.registry)) if one.is_damage]
    assert found.key == POD
    assert (place, bit) in [(repair.offset, repair.bit) for repair in found.repairs]
    return found


@pytest.mark.parametrize(
    ("text", "at", "bit", "check", "path"),
    [
        (b'"f:terminationMessagePolicy"', 12, 1, "managed fields", "metadata.managedFields[0]"),
        (b'"f:enableServiceLinks"', 1, 0, "managed fields", "metadata.managedFields[0]"),
        (b'"f:app"', 4, 0, "managed fields", "metadata.managedFields[0]"),
        (b'k:{\\"name\\":\\"exporter\\"}', 15, 3, "managed fields", "metadata.managedFields"),
        (b"\x06Update", 2, 4, "managed fields", "metadata.managedFields[0]"),
        (b"ClusterFirst", 3, 0, "shape", "spec.dnsPolicy"),
        (b"\x01da51b48f-e364", 9, 6, "managed fields", "metadata.managedFields"),
        (b"db-84f868f4fd", 2, 1, "shape", "metadata.labels.controller-revision-hash"),
    ],
)
def test_texts(
    text: bytes, at: int, bit: int, check: str, path: str, stored: tuple, tmp_path: Path
) -> None:
    if text.startswith(b"\x01"):
        text = text[1:]
        at -= 1
    found = flipped(stored, tmp_path / "f.db", 0, text, at, bit)
    assert (found.check, found.path) == (check, path)


@pytest.mark.parametrize(
    ("text", "at", "path"),
    [
        (b"b6bbbf8c-a242-4f49", 1, "metadata.uid"),
        (b"password", 3, "spec.containers[0].env[0].valueFrom.secretKeyRef.key"),
    ],
)
def test_what_cannot_change_in_a_life(
    text: bytes, at: int, path: str, stored: tuple, tmp_path: Path
) -> None:
    found = flipped(stored, tmp_path / "f.db", 2, text, at, 0)
    assert (found.check, found.path) == ("lives", path)


def test_of_two_that_differ_neither_is_blamed(stored: tuple, tmp_path: Path) -> None:
    """The life of db-0 that was alive at the end is another one: its uid is its own."""
    content, values = bytearray(stored[0]), stored[1]
    content[values[-1][0] + values[-1][1].find(b"caa8db7c") + 3] ^= 1
    (tmp_path / "f.db").write_bytes(content)
    with Session.open(SourceOptions(targets=(str(tmp_path / "f.db"),))) as session:
        found = [one for one in verify(VerifiedSource(session.registry)) if one.is_damage]
    assert [one.check for one in found] == ["lives"]


@pytest.mark.parametrize(
    "text",
    [
        *("router", "Finding", "findings", "servicer", "States", "Norman"),
        *("Burstable", "burstable", "v1", "apps/v1", "apps/v2", "my-app", "kube-scheduler"),
        *("4C4C4544-0042-3510-8054-B4C04F564433", "b6bbbf8c-a242-4f49-a35d-ec08bde212a0"),
        *("12345678-1234-1234-1234-12345678123A", "uidValue", "sha256:" + "0f" * 32),
        *("https://example.com/" + "g" * 64, "", "ClusterFirstWithHostNet", "batch/v1"),
    ],
)
def test_what_somebody_may_have_meant_is_no_fault(text: str) -> None:
    assert text_fault(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("configmapq", "kube-schedulev", "rbac.autjorization.k8s.io/v1"),
        *("b6bbbf8c-a242-4f49-a35d-ec08bde212q0", "b6bbbf8c-a242/4f49-a35d-ec08bde212a0"),
        "containerd://" + "0f" * 31 + "0v",
    ],
)
def test_one_bit_beside_what_can_only_have_been_meant(text: str) -> None:
    assert text_fault(text) is not None


@pytest.mark.parametrize(
    ("name", "text", "is_told"),
    [
        *(("qosClass", "Bursdable", True), ("qosClass", "Burstable", False)),
        *(("status", "Tsue", True), ("status", "true", False), ("status", "False", False)),
        *(("apiVersion", "appr/v1", True), ("apiVersion", "apps/v3", False)),
        *(("apiVersion", "appr.example.com/v1", False), ("name", "Alwais", False)),
    ],
)
def test_words_of_fields_that_have_few(name: str, text: str, is_told: bool) -> None:
    assert (choice_fault(name, text) is not None) == is_told


def test_near_words() -> None:
    words = Words(["secrets", "events"])
    assert words.near("secrgts") == "secrets"
    assert words.near("sekrets") == "secrets"
    assert words.near("secrets") is None
    assert words.near("secrete") is None
    assert words.near("secret") is None
    assert is_other_spelling("Secrets", "secrets")
    assert is_other_spelling("v1", "v3")
    assert not is_other_spelling("secrgts", "secrets")


@pytest.mark.parametrize(
    ("texts", "is_told"),
    [
        (("2025-01-02T03:04:05Z", "2025-01-02T03:04:06Z"), False),
        (("2025-01-02T03:04:05Z", "1970-01-01T00:00:09Z"), False),  # a clock that was not set
        (("2004-01-01T00:00:00Z", "2008-01-01T00:00:00Z"), False),
        (("2025-01-02T03:04:05Z", "2093-01-20T06:18:13Z"), True),
        (("2025-01-02T03:04:05Z", "1990-12-25T13:27:01Z"), True),
        (("2093-01-20T06:18:13Z",), False),
    ],
)
def test_times(texts: tuple[str, ...], is_told: bool, registry_of: Callable) -> None:
    conditions = [{"type": "Ready", "lastTransitionTime": text} for text in texts]
    metadata = {"name": "a", "namespace": "b"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    registry = registry_of({**pod, "status": {"conditions": conditions}})
    found = [one for one in verify(VerifiedSource(registry)) if one.is_damage]
    assert [one.check for one in found] == (["shape"] if is_told else [])


def test_every_golden_object_is_sound(shared_golden: list[bytes]) -> None:
    """Objects with every field filled: unusual in all, and none of it by one flipped bit."""
    decoder = Decoder()
    for value in shared_golden:
        outcome = decoder.verify(b"/registry/x/y", value)
        record = Record(
            b"/registry/x/y", Revision(5), False, 5, 1, 0, value, len(value), Provenance("golden")
        )
        for check in (faithful.check, managed_fields.check, shapes.check):
            assert [one.what for one in check(None, record, outcome) if one.is_damage] == []


@pytest.fixture
def shared_golden() -> list[bytes]:
    folder = FIXTURES / "golden"
    if not folder.exists():
        pytest.skip("the golden objects are not beside this checkout")
    found = [path.read_bytes() for path in sorted(folder.rglob("*.pb"))]
    assert len(found) > 150
    return found


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(SURROGATES, max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(anything)
def test_objects_of_any_shape_are_looked_through(value: object) -> None:
    """Whatever stands where an object's metadata or managedFields should be."""
    for made in (
        {"metadata": value},
        {"metadata": {"managedFields": value, "labels": value, "uid": value}, "spec": value},
        {"metadata": {"managedFields": [{"fieldsV1": value, "apiVersion": "v1"}]}, "f": value},
    ):
        outcome = Decoded(made, "v1", "Pod", "json")
        record = Record(b"/registry/x", Revision(5), False, 5, 1, 0, b"", 0, Provenance("any"))
        for check in (faithful.check, managed_fields.check, shapes.check):
            list(check(None, record, outcome))
        content_of(record, outcome)
