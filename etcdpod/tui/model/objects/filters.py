"""The filter line of a table: words, ``!words``, ``-l selectors`` and ``column=value``."""

from __future__ import annotations

import operator
import re
import shlex
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_COMPARISON = re.compile(r"([A-Za-z][A-Za-z -]*?)(!=|>=|<=|=|~|>|<)(.*)", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_ORDERS = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
_REQUIREMENT = re.compile(r"(!?)([^=!]+?)(?:(==|!=|=)(.*))?")


class Filterable(Protocol):
    """What a filter reads of a row."""

    @property
    def labels(self) -> Mapping[str, str] | None:
        """The object's labels; None while they are not known."""

    def cell(self, column: str) -> str | None:
        """The text under a column, by its name in lower case; None where there is none."""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """A parsed filter."""

    text: str
    words: tuple[tuple[str, bool], ...] = ()
    """Words in lower case, and whether a row must contain them."""
    tests: tuple[Callable[[Filterable], bool], ...] = ()
    """Selectors and comparisons."""

    def __bool__(self) -> bool:
        return bool(self.words or self.tests)


def parse_filter(text: str, columns: Sequence[str]) -> RowFilter:
    """Understand a filter; what is no label selector or comparison is a word to look for.

    Args:
        text: what the user typed, finished or not.
        columns: names of the columns that can be compared.
    """
    known = {name.lower() for name in columns}
    tests: list[Callable[[Filterable], bool]] = []
    found: list[tuple[str, bool]] = []
    words = iter(_split(text))
    for word in words:
        if word == "-l":
            word = next(words, "")
            tests += [_requirement(part) for part in word.split(",") if part]
            continue
        comparison = _COMPARISON.fullmatch(word)
        if comparison is not None and comparison[1].lower() in known:
            tests.append(_comparison(comparison[1].lower(), comparison[2], comparison[3]))
        elif word.startswith("!") and len(word) > 1:
            found.append((word[1:].lower(), False))
        elif word not in ("!", "-"):
            found.append((word.lower(), True))
    return RowFilter(text, tuple(found), tuple(tests))


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote that is still open
        return text.replace('"', " ").replace("'", " ").split()


def _comparison(column: str, sign: str, wanted: str) -> Callable[[Filterable], bool]:
    wanted = wanted.lower()
    if sign in _ORDERS:
        return _ordered(column, _ORDERS[sign], leading_number(wanted))
    if sign == "~":
        return lambda row: wanted in (row.cell(column) or "").lower()
    if sign == "!=":
        return lambda row: (row.cell(column) or "").lower() != wanted
    return lambda row: (row.cell(column) or "").lower() == wanted


@lru_cache(maxsize=4096)  # a column has few different cells, and very many rows
def leading_number(text: str) -> float | None:
    """The number that a cell begins with: 3 for ``3 (2m ago)`` and ``3/4``."""
    match = _NUMBER.match(text)
    return float(match[0]) if match else None


def _ordered(
    column: str, holds: Callable[[float, float], bool], wanted: float | None
) -> Callable[[Filterable], bool]:
    def test(row: Filterable) -> bool:
        cell = leading_number(row.cell(column) or "")
        return cell is not None and wanted is not None and holds(cell, wanted)

    return test


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
