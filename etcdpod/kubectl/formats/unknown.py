"""Sentences about fields that no release knows: they are shown beside the object, never dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.kubectl.formats.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kube.codec import Decoded, UnknownField

WIRE_TYPES: Final = {0: "varint", 1: "64 bits", 2: "length-delimited", 3: "group", 5: "32 bits"}
MOST_SHOWN: Final = 48
"""Maximum number of bytes of a field that are shown."""


def unknown_fields(found: Decoded, *, hide: bool) -> Iterator[str]:
    """A sentence for each field of a value that is not in the schema.

    Args:
        found: the decoded value.
        hide: mention only that there are bytes, as for a Secret.
    """
    for one in found.unknown:
        kind = WIRE_TYPES.get(one.wire_type, f"wire type {one.wire_type}")
        where = printable(one.path) or "the object"
        yield f"unknown field {one.number} ({kind}) in {where}: {_content(one, hide=hide)}"


def _content(one: UnknownField, *, hide: bool) -> str:
    if hide:
        return f"{len(one.data)} bytes, hidden"
    more = f" … {len(one.data)} bytes" if len(one.data) > MOST_SHOWN else ""
    return f"{one.data[:MOST_SHOWN].hex(' ')}{more}"
