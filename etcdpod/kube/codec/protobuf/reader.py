"""Reads the bytes of a Kubernetes message directly into the object that kubectl shows.

One loop follows a table for each message. It expects the Go writer's encoding: fields in ascending
order, one record per element, text in UTF-8. Anything else (unknown fields, damage, other
encodings) raises; the caller then normalises the message with the protobuf library and tries
again.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import unpack_from
from typing import Any, Protocol, TypeAlias

from etcdpod.kube.codec.json_numbers import number
from etcdpod.kube.codec.protobuf.wire import varint

Text: TypeAlias = Callable[[bytes], str]
"""Decodes bytes to text: ``bytes.decode``, or ``go_text`` if they may be invalid."""
Entry: TypeAlias = tuple[int, str, Any]
"""The action for a value (one of the numbers below), its JSON name, and the action's argument."""
Table: TypeAlias = tuple[dict[int, Entry], tuple[str, ...]]
"""The entries by the bytes of their tags (a little-endian number), and the JSON names that are null
unless a field sets them."""

# Length-delimited values, the most common first.
TEXT, OBJECT, TEXT_SHOWN, OBJECTS, LEAF, CALL, CALL_AGAIN, SKIP = range(8)
# Varints.
NUMBER, NUMBER_SHOWN, BOOL, BOOL_SHOWN, CALL_NUMBER, SKIP_NUMBER = range(8, 14)
# Eight bytes; and: nothing wanted follows.
DOUBLE, SKIP_DOUBLE, STOP = range(14, 17)
MAY_REPEAT = frozenset({OBJECTS, CALL_AGAIN, SKIP, CALL_NUMBER, SKIP_NUMBER, SKIP_DOUBLE, STOP})


class MessagePlan(Protocol):
    """How to read one message: its table, or what builds it on first use."""

    table: Table | None

    def build(self) -> Table:
        """Builds the table, stores and returns it."""


class NotPlain(ValueError):
    """The message is not encoded as the Go writer does."""


def signed(value: int, bits: int) -> int:
    """The value of a varint as a signed number of that many bits."""
    sign = 1 << (bits - 1)
    return ((value & ((sign << 1) - 1)) ^ sign) - sign


def read(  # noqa: C901 - one loop: a call for each field would double its time
    b: bytes, i: int, end: int, plan: MessagePlan, into: dict[str, Any], text: Text
) -> dict[str, Any]:
    """Reads the message in ``b[i:end]`` into a dict and returns that.

    Names are short because every field of every object of a registry goes through here.

    Raises:
        ValueError, KeyError, IndexError: it is not encoded as the Go writer does.
    """
    entries, nulls = plan.table or plan.build()
    for name in nulls:
        into[name] = None
    last = 0
    while i < end:
        tag = b[i]
        if tag < 128:
            n = b[i + 1]
            i += 2
        else:
            tag += b[i + 1] << 8
            n = b[i + 2]
            i += 3
        op, name, argument = entries[tag]
        if tag <= last and (tag < last or op not in MAY_REPEAT):
            raise NotPlain("the fields are not in order")
        last = tag
        if n > 127 and op < DOUBLE:
            byte = b[i]
            if byte < 128:
                n = n & 127 | byte << 7
                i += 1
            else:
                n, i = varint(b, i - 1, end)
        if op <= SKIP:
            j = i + n
            if op == TEXT:
                if n:
                    into[name] = text(b[i:j])
            elif op == OBJECT:
                into[name] = read(b, i, j, argument, {}, text)
            elif op == TEXT_SHOWN:
                into[name] = text(b[i:j])
            elif op == OBJECTS:
                item = read(b, i, j, argument, {}, text)
                items = into.get(name)
                if items is None:
                    into[name] = [item]
                else:
                    items.append(item)
            elif op == LEAF:
                into[name] = argument(b[i:j])
            elif op != SKIP:
                argument(b, i, j, name, into, text)
            i = j
        elif op <= NUMBER_SHOWN:
            if n or op == NUMBER_SHOWN:
                into[name] = n if n < 1 << 31 else signed(n, argument)
        elif op <= BOOL_SHOWN:
            if n or op == BOOL_SHOWN:
                into[name] = n != 0
        elif op == CALL_NUMBER:
            argument(n, name, into)
        elif op == STOP:
            return into
        elif op != SKIP_NUMBER:
            if op == DOUBLE:
                into[name] = number(unpack_from("<d", b, i - 1)[0])
            i += 7
    if i != end:
        raise NotPlain("a field reaches past the end of its message")
    return into
