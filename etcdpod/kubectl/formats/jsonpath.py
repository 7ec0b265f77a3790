"""Evaluates kubectl's JSONPath templates on objects: ``-o jsonpath=``, columns, sort keys."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any, Final

from etcdpod.errors import UsageError
from etcdpod.kubectl.formats.json import compact
from etcdpod.kubectl.formats.jsonpath_syntax import (
    Action,
    FieldNode,
    Filter,
    Identifier,
    Literal,
    Node,
    Recursive,
    Slice,
    Text,
    Union,
    Wildcard,
    parse,
    relaxed,
)
from etcdpod.kubectl.formats.numbers import go_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MAX_RESULTS: Final = 1_000_000
"""Maximum number of values found by one step, and of iterations of a template's ranges."""

MAX_RANGES: Final = 16
"""Maximum nesting of ``{range}``."""

_ORDERED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class JSONPath:
    """A template, parsed once and evaluated on any number of objects.

    Raises:
        UsageError: the template is not well-formed.
    """

    def __init__(self, template: str) -> None:
        self._segments = parse(template)

    @classmethod
    def relaxed(cls, path: str) -> JSONPath:
        """A single path, for which braces and the first dot are optional."""
        return cls(relaxed(path))

    def find(self, data: Any) -> list[list[Any]]:
        """The values found by each part of the template, in order; a missing field yields nothing.

        Raises:
            UsageError: the template does not fit the object: an index out of bounds, a filter
                on something that is not a list, values that cannot be compared.
        """
        return _find(self._segments, data, 0, [MAX_RESULTS])

    def render(self, data: Any) -> str:
        """The text that kubectl prints: the values of one part are separated by spaces.

        Raises:
            UsageError: as for ``find``.
        """
        return "".join(" ".join(map(value_text, values)) for values in self.find(data))


def value_text(value: Any) -> str:
    """One value as kubectl's JSONPath prints it: objects and lists as JSON."""
    if isinstance(value, dict | list):
        return compact(value)
    return go_text(value)


