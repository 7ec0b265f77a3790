"""Readers for the less common kinds of fields: maps, lists of scalars, bytes, embedded messages.

Each takes the position of the value and adds it to the object being read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kube.codec.protobuf.reader import NotPlain, read, signed
from etcdpod.kube.codec.protobuf.wire import varint

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.kube.codec.protobuf.reader import MessagePlan, Text

    Member = Callable[[bytes, int, int, str, dict[str, Any], Text], None]
    NumberMember = Callable[[int, str, dict[str, Any]], None]
    Leaf = Callable[[bytes], Any]


def text_list(b: bytes, i: int, j: int, name: str, into: dict[str, Any], text: Text) -> None:
    """A string element of a list."""
    _append(into, name, text(b[i:j]))


def leaf_list(leaf: Leaf) -> Member:
    """An element of a list, converted from its bytes by ``leaf``."""

    def add(b: bytes, i: int, j: int, name: str, into: dict[str, Any], text: Text) -> None:
        _append(into, name, leaf(b[i:j]))

    return add


def leaf_not_empty(leaf: Leaf) -> Member:
    """A value that is omitted if ``leaf`` finds it empty."""

    def add(b: bytes, i: int, j: int, name: str, into: dict[str, Any], text: Text) -> None:
        value = leaf(b[i:j])
        if value:
            into[name] = value

    return add


def inline(plan: MessagePlan) -> Member:
    """An embedded message, whose keys belong to the enclosing object."""

    def add(b: bytes, i: int, j: int, name: str, into: dict[str, Any], text: Text) -> None:
        read(b, i, j, plan, into, text)

    return add


def picked(plan: MessagePlan, pick: Callable[[dict[str, Any]], Any]) -> Member:
    """A message that ``pick`` reduces to the single value shown."""

    def add(b: bytes, i: int, j: int, name: str, into: dict[str, Any], text: Text) -> None:
        into[name] = pick(read(b, i, j, plan, {}, text))

    return add


def picked_list(plan: MessagePlan, pick: Callable[[dict[str, Any]], Any]) -> Member:
    """Like ``picked``, for an element of a list."""

    def add(b: bytes, i: int, j: int, name: str, into: dict[str, Any], text: Text) -> None:
        _append(into, name, pick(read(b, i, j, plan, {}, text)))

    return add


def text_map(b: bytes, i: int, j: int, name: str, into: dict[str, Any], text: Text) -> None:
    """An entry of a map of strings."""
    key, i = _map_key(b, i, j, text)
    entries = into.get(name)
    if entries is None:
        into[name] = {key: text(b[i:j])}
    else:
        entries[key] = text(b[i:j])


def leaf_map(leaf: Leaf) -> Member:
    """An entry of a map whose values ``leaf`` converts from their bytes."""

    def add(b: bytes, i: int, j: int, name: str, into: dict[str, Any], text: Text) -> None:
        key, i = _map_key(b, i, j, text)
        entries = into.get(name)
        if entries is None:
            into[name] = {key: leaf(b[i:j])}
        else:
            entries[key] = leaf(b[i:j])

    return add


def object_map(plan: MessagePlan, pick: Callable[[dict[str, Any]], Any] | None) -> Member:
    """An entry of a map of messages."""

    def add(b: bytes, i: int, j: int, name: str, into: dict[str, Any], text: Text) -> None:
        key, i = _map_key(b, i, j, text)
        value = read(b, i, j, plan, {}, text)
        entries = into.get(name)
        if entries is None:
            entries = into[name] = {}
        entries[key] = value if pick is None else pick(value)

    return add


def number_list(bits: int) -> NumberMember:
    """A number in a list."""

    def add(n: int, name: str, into: dict[str, Any]) -> None:
        _append(into, name, signed(n, bits))

    return add


def bool_list(n: int, name: str, into: dict[str, Any]) -> None:
    """A boolean in a list."""
    _append(into, name, n != 0)


def _map_key(b: bytes, i: int, j: int, text: Text) -> tuple[str, int]:
    """An entry's key and the start of its value; either may be absent, which means empty."""
    if i + 2 < j and b[i] == 0x0A and b[i + 1] < 0x80:
        # The common case: a short key, then a short value up to the end.
        k = i + 2 + b[i + 1]
        if k + 1 < j and b[k] == 0x12 and b[k + 1] == j - k - 2 < 0x80:
            return text(b[i + 2 : k]), k + 2
    key = ""
    if i < j and b[i] == 0x0A:
        n, i = varint(b, i + 1, j)
        key = text(b[i : i + n])
        i += n
    if i < j and b[i] == 0x12:
        n, i = varint(b, i + 1, j)
        if i + n == j:
            return key, i
    elif i == j:
        return key, i
    raise NotPlain("a map's entry holds more than a key and a value")


def _append(into: dict[str, Any], name: str, value: Any) -> None:
    items = into.get(name)
    if items is None:
        into[name] = [value]
    else:
        items.append(value)
