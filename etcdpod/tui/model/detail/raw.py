"""The stored bytes of one object: the envelope, the wire fields by name, and hex."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.kube.codec.envelope import MAGIC, open_envelope
from etcdpod.kube.codec.protobuf.unknown import fits
from etcdpod.kube.codec.protobuf.wire import (
    LENGTH_DELIMITED,
    MAXIMUM_DEPTH,
    VARINT,
    WIRE_TYPE_NAMES,
    WireError,
    fields,
    varint,
)
from etcdpod.kube.model.secret import is_secret_key
from etcdpod.kube.schema import kinds_by_name, message_facts
from etcdpod.kubectl.formats.hexdump import hexdump
from etcdpod.tui.cells import StyledText, line
from etcdpod.tui.model.safe_text import one_line
from etcdpod.tui.model.text import message
from etcdpod.tui.styles import BOLD, CHANGED, DIM, WARNING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kube.codec.protobuf.wire import WireField
    from etcdpod.kube.schema import Field, Message
    from etcdpod.registry.objects import Item
    from etcdpod.tui.cells import Line

MOST_FIELDS = 5000
"""Wire fields that are laid out."""

MOST_BYTES = 64 * 1024
"""Bytes shown as hex."""


def raw_lines(item: Item, *, show_secrets: bool) -> list[Line]:
    """All that is known of the bytes of a value."""
    record = item.record
    if not show_secrets and is_secret_key(record.key):
        return list(message("the bytes of a Secret stay hidden; start with --show-secrets"))
    value = record.value
    lines = [
        _fact("key", record.key.decode(errors="backslashreplace")),
        _fact(
            "revision",
            f"{record.revision}  (created {record.create_revision}, version "
            f"{record.version}, lease {record.lease:x})",
        ),
        _fact("read from", f"{record.provenance}  trust {record.provenance.trust.value}"),
        _fact("bytes", f"{len(value):,}"),
        line(),
    ]
    lines += _content(value)
    lines += [line(), line(StyledText("hex", BOLD))]
    lines += [line(text.rstrip("\n")) for text in hexdump(value[:MOST_BYTES])]
    if len(value) > MOST_BYTES:
        lines.append(line(StyledText(f"… {len(value) - MOST_BYTES:,} bytes more", DIM)))
    return lines


def _fact(name: str, text: str) -> Line:
    return [StyledText(f"{name:<11}", DIM), StyledText(one_line(text, 2000))]


def _content(value: bytes) -> list[Line]:
    if not value.startswith(MAGIC):
        return [line(StyledText("no protobuf envelope: " + _guess(value), WARNING))]
    try:
        envelope = open_envelope(value)
    except WireError as error:
        return [
            line(StyledText(f"broken envelope at byte {error.offset}: {error.reason}", WARNING))
        ]
    lines = [
        _fact(
            "envelope",
            f"k8s\\0  {envelope.api_version} {envelope.kind}, object at bytes "
            f"{envelope.start}–{envelope.end}",
        ),
        line(),
        line(StyledText("wire fields of the object", BOLD)),
    ]
    row = kinds_by_name().get((envelope.api_version, envelope.kind))
    facts = None if row is None else message_facts(row.message)
    for count, one in enumerate(_walk(value, envelope.start, envelope.end, facts)):
        if count >= MOST_FIELDS:
            lines.append(line(StyledText(f"… more than {MOST_FIELDS:,} fields", DIM)))
            break
        lines.append(one)
    return lines


def _guess(value: bytes) -> str:
    if value.startswith(b"k8s:enc:"):
        return "encrypted at rest (" + one_line(value[8:60].decode(errors="replace")) + "…)"
    if value[:1] in b"{[":
        return "JSON"
    return "CBOR" if value.startswith(b"\xd9\xd9\xf7") else "unknown bytes"


def _walk(value: bytes, start: int, end: int, facts: Message | None) -> Iterator[Line]:
    """The fields with their offsets, nested ones indented; a stack, as depth is the input's."""
    stack: list[tuple[Iterator[WireField], Message | None, int]] = [
        (fields(value, start, end), facts, 0)
    ]
    while stack:
        level, message_of, depth = stack[-1]
        try:
            field = next(level, None)
        except WireError as error:
            yield line(StyledText(f"{error.offset:>7}  {'  ' * depth}✗ {error.reason}", WARNING))
            field = None
        if field is None:
            stack.pop()
            continue
        known = _known(message_of, field)
        below = _below(known)
        nested = below is not None and depth < MAXIMUM_DEPTH
        yield _field_line(value, field, known, depth, nested=nested)
        if nested:
            stack.append((fields(value, field.start, field.end), below, depth + 1))


def _known(message_of: Message | None, field: WireField) -> Field | None:
    for known in message_of.fields if message_of is not None else ():
        if known.number == field.number and fits(known, field.wire_type):
            return known
    return None


def _below(known: Field | None) -> Message | None:
    if known is None or known.label == "map" or not known.is_message:
        return None
    return message_facts(known.type)


def _field_line(
    value: bytes, field: WireField, known: Field | None, depth: int, *, nested: bool
) -> Line:
    indent = "  " * depth
    name = known.json_name if known is not None else "unknown field"
    head = [
        StyledText(f"{field.offset:>7}  ", DIM),
        StyledText(f"{indent}{field.number} "),
        StyledText(name, CHANGED if known is not None else WARNING),
        StyledText(f" {WIRE_TYPE_NAMES[field.wire_type]}", DIM),
    ]
    data = value[field.start : field.end]
    if nested:
        return [*head, StyledText(f" {len(data)} bytes", DIM)]
    if field.wire_type == VARINT:
        return [*head, StyledText(f" {varint(value, field.start, field.end)[0]}")]
    if field.wire_type == LENGTH_DELIMITED:
        return [*head, StyledText(f" {one_line(data.decode(errors='backslashreplace'), 200)!r}")]
    return [*head, StyledText(f" {data.hex()}")]
