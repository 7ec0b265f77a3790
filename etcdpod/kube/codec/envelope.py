"""The envelope of a stored protobuf object: ``k8s``, NUL, and one ``runtime.Unknown`` message.

The magic is recognised at offset 0 only. Facts: conventions.md section 2.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from etcdpod.kube.codec.go_text import go_text
from etcdpod.kube.codec.protobuf.wire import LENGTH_DELIMITED, WireError, WireField, fields, varint

MAGIC = b"k8s\x00"
TAIL = b"\x1a\x00\x22\x00"
"""Empty content encoding and content type: the end of every envelope."""


class Envelope(NamedTuple):
    """The fields of the envelope, and where the object's own bytes lie."""

    api_version: str
    kind: str
    start: int
    """Offset of the object's message in the value."""
    end: int
    content_encoding: str
    content_type: str
    unknown: tuple[WireField, ...] = ()
    """Fields of the envelope that no release has written."""


def open_envelope(value: bytes) -> Envelope:
    """Parses the envelope of a value that begins with the magic.

    Raises:
        WireError: what follows the magic is not an envelope.
    """
    return _plain_envelope(value) or _any_envelope(value)


def _plain_envelope(value: bytes) -> Envelope | None:
    """Parses an envelope in the form that API servers write; None for any other form."""
    if value[4:5] != b"\x0a" or len(value) < 8 or value[5] > 0x7F:
        return None
    meta_end = 6 + value[5]
    if value[meta_end : meta_end + 1] != b"\x12":
        return None
    length, start = varint(value, meta_end + 1, len(value))
    end = start + length
    if value[end:] != TAIL:
        return None
    api_version, kind = _type_meta(value[6:meta_end])
    return Envelope(api_version, kind, start, end, "", "")


def _any_envelope(value: bytes) -> Envelope:
    api_version = kind = content_encoding = content_type = ""
    start = end = -1
    unknown = []
    for field in fields(value, len(MAGIC), len(value)):
        if field.wire_type != LENGTH_DELIMITED or field.number > 4:
            unknown.append(field)
        elif field.number == 1:
            try:
                api_version, kind = _type_meta(value[field.start : field.end])
            except WireError as error:
                raise WireError(error.reason, field.start + error.offset) from None
        elif field.number == 2:
            start, end = field.start, field.end
        elif field.number == 3:
            content_encoding = go_text(value[field.start : field.end])
        else:
            content_type = go_text(value[field.start : field.end])
    if start < 0:
        raise WireError("it holds no object", len(value))
    return Envelope(api_version, kind, start, end, content_encoding, content_type, tuple(unknown))


@lru_cache(1024)
def _type_meta(message: bytes) -> tuple[str, str]:
    """The apiVersion and kind; cached, since a registry has few different ones."""
    api_version = kind = ""
    for field in fields(message, 0, len(message)):
        if field.wire_type == LENGTH_DELIMITED and field.number == 1:
            api_version = go_text(message[field.start : field.end])
        elif field.wire_type == LENGTH_DELIMITED and field.number == 2:
            kind = go_text(message[field.start : field.end])
    return api_version, kind
