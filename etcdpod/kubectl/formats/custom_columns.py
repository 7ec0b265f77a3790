"""``-o custom-columns=NAME:.metadata.name,…`` and ``-o custom-columns-file=``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etcdpod.errors import UsageError
from etcdpod.kubectl.formats.jsonpath import JSONPath, go_text
from etcdpod.kubectl.formats.safe import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

NONE = "<none>"


@dataclass(frozen=True, slots=True)
class CustomColumns:
    """A header, and the expression for the cells below it."""

    header: tuple[str, ...]
    paths: tuple[JSONPath, ...]

    def row(self, thing: dict[str, Any]) -> list[str]:
        """The values of an object at the paths, one cell per path.

        Raises:
            UsageError: a path does not fit the object.
        """
        return [_cell(path.find(thing)) for path in self.paths]


def parse_columns(text: str) -> CustomColumns:
    """The columns of ``HEADER:PATH,HEADER:PATH``.

    Raises:
        UsageError: a part is not such a pair.
    """
    if not text:
        raise UsageError("custom-columns format specified but no custom columns given")
    pairs = [part.partition(":") for part in text.split(",")]
    for header, colon, _ in pairs:
        if not colon:
            raise UsageError(
                f"unexpected custom-columns spec: {header}",
                next_step="give <header>:<json-path-expr>",
            )
    return _columns([pair[0] for pair in pairs], [pair[2] for pair in pairs])


def parse_columns_file(text: str) -> CustomColumns:
    """The columns of a file: a line of headers, followed by a line of paths.

    Raises:
        UsageError: lines are missing, or differ in length.
    """
    lines = [line.split() for line in text.split("\n")[:2]]
    if len(lines) < 2 or not lines[0]:
        raise UsageError(
            "invalid template, a line is missing",
            next_step="give one line of column headers, one line of column specs",
        )
    headers, paths = lines
    if len(headers) != len(paths):
        raise UsageError(
            f"number of headers ({len(headers)}) and field specifications ({len(paths)})"
            " don't match"
        )
    return _columns(headers, paths)


def _columns(headers: Sequence[str], paths: Sequence[str]) -> CustomColumns:
    return CustomColumns(tuple(headers), tuple(JSONPath.relaxed(path) for path in paths))


def _cell(found: list[list[Any]]) -> str:
    if not found or not found[0]:
        return NONE
    return ",".join(printable(go_text(value)) for values in found for value in values)
