"""JSON as parsed by the API server and kubectl. Facts: conventions.md sections 6D and 7.

Of duplicate keys the last wins; NaN and infinities are invalid; integers outside 64 bits become
floats, and a float without a fraction is shown as an integer.
"""

from __future__ import annotations

import json
import re
from typing import Any

from etcdpod.kube.codec.cbor import parse_cbor
from etcdpod.kube.codec.go_text import go_text
from etcdpod.kube.codec.json_numbers import (
    CBOR_MAGIC,
    INT64,
    MAXIMUM_DEPTH,
    number,
)

TOO_DEEP = f"it is nested deeper than {MAXIMUM_DEPTH} levels"
SURROGATES = re.compile(rb"\\u[dD][89a-fA-F]")
LONE_SURROGATES = re.compile("[\ud800-\udfff]")


class JsonError(ValueError):
    """Bytes that are not JSON; ``offset`` is the byte where parsing failed, if known."""

    def __init__(self, reason: str, offset: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


def integer(text: str) -> int | float:
    """An integer literal of a JSON text."""
    if len(text) < 19:
        return int(text)
    if len(text) < 24:
        value = int(text)
        if value in INT64:
            return value
    return number(float(text))


def _constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _decimal(text: str) -> int | float:
    return number(float(text))


_decoder = json.JSONDecoder(parse_float=_decimal, parse_int=integer, parse_constant=_constant)


def parse_json(content: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        JsonError: it is not JSON, or nested deeper than ``MAXIMUM_DEPTH``.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = go_text(content)
    try:
        value = _decoder.decode(text)
    except RecursionError:
        raise JsonError(TOO_DEEP) from None
    except json.JSONDecodeError as error:
        # Invalid UTF-8 has become longer characters: the offset is exact only before them.
        place = min(len(text[: error.pos].encode()), len(content))
        raise JsonError(error.msg, place) from None
    except ValueError as error:
        raise JsonError(str(error)) from None
    # An empty object contains nothing deeper, and managedFields are full of them.
    if content.count(b"{") - content.count(b"{}") + content.count(b"[") >= MAXIMUM_DEPTH:
        _check_depth([value])
    if SURROGATES.search(content):
        value = _without_lone_surrogates(value)
    return value


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAXIMUM_DEPTH + 1):
        level = [
            item
            for holder in level
            for item in (holder.values() if holder.__class__ is dict else holder)
            if item and item.__class__ in (dict, list)
        ]
        if not level:
            return
    raise JsonError(TOO_DEEP)


def _without_lone_surrogates(value: Any) -> Any:
    """Replaces lone surrogates as Go does; Python could not encode them."""
    if isinstance(value, str):
        return LONE_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_without_lone_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {
            LONE_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", key): _without_lone_surrogates(item)
            for key, item in value.items()
        }
    return value


def parse_raw(content: bytes) -> Any:
    """The value wrapped by a RawExtension or FieldsV1: JSON, or CBOR if marked as such.

    Raises:
        JsonError, CborError: it is neither.
    """
    if content.startswith(CBOR_MAGIC):
        return parse_cbor(content)
    return parse_json(content)
