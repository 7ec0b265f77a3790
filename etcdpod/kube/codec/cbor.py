"""CBOR as the API server writes it (a restricted RFC 8949): conventions.md section 7.

Text is written as byte strings, including map keys; lengths are definite; the only simple values
are false, true and null. Everything else is rejected, as the API server does.
"""

from __future__ import annotations

import base64
import struct
from typing import Any

from etcdpod.kube.codec.go_text import go_text
from etcdpod.kube.codec.json_numbers import CBOR_MAGIC, INT64, MAXIMUM_DEPTH, number

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
BASE64URL_TAG, BASE64_TAG, HEX_TAG = 21, 22, 23
SIMPLE_VALUES = {20: False, 21: True, 22: None}
FLOATS = {25: ">e", 26: ">f", 27: ">d"}


class CborError(ValueError):
    """Bytes that are not CBOR; ``offset`` is where reading failed."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


def parse_cbor(content: bytes) -> Any:
    """The single value of a CBOR document.

    Raises:
        CborError: it is not CBOR that the API server would accept; has the offset.
    """
    start = len(CBOR_MAGIC) if content.startswith(CBOR_MAGIC) else 0
    value, end = _value(content, start, 0)
    if end != len(content):
        raise CborError("bytes follow the value", end)
    return value


def _head(content: bytes, offset: int) -> tuple[int, int, int, int]:
    """Major type, additional information, argument and the offset after them."""
    if offset >= len(content):
        raise CborError("the value is cut off", offset)
    major, info = content[offset] >> 5, content[offset] & 31
    if info < 24:
        return major, info, info, offset + 1
    if info > 27:
        raise CborError("indefinite lengths and reserved forms do not occur", offset)
    size = 1 << (info - 24)
    if offset + 1 + size > len(content):
        raise CborError("the value is cut off", offset)
    argument = int.from_bytes(content[offset + 1 : offset + 1 + size], "big")
    return major, info, argument, offset + 1 + size


def _value(content: bytes, offset: int, depth: int) -> tuple[Any, int]:
    if depth > MAXIMUM_DEPTH:
        raise CborError(f"it is nested deeper than {MAXIMUM_DEPTH} levels", offset)
    major, info, argument, after = _head(content, offset)
    if major in (BYTES, TEXT):
        chunk, after = _chunk(content, argument, after)
        return go_text(chunk), after
    if major == ARRAY:
        return _array(content, argument, after, depth)
    if major == MAP:
        return _map(content, argument, after, depth)
    if major == TAG:
        return _tagged(content, argument, after, depth)
    if major == SIMPLE:
        return _simple(content, info, argument, offset), after
    value = argument if major == UNSIGNED else -1 - argument
    return (value if value in INT64 else number(float(value))), after


def _chunk(content: bytes, length: int, offset: int) -> tuple[bytes, int]:
    if offset + length > len(content):
        raise CborError("a string reaches past the end", offset)
    return content[offset : offset + length], offset + length


def _array(content: bytes, count: int, offset: int, depth: int) -> tuple[list[Any], int]:
    if count > len(content) - offset:
        raise CborError("an array has more items than bytes", offset)
    items = []
    for _ in range(count):
        item, offset = _value(content, offset, depth + 1)
        items.append(item)
    return items, offset


def _map(content: bytes, count: int, offset: int, depth: int) -> tuple[dict[str, Any], int]:
    if count > len(content) - offset:
        raise CborError("a map has more entries than bytes", offset)
    entries: dict[str, Any] = {}
    for _ in range(count):
        where = offset
        key, offset = _value(content, offset, depth + 1)
        if not isinstance(key, str):
            raise CborError("a map's key is no text", where)
        if key in entries:
            raise CborError(f"the key {key!r} occurs twice in one map", where)
        entries[key], offset = _value(content, offset, depth + 1)
    return entries, offset


def _tagged(content: bytes, tag: int, offset: int, depth: int) -> tuple[Any, int]:
    """Content of a tag: bytes tagged as base64 or hex are shown as such, other tags are ignored."""
    major, _, argument, after = _head(content, offset)
    if tag not in (BASE64URL_TAG, BASE64_TAG, HEX_TAG) or major != BYTES:
        return _value(content, offset, depth + 1)
    chunk, after = _chunk(content, argument, after)
    if tag == HEX_TAG:
        return chunk.hex(), after
    if tag == BASE64URL_TAG:
        return base64.urlsafe_b64encode(chunk).rstrip(b"=").decode(), after
    return base64.b64encode(chunk).decode(), after


def _simple(content: bytes, info: int, argument: int, offset: int) -> Any:
    if info in SIMPLE_VALUES:
        return SIMPLE_VALUES[info]
    if info not in FLOATS:
        raise CborError("a simple value that does not occur in objects", offset)
    try:
        return number(struct.unpack_from(FLOATS[info], content, offset + 1)[0])
    except ValueError as error:
        raise CborError(str(error), offset) from None
