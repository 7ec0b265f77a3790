"""The protobuf wire format: tags, varints and lengths, all bounds-checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

VARINT, FIXED64, LENGTH_DELIMITED, START_GROUP, END_GROUP, FIXED32 = range(6)
WIRE_TYPE_NAMES = ("varint", "fixed64", "length-delimited", "group", "end of group", "fixed32")
MAXIMUM_DEPTH = 100
"""Maximum nesting depth, as in protobuf implementations."""


class WireError(ValueError):
    """Bytes that are not protobuf; ``offset`` is where reading failed."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


class WireField(NamedTuple):
    """One field on the wire."""

    number: int
    wire_type: int
    offset: int
    """Start of its tag."""
    start: int
    """Start of its value, after tag and length."""
    end: int


def varint(buffer: bytes, offset: int, end: int) -> tuple[int, int]:
    """The unsigned varint at ``offset`` and the offset after it.

    Raises:
        WireError: it extends past ``end`` or is longer than 64 bits.
    """
    if offset < end and buffer[offset] < 0x80:
        return buffer[offset], offset + 1
    value = 0
    for position in range(offset, min(end, offset + 10)):
        byte = buffer[position]
        value |= (byte & 0x7F) << (7 * (position - offset))
        if byte < 0x80:
            if value >> 64:
                break
            return value, position + 1
    reason = "a number is cut off" if end < offset + 10 else "a number is longer than 64 bits"
    raise WireError(reason, offset)


def fields(buffer: bytes, start: int, end: int) -> Iterator[WireField]:
    """The fields of the message in ``buffer[start:end]``, in order.

    A group is a single field whose value ends before its end tag.

    Raises:
        WireError: it is not a message.
    """
    offset = start
    while offset < end:
        field = _field(buffer, offset, end)
        if field.wire_type == END_GROUP:
            raise WireError("a group ends that never began", offset)
        yield field
        offset = field.end
        if field.wire_type == START_GROUP:
            _, offset = varint(buffer, offset, end)


def _field(buffer: bytes, offset: int, end: int) -> WireField:
    tag, start = varint(buffer, offset, end)
    number, wire_type = tag >> 3, tag & 7
    if number == 0 or number >> 29:
        raise WireError(f"{number} is no field number", offset)
    if wire_type == VARINT:
        _, stop = varint(buffer, start, end)
    elif wire_type == LENGTH_DELIMITED:
        length, start = varint(buffer, start, end)
        stop = start + length
    elif wire_type == START_GROUP:
        stop = _group_end(buffer, number, start, end)
    elif wire_type == END_GROUP:
        stop = start
    elif wire_type in (FIXED64, FIXED32):
        stop = start + (8 if wire_type == FIXED64 else 4)
    else:
        raise WireError(f"{wire_type} is no wire type (field {number})", offset)
    if stop > end:
        raise WireError(f"field {number} reaches {stop - end} bytes past its end", offset)
    return WireField(number, wire_type, offset, start, stop)


def _group_end(buffer: bytes, number: int, start: int, end: int) -> int:
    """Position of the end tag of the group whose content starts at ``start``."""
    open_groups = [number]
    offset = start
    while offset < end:
        tag, after = varint(buffer, offset, end)
        if tag & 7 == START_GROUP:
            open_groups.append(tag >> 3)
            if len(open_groups) > MAXIMUM_DEPTH:
                break
            offset = after
        elif tag & 7 == END_GROUP:
            if tag >> 3 != open_groups.pop():
                break
            if not open_groups:
                return offset
            offset = after
        else:
            offset = _field(buffer, offset, end).end
    raise WireError(f"group {number} has no end", start)
