"""Protobuf values that are not quite what an API server of a known release writes."""

from __future__ import annotations

from typing import Any

import pytest
from paths import REPOSITORY

from etcdpod.kube.codec import Decoded, Decoder, UnknownField
from etcdpod.kube.schema import message_class
from etcdpod.records import Undecodable

GOLDEN = REPOSITORY / "testdata" / "golden"
POD = "k8s.io.api.core.v1.Pod"


def varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number: int, content: bytes | int) -> bytes:
    """One record: a varint for a number, length-delimited for bytes."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def envelope(api_version: str, kind: str, raw: bytes, tail: bytes = b"\x1a\x00\x22\x00") -> bytes:
    meta = field(1, api_version.encode()) + field(2, kind.encode())
    return b"k8s\x00" + field(1, meta) + field(2, raw) + tail


def decoded(value: bytes, **options: Any) -> Decoded:
    result = Decoder().decode(b"/registry/pods/a/b", value, **options)
    assert isinstance(result, Decoded), result
    return result


def undecodable(value: bytes) -> Undecodable:
    result = Decoder().decode(b"/registry/pods/a/b", value)
    assert isinstance(result, Undecodable), result
    assert result.raw == value
    return result


METADATA = field(1, b"web-0") + field(3, b"shop") + field(5, b"0000-1111")


# --- unknown fields ---------------------------------------------------------------------------


def test_unknown_fields_are_found_at_any_depth_and_nothing_else_is_lost() -> None:
    container = field(1, b"app") + field(2, b"nginx") + field(900, 7)
    mount = field(1, b"data") + field(77, b"\x01\x02")
    spec = field(2, container) + field(2, field(1, b"sidecar") + field(9, mount))
    value = envelope("v1", "Pod", field(1, METADATA) + field(2, spec) + field(901, b"later"))
    result = Decoder().verify(b"", value)
    assert isinstance(result, Decoded)
    assert result.unknown == (
        UnknownField("spec.containers[0]", 900, 0, b"\x07"),
        UnknownField("spec.containers[1].volumeMounts[0]", 77, 2, b"\x01\x02"),
        UnknownField("", 901, 2, b"later"),
    )
    assert result.object["metadata"]["name"] == "web-0"
    assert [c["name"] for c in result.object["spec"]["containers"]] == ["app", "sidecar"]
    assert result.lossless is True


def test_a_known_number_of_another_wire_type_is_unknown() -> None:
    value = envelope("v1", "Pod", field(1, METADATA + field(7, b"seven")))
    assert decoded(value).unknown == (UnknownField("metadata", 7, 2, b"seven"),)


def test_unknown_groups_and_fixed_fields_are_kept() -> None:
    group = b"\xa3\x06" + field(1, 5) + b"\xa4\x06"
    value = envelope("v1", "Pod", field(1, METADATA) + group + b"\xad\x06\x01\x02\x03\x04")
    result = Decoder().verify(b"", value)
    assert isinstance(result, Decoded)
    assert result.unknown == (
        UnknownField("", 100, 3, b"\x08\x05"),
        UnknownField("", 101, 5, b"\x01\x02\x03\x04"),
    )
    assert result.lossless is True


def test_unknown_fields_in_maps_and_in_times_are_kept() -> None:
    entry = field(1, b"app") + field(2, b"web") + field(3, 1)
    time = field(1, 100) + field(5, 2)
    result = decoded(envelope("v1", "Pod", field(1, METADATA + field(8, time) + field(11, entry))))
    assert result.object["metadata"]["labels"] == {"app": "web"}
    assert result.object["metadata"]["creationTimestamp"] == "1970-01-01T00:01:40Z"
    assert result.unknown == (
        UnknownField("metadata.creationTimestamp", 5, 0, b"\x02"),
        UnknownField("metadata.labels[0]", 3, 0, b"\x01"),
    )


def test_unknown_fields_of_the_envelope_are_kept() -> None:
    result = decoded(envelope("v1", "Pod", field(1, METADATA), field(9, b"x")))
    assert result.unknown == (UnknownField("envelope", 9, 2, b"x"),)


# --- other writers ----------------------------------------------------------------------------


def test_fields_out_of_order_are_merged_as_protobuf_says() -> None:
    spec = field(2, field(3, b"Always")) + field(2, field(3, b"Never") + field(10, b"node-1"))
    value = envelope("v1", "Pod", spec + field(1, METADATA))
    result = Decoder().verify(b"", value)
    assert isinstance(result, Decoded)
    assert result.object["spec"] == {
        "containers": None,
        "restartPolicy": "Never",
        "nodeName": "node-1",
    }
    assert result.object["metadata"]["name"] == "web-0"
    assert result.lossless is False


def test_packed_lists_are_read() -> None:
    context = field(4, b"\x05\x06")
    value = envelope("v1", "Pod", field(2, field(14, context)))
    assert decoded(value).object["spec"]["securityContext"] == {"supplementalGroups": [5, 6]}


def test_the_last_of_a_repeated_single_field_counts() -> None:
    value = envelope("v1", "Pod", field(1, field(1, b"first") + field(1, b"last")))
    assert decoded(value).object["metadata"]["name"] == "last"
    value = envelope("v1", "Pod", field(1, field(1, b"first") + field(1, b"")))
    assert "name" not in decoded(value).object["metadata"]


def test_bad_bytes_in_text_are_replaced_one_by_one() -> None:
    value = envelope("v1", "Pod", field(1, field(1, b"a\xff\xe2\x82b")))
    result = Decoder().verify(b"", value)
    assert isinstance(result, Decoded)
    assert result.object["metadata"]["name"] == "a\ufffd\ufffd\ufffdb"
    assert result.lossless is True


def test_negative_numbers_and_truth_values() -> None:
    minus_one = (1 << 64) - 1
    value = envelope("v1", "Pod", field(1, field(7, minus_one)) + field(2, field(4, minus_one)))
    shown = decoded(value).object
    assert shown["metadata"]["generation"] == -1
    assert shown["spec"]["terminationGracePeriodSeconds"] == -1
    value = envelope("v1", "Pod", field(2, field(11, 1) + field(25, minus_one)))
    assert decoded(value).object["spec"] == {
        "containers": None,
        "hostNetwork": True,
        "priority": -1,
    }


def test_map_entries_may_lack_key_or_value() -> None:
    entries = b"".join(field(11, entry) for entry in (b"", field(1, b"k"), field(2, b"v")))
    value = envelope("v1", "Pod", field(1, METADATA + entries))
    assert decoded(value).object["metadata"]["labels"] == {"": "v", "k": ""}


# --- what is on the wire decides --------------------------------------------------------------


def test_presence_is_shown_as_written() -> None:
    container = field(1, b"app") + field(8, b"") + field(15, b"") + field(16, 0)
    shown = decoded(envelope("v1", "Pod", field(2, field(2, container)))).object
    assert shown == {
        "apiVersion": "v1",
        "kind": "Pod",
        "spec": {"containers": [{"name": "app", "resources": {}, "securityContext": {}}]},
    }


def test_what_go_writes_as_null_is_null() -> None:
    role = decoded(envelope("rbac.authorization.k8s.io/v1", "ClusterRole", b"")).object
    assert role["rules"] is None
    event = decoded(envelope("v1", "Event", field(6, b""))).object
    assert event["firstTimestamp"] is None
    deployment = decoded(envelope("apps/v1", "Deployment", field(2, b""))).object
    assert deployment["spec"]["selector"] is None


def test_a_field_that_came_later_than_its_message_is_not_null_but_absent() -> None:
    parameters = field(2, b"Foo") + field(3, b"bar")
    value = envelope("networking.k8s.io/v1", "IngressClass", field(2, field(2, parameters)))
    assert decoded(value).object["spec"]["parameters"] == {"kind": "Foo", "name": "bar"}


def test_resource_version_is_the_revision() -> None:
    value = envelope("v1", "Pod", field(1, METADATA + field(6, b"")))
    assert decoded(value, revision=12).object["metadata"]["resourceVersion"] == "12"
    assert "resourceVersion" not in decoded(value).object["metadata"]


def test_the_kind_comes_from_the_value_and_never_from_the_key() -> None:
    value = envelope("v1", "Secret", field(1, METADATA))
    result = Decoder().decode(b"/registry/pods/shop/web-0", value)
    assert isinstance(result, Decoded)
    assert result.kind == "Secret"


def test_json_in_the_protobuf_envelope() -> None:
    tail = field(3, b"") + field(4, b"application/json")
    result = decoded(envelope("x.y/v1", "Z", b'{"metadata":{"name":"n"}}', tail))
    assert result.encoding == "json"
    assert result.object == {"apiVersion": "x.y/v1", "kind": "Z", "metadata": {"name": "n"}}


# --- unknown kinds ----------------------------------------------------------------------------


def test_an_unknown_kind_shows_metadata_and_fields() -> None:
    inner = field(1, b"deep") + field(2, 300)
    raw = field(1, METADATA) + field(2, inner) + field(3, b"\xff\xfe") + field(4, 1)
    result = decoded(envelope("new.k8s.io/v7", "Gadget", raw), revision=9)
    assert (result.api_version, result.kind) == ("new.k8s.io/v7", "Gadget")
    assert result.object == {
        "apiVersion": "new.k8s.io/v7",
        "kind": "Gadget",
        "metadata": {
            "name": "web-0",
            "namespace": "shop",
            "uid": "0000-1111",
            "resourceVersion": "9",
        },
        "unknownFields": [
            {
                "number": 2,
                "wireType": "length-delimited",
                "fields": [
                    {"number": 1, "wireType": "length-delimited", "text": "deep"},
                    {"number": 2, "wireType": "varint", "value": 300},
                ],
            },
            {"number": 3, "wireType": "length-delimited", "base64": "//4="},
            {"number": 4, "wireType": "varint", "value": 1},
        ],
    }
    assert result.unknown == (
        UnknownField("", 2, 2, inner),
        UnknownField("", 3, 2, b"\xff\xfe"),
        UnknownField("", 4, 0, b"\x01"),
    )


def test_an_unknown_kind_without_metadata() -> None:
    result = decoded(envelope("new.k8s.io/v7", "Gadget", field(1, b"\x08\x01")))
    assert "metadata" not in result.object
    assert result.object["unknownFields"][0]["fields"] == [
        {"number": 1, "wireType": "varint", "value": 1}
    ]


def test_an_envelope_without_names_is_shown_by_its_fields() -> None:
    result = decoded(b"k8s\x00" + field(2, field(1, b"x")))
    assert result.object == {
        "unknownFields": [{"number": 1, "wireType": "length-delimited", "text": "x"}]
    }


def test_an_unknown_kind_of_absurdly_many_fields_is_not_taken_apart() -> None:
    assert "fields" in undecodable(envelope("a/v1", "B", field(3, 1) * 20_000)).reason
    many = decoded(envelope("a/v1", "B", field(2, field(3, 1) * 20_000)))
    assert set(many.object["unknownFields"][0]) == {"number", "wireType", "base64"}


def test_a_bottomless_unknown_kind_is_shown_to_a_bound() -> None:
    raw = b"\x01"
    for _ in range(2000):
        raw = field(2, raw)
    result = decoded(envelope("a/v1", "B", raw))
    assert result.unknown[0].data in raw


# --- damage -----------------------------------------------------------------------------------


def test_damage_names_byte_and_field() -> None:
    raw = field(1, METADATA) + field(2, field(2, field(1, b"app")) + field(2, field(1, b"side")))
    value = envelope("v1", "Pod", raw)
    where = value.index(b"side") - 1
    broken = value[:where] + b"\x7f" + value[where + 1 :]
    result = undecodable(broken)
    assert result.path == "spec.containers[1]"
    assert result.offset == where - 1
    assert "past its end" in result.reason


def test_damaged_json_inside_names_byte_and_field() -> None:
    value = (GOLDEN / "core.v1.Pod.pb").read_bytes()
    where = value.index(b"{}")
    result = undecodable(value[:where] + b"{!" + value[where + 2 :])
    assert result.path == "metadata.managedFields[0].fieldsV1"
    assert result.offset == where + 1
    hidden = Decoder().decode(b"", value[:where] + b"{!" + value[where + 2 :], managed_fields=False)
    assert isinstance(hidden, Decoded)


def test_a_value_that_is_cut_off() -> None:
    value = (GOLDEN / "core.v1.Secret.pb").read_bytes()
    for end in range(1, len(value) - 4):
        result = Decoder().decode(b"", value[:end])
        assert isinstance(result, Undecodable), end
        assert result.offset is not None


def test_text_too_deep_for_the_library_is_undecodable() -> None:
    schema_props = b""
    for _ in range(500):
        schema_props = field(28, schema_props)
    validation = field(1, schema_props)
    value = envelope(
        "apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", field(2, field(5, validation))
    )
    result = undecodable(value)
    assert "deep" in result.reason
    assert result.path.startswith("spec.validation.openAPIV3Schema.not.not")


def test_a_definition_in_protobuf_is_read() -> None:
    shallow = b""
    for _ in range(40):
        shallow = field(28, shallow)
    spec = field(5, field(1, shallow))
    value = envelope("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", field(2, spec))
    inner = decoded(value).object["spec"]["validation"]["openAPIV3Schema"]
    for _ in range(40):
        inner = inner["not"]
    assert inner == {}


@pytest.mark.parametrize(
    "tail", [field(3, b"gzip") + field(4, b""), field(3, b"") + field(4, b"text/plain")]
)
def test_an_unknown_content_type_is_named(tail: bytes) -> None:
    result = undecodable(envelope("v1", "Pod", field(1, METADATA), tail))
    assert "not known" in result.reason
    assert result.path == "envelope"


@pytest.mark.parametrize("value", [b"k8s\x00", b"k8s\x00\xff", b"k8s\x00\x0a\x7f", b"k8s\x00\x0f"])
def test_a_broken_envelope(value: bytes) -> None:
    assert undecodable(value).offset is not None


def test_the_magic_counts_only_at_the_beginning() -> None:
    value = b"x" + envelope("v1", "Pod", field(1, METADATA))
    assert "begins as no object" in undecodable(value).reason
    assert isinstance(Decoder().decode(b"", b""), Undecodable)


def test_the_compactors_key_is_text() -> None:
    result = Decoder().decode(b"compact_rev_key", b"1234")
    assert isinstance(result, Decoded)
    assert (result.encoding, result.object) == ("text", {"compactRevision": "1234"})
    assert isinstance(Decoder().decode(b"compact_rev_key", b"12x4"), Undecodable)
    assert isinstance(Decoder().decode(b"/registry/pods/a/b", b"1234"), Undecodable)


def test_numbers_longer_than_64_bits_are_refused() -> None:
    raw = field(1, b"\x38" + b"\xff" * 9 + b"\x02")
    assert undecodable(envelope("v1", "Pod", raw)).path == "metadata"


def test_a_message_class_is_what_verify_writes_with() -> None:
    pod = message_class(POD)()
    pod.metadata.name = "x"
    entry = pod.metadata.labels.add()
    entry.key, entry.value = "apps.kubernetes.io/pod-index", "0"
    entry = pod.metadata.labels.add()
    entry.key, entry.value = "app", "db"
    result = Decoder().verify(b"", envelope("v1", "Pod", pod.SerializeToString()))
    assert isinstance(result, Decoded)
    assert result.lossless is True
    assert list(result.object["metadata"]["labels"]) == ["apps.kubernetes.io/pod-index", "app"]
