"""Fields that no schema knows: found at any depth, kept as bytes, shown by number and wire type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.decoder.decoded import UnknownField
from etcdpod.decoder.scalars import read_bytes
from etcdpod.decoder.wire import (
    END_GROUP,
    FIXED32,
    FIXED64,
    LENGTH_DELIMITED,
    MAXIMUM_DEPTH,
    START_GROUP,
    VARINT,
    WIRE_TYPE_NAMES,
    WireError,
    WireField,
    fields,
    varint,
)
from etcdpod.schema import message_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.schema import Field, Message

FIELDS = "unknownFields"
"""The key under which the fields of an unknown kind are shown."""
READABLE_DEPTH = 16
"""How deep bytes that look like a message are shown as one."""


def unknown_fields(
    value: bytes, start: int, end: int, facts: Message, path: str = "", depth: int = 0
) -> Iterator[UnknownField]:
    """The fields of a well-formed message that its schema does not have, at any depth.

    A known number with another wire type is unknown too, as it is to the protobuf library.
    """
    by_number = {field.number: field for field in facts.fields}
    seen: dict[int, int] = {}
    for found in fields(value, start, end):
        field = by_number.get(found.number)
        if field is None or not fits(field, found.wire_type):
            data = value[found.start : found.end]
            yield UnknownField(path, found.number, found.wire_type, data)
        elif (field.is_message or field.label == "map") and depth < MAXIMUM_DEPTH:
            index = seen[found.number] = seen.get(found.number, -1) + 1
            yield from _within(value, found, field, member_path(path, field, index), depth)


def _within(
    value: bytes, found: WireField, field: Field, path: str, depth: int
) -> Iterator[UnknownField]:
    if field.label != "map":
        facts = message_facts(field.type)
        yield from unknown_fields(value, found.start, found.end, facts, path, depth + 1)
        return
    for part in fields(value, found.start, found.end):
        if part.number > 2 or part.wire_type != LENGTH_DELIMITED:
            data = value[part.start : part.end]
            yield UnknownField(path, part.number, part.wire_type, data)
        elif part.number == 2 and field.is_message:
            facts = message_facts(field.type)
            yield from unknown_fields(value, part.start, part.end, facts, path, depth + 1)


def member_path(path: str, field: Field, index: int) -> str:
    """The JSON path of one value of a field."""
    if field.rule == "inline":
        return path
    name = field.json_name if field.label == "optional" else f"{field.json_name}[{index}]"
    return f"{path}.{name}" if path else name


def fits(field: Field, wire_type: int) -> bool:
    """Whether the field can be written with that wire type, packed lists included."""
    if field.label == "map" or field.is_message or field.type in ("string", "bytes"):
        return wire_type == LENGTH_DELIMITED
    own = FIXED64 if field.type == "double" else VARINT
    return wire_type == own or (field.label == "repeated" and wire_type == LENGTH_DELIMITED)


def show_fields(value: bytes, start: int, end: int, depth: int = 0) -> list[dict[str, Any]]:
    """The fields of a message without a schema: number, wire type, and the value as it seems.

    Raises:
        WireError: what lies there is no message.
    """
    return [_show(value, field, depth) for field in fields(value, start, end)]


def _show(value: bytes, field: WireField, depth: int) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "number": field.number,
        "wireType": WIRE_TYPE_NAMES[field.wire_type],
    }
    data = value[field.start : field.end]
    if field.wire_type == VARINT:
        shown["value"], _ = varint(value, field.start, field.end)
    elif field.wire_type in (FIXED32, FIXED64):
        shown["value"] = int.from_bytes(data, "little")
    elif data:
        shown |= _show_content(value, field, depth)
    elif field.wire_type != END_GROUP:
        shown["text"] = ""
    return shown


def _show_content(value: bytes, field: WireField, depth: int) -> dict[str, Any]:
    """Bytes as the first of these that they can be: text, fields, base64."""
    data = value[field.start : field.end]
    try:
        text = data.decode()
        if text.isprintable() and field.wire_type != START_GROUP:
            return {"text": text}
    except UnicodeDecodeError:
        pass
    if depth < READABLE_DEPTH:
        try:
            return {"fields": show_fields(value, field.start, field.end, depth + 1)}
        except WireError:
            pass
    return {"base64": read_bytes(data)}