def go_text(value: Any) -> str:
    """A value as printed by Go's ``fmt.Sprint``: ``map[a:1 b:2]``, ``[x y]``, ``<nil>``."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_text, value))}]"
    return go_number(value)


def _error(what: str) -> UsageError:
    return UsageError(f"jsonpath: {what}")


def _find(
    segments: Sequence[Text | Action], data: Any, ranges: int, turns: list[int]
) -> list[list[Any]]:
    """The values found by the segments; ``turns`` is the number of iterations still allowed."""
    if ranges > MAX_RANGES:
        raise _error(f"ranges nested deeper than {MAX_RANGES} levels")
    found: list[list[Any]] = []
    index = 0
    while index < len(segments):
        segment = segments[index]
        index += 1
        if isinstance(segment, Text):
            found.append([segment.text])
        elif Identifier("range") in segment:
            end = _end_of_range(segments, index)
            body = segments[index:end]
            for value in _evaluate([data], segment):
                turns[0] -= 1
                if turns[0] < 0:
                    raise _error(f"more than {MAX_RESULTS} turns of its ranges")
                found += _find(body, value, ranges + 1, turns)
            index = end + 1
        elif Identifier("end") in segment:
            raise _error("not in range, nothing to end")
        else:
            found.append(_evaluate([data], segment))
    return found


def _end_of_range(segments: Sequence[Text | Action], index: int) -> int:
    """Index of the ``{end}`` of the range that starts before ``index``, or the end."""
    depth = 1
    while index < len(segments):
        segment = segments[index]
        if not isinstance(segment, Text):
            depth += Identifier("range") in segment
            depth -= Identifier("end") in segment
            if depth == 0:
                return index
        index += 1
    return index


def _check(values: list[Any]) -> list[Any]:
    if len(values) > MAX_RESULTS:
        raise _error(f"more than {MAX_RESULTS} results")
    return values


def _evaluate(values: list[Any], nodes: Iterable[Node]) -> list[Any]:
    for node in nodes:
        values = _check(_STEPS[type(node)](values, node))
    return values


def _text(values: list[Any], node: Text) -> list[Any]:
    del values
    return [node.text]


def _literal(values: list[Any], node: Literal) -> list[Any]:
    return [node.value] * len(values)


def _identifier(values: list[Any], node: Identifier) -> list[Any]:
    if node.name != "range":
        raise _error(f"unrecognized identifier {node.name}")
    return values


def _field(values: list[Any], node: FieldNode) -> list[Any]:
    name = node.name
    return [value[name] for value in values if isinstance(value, dict) and name in value]


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return value if isinstance(value, list) else []


def _wildcard(values: list[Any], node: Wildcard) -> list[Any]:
    del node
    return [member for value in values for member in _members(value)]


def _recursive(values: list[Any], node: Recursive) -> list[Any]:
    """Every value that contains others, outermost first; and strings, which contain characters."""
    del node
    found = []
    pending = values[::-1]
    while pending:
        value = pending.pop()
        members = _members(value)
        if members or (isinstance(value, str) and value):
            found.append(value)
            pending += members[::-1]
    return found


def _union(values: list[Any], node: Union) -> list[Any]:
    return [found for member in node.members for found in _evaluate(values, member)]


def _slice(values: list[Any], node: Slice) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value is None:
            continue
        if not isinstance(value, list):
            raise _error(f"{_type_name(value)} is not array or slice")
        length = len(value)
        start = node.start or 0
        if start < 0:
            start += length
        end = length if node.end is None else node.end
        if end < 0 or (end == 0 and node.single):
            end += length
        if start == end:
            return found
        _check_bounds(start, end, length)
        if node.step is not None and node.step <= 0:
            raise _error("step must be > 0")
        found += value[start : end : node.step or 1]
    return found


def _check_bounds(start: int, end: int, length: int) -> None:
    for index, inside in ((start, 0 <= start < length), (end - 1, 0 <= end <= length)):
        if not inside:
            raise _error(f"array index out of bounds: index {index}, length {length}")
    if start > end:
        raise _error(f"starting index {start} is greater than ending index {end}")


def _filter(values: list[Any], node: Filter) -> list[Any]:
    found = []
    for value in values:
        if not isinstance(value, list):
            raise _error(f"{go_text(value)[:80]} is not array or slice and cannot be filtered")
        found += [member for member in value if _passes(member, node)]
    return found


def _passes(member: Any, node: Filter) -> bool:
    if node.operator == "exists":
        return bool(_evaluate([member], node.left))
    sides = [_evaluate([member], side) for side in (node.left, node.right)]
    if any(not side for side in sides):
        return False
    if any(len(side) > 1 for side in sides):
        raise _error("can only compare one element at a time")
    return _compare(sides[0][0], node.operator, sides[1][0])


def _compare(left: Any, sign: str, right: Any) -> bool:
    if sign not in _ORDERED and sign not in ("==", "!=", "=~"):
        raise _error(f"unrecognized filter operator {sign}")
    for side in (left, right):
        if not isinstance(side, str | int | float):
            raise _error("invalid type for comparison")
    if type(left) is not type(right):
        raise _error("incompatible types for comparison")
    if sign == "=~":
        return _matches(left, right)
    if sign in _ORDERED:
        if isinstance(left, bool):
            raise _error("invalid type for comparison")
        return _ORDERED[sign](left, right)
    return bool((left == right) == (sign == "=="))


def _matches(text: Any, pattern: Any) -> bool:
    if not isinstance(text, str):
        raise _error("only strings can be matched against a regular expression")
    try:
        return re.search(pattern, text) is not None
    except re.error as error:
        raise _error(f"bad regular expression {pattern!r}: {error}") from None


def _type_name(value: Any) -> str:
    """Go's name for the type of a JSON value."""
    names = {str: "string", bool: "bool", int: "int64", float: "float64"}
    return names.get(type(value), "map[string]interface {}")


_STEPS: Final[dict[type, Callable[[list[Any], Any], list[Any]]]] = {
    Text: _text,
    FieldNode: _field,
    Slice: _slice,
    Filter: _filter,
    Literal: _literal,
    Wildcard: _wildcard,
    Recursive: _recursive,
    Union: _union,
    Identifier: _identifier,
}
