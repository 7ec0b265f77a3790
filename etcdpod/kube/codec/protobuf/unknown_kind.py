"""Objects of a kind that no release knows: their metadata, and their fields by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kube.codec.decoded import UnknownField
from etcdpod.kube.codec.normal import Unreadable, read_message
from etcdpod.kube.codec.protobuf.plan import plan_of
from etcdpod.kube.codec.protobuf.scalars import read_bytes
from etcdpod.kube.codec.protobuf.wire import (
    FIXED32,
    FIXED64,
    LENGTH_DELIMITED,
    START_GROUP,
    VARINT,
    WIRE_TYPE_NAMES,
    WireError,
    WireField,
    fields,
    varint,
)
from etcdpod.kube.schema import message_facts

if TYPE_CHECKING:
    from collections.abc import Iterable

OBJECT_META = "k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta"
FIELDS = "unknownFields"
"""The key under which the fields are shown."""
READABLE_DEPTH = 12
"""Nesting limit for showing bytes as a message if they look like one."""
MOST_FIELDS = 10_000
"""Maximum number of fields, at all depths together, that are shown."""


def show_unknown_kind(
    value: bytes, start: int, end: int, first: dict[str, Any]
) -> tuple[dict[str, Any], tuple[UnknownField, ...]]:
    """What can be shown of the message in ``value[start:end]``, and its fields as bytes.

    Field 1 is shown as ``metadata`` if it parses as an object's metadata, as it is in every known
    kind. All other fields are under ``unknownFields``.

    Raises:
        Unreadable: it is not a protobuf message, or has too many fields.
    """
    shown = dict(first)
    unknown: tuple[UnknownField, ...] = ()
    try:
        rest = list(fields(value, start, end))
        if len(rest) > MOST_FIELDS:
            raise Unreadable(f"a kind that no schema has, of {len(rest)} fields", start)
        if rest and rest[0].number == 1 and rest[0].wire_type == LENGTH_DELIMITED:
            metadata = _metadata(value, rest[0])
            if metadata is not None:
                shown["metadata"], unknown = metadata
                del rest[0]
    except WireError as error:
        reason = f"a kind that no schema has, and {error.reason}"
        raise Unreadable(reason, error.offset) from None
    shown[FIELDS] = FieldViewer(value).show(rest)
    unknown += tuple(
        UnknownField("", field.number, field.wire_type, value[field.start : field.end])
        for field in rest
    )
    return shown, unknown


def _metadata(
    value: bytes, field: WireField
) -> tuple[dict[str, Any], tuple[UnknownField, ...]] | None:
    """The object's metadata, if the field holds that."""
    plan = plan_of(message_facts(OBJECT_META))
    try:
        metadata, unknown = read_message(value, field.start, field.end, plan, {})
    except Unreadable:
        return None
    # As unknown fields are allowed, almost any bytes would parse: require more than a name.
    if not metadata.get("name") or (unknown and not metadata.get("uid")):
        return None
    return metadata, tuple(
        UnknownField(
            f"metadata.{found.path}".rstrip("."), found.number, found.wire_type, found.data
        )
        for found in unknown
    )


class FieldViewer:
    """Shows fields without a schema: number, wire type, and the value by its apparent type.

    Args:
        value: the bytes that contain the fields.
    """

    def __init__(self, value: bytes) -> None:
        self._value = value
        self._left = MOST_FIELDS

    def show(self, found: Iterable[WireField], depth: int = 0) -> list[dict[str, Any]]:
        """The fields in order."""
        return [self._show(field, depth) for field in found]

    def _show(self, field: WireField, depth: int) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "number": field.number,
            "wireType": WIRE_TYPE_NAMES[field.wire_type],
        }
        data = self._value[field.start : field.end]
        if field.wire_type == VARINT:
            shown["value"], _ = varint(self._value, field.start, field.end)
        elif field.wire_type in (FIXED32, FIXED64):
            shown["value"] = int.from_bytes(data, "little")
        elif data.isascii() and data.decode().isprintable() and field.wire_type != START_GROUP:
            shown["text"] = data.decode()
        else:
            inner = self._fields(field) if depth < READABLE_DEPTH else None
            if inner is None:
                shown |= _text_or_bytes(data)
            else:
                shown["fields"] = self.show(inner, depth + 1)
        return shown

    def _fields(self, field: WireField) -> list[WireField] | None:
        """The nested fields, if it looks like a message."""
        inner = []
        try:
            for found in fields(self._value, field.start, field.end):
                inner.append(found)
                if len(inner) > self._left:
                    return None
        except WireError:
            return None
        self._left -= len(inner)
        return inner


def _text_or_bytes(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return {"base64": read_bytes(data)}
    return {"text": text} if text.replace("\n", "").isprintable() else {"base64": read_bytes(data)}
