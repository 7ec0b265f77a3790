"""``--sort-by``: sorts objects by a field, as kubectl does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from etcdpod.errors import UsageError
from etcdpod.kube.model.quantity import parse_quantity
from etcdpod.kubectl.formats.go_sort import go_sorted
from etcdpod.kubectl.formats.jsonpath import JSONPath

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

MISSING: Final = 0
NULL: Final = 1
PRESENT: Final = 2

_TOKENS: Final = re.compile(r"(0*)([0-9]+)|(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Key:
    """The value that an object is sorted by, prepared for repeated comparison."""

    state: int
    number: int | float | None = None
    text: list[tuple[Any, ...]] | None = None
    quantity: Fraction | None = None


def sort_by(objects: Iterable[dict[str, Any]], path: str) -> list[dict[str, Any]]:
    """The objects by the value at ``path``: those without it first, then null, then the rest.

    Numbers compare as numbers, quantities (``100m``, ``2Gi``) by size, other text in natural order
    (``node-2`` before ``node-10``). Objects with equal values are in kubectl's order, which differs
    from the order in which they were listed.

    Raises:
        UsageError: the path is not well-formed, no object has the field, or its values cannot
            be compared.
    """
    compiled = JSONPath.relaxed(path)
    keyed = [(_key(compiled, thing), thing) for thing in objects]
    if keyed and all(key.state == MISSING for key, _ in keyed):
        raise UsageError(
            f"couldn't find any field with path {path!r} in the list of objects",
            next_step="look at one of them with -o yaml",
        )
    ordered = go_sorted(keyed, lambda one, other: _less(one[0], other[0]))
    return [thing for _, thing in ordered]


def natural_key(text: str) -> list[tuple[Any, ...]]:
    """A sort key in which runs of digits compare as numbers and precede other characters."""
    return [
        (1, other) if other else (0, len(digits), digits, len(zeros))
        for zeros, digits, other in _TOKENS.findall(text)
    ]


def _key(path: JSONPath, thing: dict[str, Any]) -> _Key:
    found = path.find(thing)
    if not found or not found[0]:
        return _Key(MISSING)
    value = found[0][0]
    if value is None:
        return _Key(NULL)
    if isinstance(value, str):
        return _Key(PRESENT, text=natural_key(value), quantity=parse_quantity(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _Key(PRESENT, number=value)
    raise _unsortable()


def _less(one: _Key, other: _Key) -> bool:
    if MISSING in (one.state, other.state):
        return one.state == MISSING
    if NULL in (one.state, other.state):
        return one.state < other.state
    if one.number is not None and other.number is not None:
        return one.number < other.number
    if one.quantity is not None and other.quantity is not None:
        return one.quantity < other.quantity
    if one.text is not None and other.text is not None:
        return one.text < other.text
    raise _unsortable()


def _unsortable() -> UsageError:
    return UsageError(
        "--sort-by: the values of the field cannot be put in order",
        next_step="name a field that holds text or a number",
    )
