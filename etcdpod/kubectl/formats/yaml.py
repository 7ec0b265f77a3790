"""kubectl's YAML: natural key order, dashes in the parent's column, Go's quoting.

PyYAML's output differs from kubectl's in the order of keys, in every quoted string and in every
block of lines, and takes 30 times as long; so this is a writer of its own.
"""

from __future__ import annotations

from functools import cmp_to_key
from typing import TYPE_CHECKING, Any, Final

from etcdpod.errors import DecodeError
from etcdpod.kubectl.formats.numbers import yaml_number
from etcdpod.kubectl.formats.yaml_scalar import is_simple_key, key, scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAX_DEPTH: Final = 300
"""Maximum nesting depth; Kubernetes objects stay below 50."""

MAX_SHAPES: Final = 4096
MAX_SHAPE_KEYS: Final = 50

_WORDS: Final = {None: "null", True: "true", False: "false"}
_orders: dict[tuple[str, ...], list[tuple[str, str | None]]] = {}


def dumps(value: Any) -> str:
    """The text that ``kubectl -o yaml`` prints for an object.

    Raises:
        DecodeError: the value is nested deeper than any Kubernetes object.
    """
    pieces: list[str] = []
    _node(value, 0, "", pieces.append, 0)
    return "".join(pieces) + "\n"


def member(value: Any) -> str:
    """The text of an object as a member of a List printed by ``kubectl -o yaml``.

    Raises:
        DecodeError: the value is nested deeper than any Kubernetes object.
    """
    pieces: list[str] = []
    _sequence([value], 0, "", pieces.append, 1)
    return "".join(pieces) + "\n"


def dumps_list(objects: Iterable[Any]) -> Iterator[str]:
    """The List that kubectl prints for several objects, piece by piece; holds one at a time."""
    head = "apiVersion: v1\nitems:"
    for thing in objects:
        yield f"{head}\n{member(thing)}" if head else member(thing)
        head = ""
    if head:
        yield f"{head} []\n"
    yield 'kind: List\nmetadata:\n  resourceVersion: ""\n'


def natural_order(keys: Iterable[str]) -> list[str]:
    """Keys in yaml.v2's sort order: ``a2`` before ``a10``, letters after everything else."""
    listed = list(keys)
    if all(name.isalpha() for name in listed):
        return sorted(listed)
    return sorted(listed, key=cmp_to_key(_compare))


def _compare(one: str, other: str) -> int:
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a == b:
            continue
        if a.isalpha() or b.isalpha():
            if a.isalpha() and b.isalpha():
                return -1 if a < b else 1
            return -1 if b.isalpha() else 1
        begun = "0" in (a, b) and _inside_number(one, index)
        first, first_end = _number(one, index, begun)
        second, second_end = _number(other, index, begun)
        ranks = ((first, first_end, a), (second, second_end, b))
        return -1 if ranks[0] < ranks[1] else 1
    return len(one) - len(other)


def _inside_number(text: str, index: int) -> bool:
    """Whether digits that are not all zero immediately precede the index."""
    while index > 0 and text[index - 1].isdecimal():
        index -= 1
        if text[index] != "0":
            return True
    return False


def _number(text: str, index: int, begun: bool) -> tuple[int, int]:
    """The value of the run of digits from the index on, and the index of its end."""
    value = int(begun)
    while index < len(text) and text[index].isdecimal():
        value = value * 10 + ord(text[index]) - ord("0")
        index += 1
    return value, index


def _order(keys: tuple[str, ...]) -> list[tuple[str, str | None]]:
    """Each key with its text up to the colon; None for one that cannot precede a colon."""
    order = _orders.get(keys)
    if order is None:
        order = [
            (name, f"{key(name)}:" if is_simple_key(name) else None) for name in natural_order(keys)
        ]
        if len(_orders) < MAX_SHAPES and len(keys) <= MAX_SHAPE_KEYS:
            _orders[keys] = order
    return order


def _node(value: Any, indent: int, lead: str, add: Callable[[str], None], depth: int) -> None:
    """A value after ``lead`` (a dash or a colon), or the whole document without one."""
    if lead:
        lead += " "
    if isinstance(value, dict) and value:
        _mapping(value, indent, lead, add, depth)
    elif isinstance(value, list) and value:
        _sequence(value, indent, lead, add, depth)
    else:
        add(lead + _scalar(value, indent, indent or 2))


def _mapping(
    value: dict[str, Any], indent: int, lead: str, add: Callable[[str], None], depth: int
) -> None:
    """The members of an object; the first one is on the line of ``lead``."""
    if depth > MAX_DEPTH:
        raise DecodeError(f"nested deeper than {MAX_DEPTH} levels")
    newline = "\n" + " " * indent
    for name, text in _order(tuple(value)):
        member = value[name]
        add(lead)
        lead = newline
        if text is None:
            add(f"? {scalar(name, indent + 2, indent + 2)}{newline}")
            _node(member, indent + 2, ":", add, depth + 1)
            continue
        kind = type(member)
        if kind is str:
            add(f"{text} {scalar(member, indent + len(text) + 1, indent + 2)}")
        elif kind is dict and member:
            add(text)
            _mapping(member, indent + 2, f"{newline}  ", add, depth + 1)
        elif kind is list and member:
            add(text)
            _sequence(member, indent, newline, add, depth + 1)
        else:
            add(f"{text} {_scalar(member, 0, 0)}")


def _sequence(
    value: list[Any], indent: int, lead: str, add: Callable[[str], None], depth: int
) -> None:
    """The members of a list, each after a dash; the first one is on the line of ``lead``."""
    if depth > MAX_DEPTH:
        raise DecodeError(f"nested deeper than {MAX_DEPTH} levels")
    newline = "\n" + " " * indent
    for member in value:
        _node(member, indent + 2, f"{lead}-", add, depth + 1)
        lead = newline


def _scalar(value: Any, column: int, indent: int) -> str:
    if isinstance(value, str):
        return scalar(value, column, indent)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, dict | list):
        return "[]" if isinstance(value, list) else "{}"
    return yaml_number(value)
