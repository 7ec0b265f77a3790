"""The envelope of a stored protobuf object: ``k8s``, NUL, and one ``runtime.Unknown`` message.

The magic counts at offset 0 only. Facts: conventions.md section 2.
"""

from __future__ import annotations

from typing import NamedTuple

from etcdpod.decoder.text import go_text
from etcdpod.decoder.wire import LENGTH_DELIMITED, WireField, fields

MAGIC = b"k8s\x00"


class Envelope(NamedTuple):
    """What the envelope says, and where the object's own bytes lie."""

    api_version: str
    kind: str
    start: int
    """Offset of the object's message in the value."""
    end: int
    content_encoding: str
    content_type: str
    unknown: tuple[WireField, ...]
    """Fields of the envelope that no release wrote."""


def open_envelope(value: bytes) -> Envelope:
    """Reads the envelope of a value that begins with the magic.

    Raises:
        WireError: what follows the magic is no such message.
    """
    api_version = kind = content_encoding = content_type = ""
    start = end = len(value)
    unknown = []
    for field in fields(value, len(MAGIC), len(value)):
        if field.wire_type != LENGTH_DELIMITED or field.number > 4:
            unknown.append(field)
        elif field.number == 1:
            api_version, kind = _type_meta(value, field)
        elif field.number == 2:
            start, end = field.start, field.end
        elif field.number == 3:
            content_encoding = go_text(value[field.start : field.end])
        else:
            content_type = go_text(value[field.start : field.end])
    return Envelope(api_version, kind, start, end, content_encoding, content_type, tuple(unknown))


def _type_meta(value: bytes, within: WireField) -> tuple[str, str]:
    api_version = kind = ""
    for field in fields(value, within.start, within.end):
        if field.wire_type == LENGTH_DELIMITED and field.number == 1:
            api_version = go_text(value[field.start : field.end])
        elif field.wire_type == LENGTH_DELIMITED and field.number == 2:
            kind = go_text(value[field.start : field.end])
    return api_version, kind
