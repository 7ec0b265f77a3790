"""The filter line of a table: words, ``!words``, ``-l selectors`` and ``column=value``."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_COMPARISON = re.compile(r"([A-Za-z][A-Za-z -]*?)(!=|>=|<=|=|~|>|<)(.*)", re.DOTALL)
_REQUIREMENT = re.compile(r"(!?)([^=!]+?)(?:(==|!=|=)(.*))?")


class Filterable(Protocol):
    """What a filter looks at in a row."""

    @property
    def search(self) -> str:
        """All that is shown of the row, lower case."""

    @property
    def labels(self) -> Mapping[str, str] | None:
        """The object's labels; None while they are not known."""

    def cell(self, column: str) -> str | None:
        """The text under a column, by its name in lower case; None where there is none."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was understood."""

    text: str
    tests: tuple[Callable[[Filterable], bool], ...] = ()
    needs_object: bool = False
    """Whether it looks at more than namespace and name."""

    def __bool__(self) -> bool:
        return bool(self.tests)

    def matches(self, row: Filterable) -> bool:
        """Whether every part of the filter holds."""
        return all(test(row) for test in self.tests)


def parse_filter(text: str, columns: Sequence[str]) -> Filter:
    """Understand a filter; what is no label selector or comparison is a word to look for.

    Args:
        text: what the user typed, finished or not.
        columns: names of the columns that can be compared.
    """
    known = {name.lower() for name in columns}
    tests: list[Callable[[Filterable], bool]] = []
    words = iter(_split(text))
    needs_object = False
    for word in words:
        if word == "-l":
            word = next(words, "")
            needs_object = True
            tests += [_requirement(part) for part in word.split(",") if part]
            continue
        comparison = _COMPARISON.fullmatch(word)
        if comparison is not None and comparison[1].lower() in known:
            needs_object = True
            tests.append(_comparison(comparison[1].lower(), comparison[2], comparison[3]))
        elif word.startswith("!") and len(word) > 1:
            tests.append(_without(word[1:].lower()))
        elif word not in ("!", "-"):
            tests.append(_with(word.lower()))
    return Filter(text, tuple(tests), needs_object)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote that is still open
        return text.replace('"', " ").replace("'", " ").split()


def _with(needle: str) -> Callable[[Filterable], bool]:
    return lambda row: needle in row.search


def _without(needle: str) -> Callable[[Filterable], bool]:
    return lambda row: needle not in row.search


def _comparison(column: str, sign: str, wanted: str) -> Callable[[Filterable], bool]:
    wanted = wanted.lower()
    if sign in (">", "<", ">=", "<="):
        return lambda row: _ordered(row.cell(column), sign, wanted)
    if sign == "~":
        return lambda row: wanted in (row.cell(column) or "").lower()
    if sign == "!=":
        return lambda row: (row.cell(column) or "").lower() != wanted
    return lambda row: (row.cell(column) or "").lower() == wanted


def leading_number(text: str) -> float | None:
    """The number that a cell begins with: 3 for ``3 (2m ago)`` and ``3/4``."""
    match = re.match(r"-?\d+(\.\d+)?", text)
    return float(match[0]) if match else None


def _ordered(cell: str | None, sign: str, wanted: str) -> bool:
    left, right = leading_number(cell or ""), leading_number(wanted)
    if left is None or right is None:
        return False
    return {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right}[sign]


def _requirement(text: str) -> Callable[[Filterable], bool]:
    match = _REQUIREMENT.fullmatch(text.strip())
    if match is None:
        return lambda row: True
    absent, name, sign, value = match.groups()
    if sign is None:
        return lambda row: row.labels is not None and (name in row.labels) is not bool(absent)
    if sign == "!=":
        return lambda row: row.labels is not None and row.labels.get(name) != value
    return lambda row: row.labels is not None and row.labels.get(name) == value
