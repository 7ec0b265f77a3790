"""Locates the first defect of a message: the field, its path and the byte offset."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from etcdpod.kube.codec.cbor import CborError
from etcdpod.kube.codec.json_value import JsonError, parse_raw
from etcdpod.kube.codec.protobuf.unknown import fits, member_path
from etcdpod.kube.codec.protobuf.wire import LENGTH_DELIMITED, MAXIMUM_DEPTH, WireError, fields
from etcdpod.kube.schema import message_facts

if TYPE_CHECKING:
    from etcdpod.kube.schema import Field, Message


class Failure(NamedTuple):
    """Why a message cannot be decoded."""

    reason: str
    offset: int | None = None
    """Byte offset in the value."""
    path: str = ""
    """JSON path of the innermost known field that contains the defect."""


def find_failure(
    value: bytes, start: int, end: int, facts: Message, path: str = "", depth: int = 0
) -> Failure | None:
    """The first defect of the message in ``value[start:end]``; None if it is well-formed."""
    if depth > MAXIMUM_DEPTH:
        return Failure(f"it is nested deeper than {MAXIMUM_DEPTH} levels", start, path)
    if facts.json_form == "rawjson":
        return _raw_failure(value, start, end, path)
    by_number = {field.number: field for field in facts.fields}
    seen: dict[int, int] = {}
    try:
        for found in fields(value, start, end):
            field = by_number.get(found.number)
            if field is None or not fits(field, found.wire_type):
                continue
            index = seen[found.number] = seen.get(found.number, -1) + 1
            inner = member_path(path, field, index)
            if field.label == "map":
                failure = _map_failure(value, found.start, found.end, field, inner, depth)
            elif field.is_message:
                type_facts = message_facts(field.type)
                failure = find_failure(value, found.start, found.end, type_facts, inner, depth + 1)
            else:
                failure = None
            if failure is not None:
                return failure
    except WireError as error:
        return Failure(error.reason, error.offset, path)
    return None


def _map_failure(
    value: bytes, start: int, end: int, field: Field, path: str, depth: int
) -> Failure | None:
    try:
        for part in fields(value, start, end):
            if part.number == 2 and part.wire_type == LENGTH_DELIMITED and field.is_message:
                facts = message_facts(field.type)
                failure = find_failure(value, part.start, part.end, facts, path, depth + 1)
                if failure is not None:
                    return failure
    except WireError as error:
        return Failure(error.reason, error.offset, path)
    return None


def _raw_failure(value: bytes, start: int, end: int, path: str) -> Failure | None:
    """A defect of the JSON or CBOR that a message wraps."""
    try:
        for found in fields(value, start, end):
            if (
                found.number == 1
                and found.wire_type == LENGTH_DELIMITED
                and found.end > found.start
            ):
                content = found.start
                parse_raw(value[found.start : found.end])
    except JsonError as error:
        offset = content if error.offset is None else content + error.offset
        return Failure(f"no JSON: {error.reason}", offset, path)
    except CborError as error:
        return Failure(f"no CBOR: {error.reason}", content + error.offset, path)
    except WireError as error:
        return Failure(error.reason, error.offset, path)
    return None
