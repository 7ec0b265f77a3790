"""The result of decoding: the object, its encoding, and the fields that no schema knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Projection: TypeAlias = Mapping[str, "Projection"]
"""The fields that a caller needs, by JSON name; ``{}`` is a whole subtree, lists are transparent.

Only a hint: the object has at least these fields. It is compiled once, so keep and reuse the same
mapping, and do not modify it afterwards.
"""


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A protobuf field that the schema lacks, or defines with another wire type."""

    path: str
    """JSON path of the enclosing message: ``spec.containers[0]``; empty at the top level."""
    number: int
    wire_type: int
    """0 varint, 1 eight bytes, 2 length-delimited, 3 group, 5 four bytes."""
    data: bytes
    """The field's value as on the wire, without tag and length."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """An object as kubectl would have shown it."""

    object: dict[str, Any]
    """kubectl's JSON; ``metadata.resourceVersion`` is set when a revision was given."""
    api_version: str
    kind: str
    encoding: str
    """``protobuf``, ``json``, ``cbor`` or ``text`` (the compactor's own key)."""
    unknown: tuple[UnknownField, ...] = ()
    """Never dropped; not collected if a projection was given."""
    lossless: bool | None = None
    """Re-encoding the message gives identical bytes; None unless verified."""
