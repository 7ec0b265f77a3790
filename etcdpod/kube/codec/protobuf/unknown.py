"""Fields that no schema knows: found at any depth, kept as bytes, shown by number and wire type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.kube.codec.decoded import UnknownField
from etcdpod.kube.codec.protobuf.wire import (
    FIXED64,
    LENGTH_DELIMITED,
    MAXIMUM_DEPTH,
    VARINT,
    WireField,
    fields,
)
from etcdpod.kube.schema import message_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kube.schema import Field, Message


def unknown_fields(
    value: bytes, start: int, end: int, facts: Message, path: str = "", depth: int = 0
) -> Iterator[UnknownField]:
    """The fields of a well-formed message that are not in its schema, at any depth.

    A known field number with another wire type is unknown too, as in the protobuf library.

    Args:
        value: the bytes that hold the message.
        start: start of the message.
        end: end of the message.
        facts: its schema.
        path: JSON path of the message.
        depth: number of enclosing messages.
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
            inner = member_path(path, field, index)
            if field.label == "map":
                yield from _in_entry(value, found, field, inner, depth)
            else:
                inside = message_facts(field.type)
                yield from unknown_fields(value, found.start, found.end, inside, inner, depth + 1)


def _in_entry(
    value: bytes, entry: WireField, field: Field, path: str, depth: int
) -> Iterator[UnknownField]:
    for part in fields(value, entry.start, entry.end):
        if part.number > 2 or part.wire_type != LENGTH_DELIMITED:
            data = value[part.start : part.end]
            yield UnknownField(path, part.number, part.wire_type, data)
        elif part.number == 2 and field.is_message:
            inside = message_facts(field.type)
            yield from unknown_fields(value, part.start, part.end, inside, path, depth + 1)


def member_path(path: str, field: Field, index: int) -> str:
    """The JSON path of one value of a field."""
    if field.rule == "inline":
        return path
    name = field.json_name if field.label == "optional" else f"{field.json_name}[{index}]"
    return f"{path}.{name}" if path else name


def fits(field: Field, wire_type: int) -> bool:
    """Whether the field can have that wire type, including packed lists."""
    if field.label == "map" or field.is_message or field.type in ("string", "bytes"):
        return wire_type == LENGTH_DELIMITED
    own = FIXED64 if field.type == "double" else VARINT
    return wire_type == own or (field.label == "repeated" and wire_type == LENGTH_DELIMITED)
