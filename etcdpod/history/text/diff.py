"""Differences as text: change by change, or line by line; with ``-`` and ``+``, and with colour.

Everything that comes from a cluster passes ``printable`` before it becomes a line.
"""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.formats.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.changes import Change

RED: Final = "31"
GREEN: Final = "32"
CYAN: Final = "36"
DIM: Final = "2"
BOLD: Final = "1"

_DEEPEST: Final = 24
"""Levels of an added or removed object that are laid out; what is below stays on one line."""
_CONTEXT: Final = 2


def painted(text: str, code: str, colour: bool) -> str:
    """The text in an ANSI style, or as it is without colour. ``text`` has to be safe already."""
    return f"\x1b[{code}m{text}\x1b[0m" if colour and text else text


def one_line(text: str) -> str:
    """Text from a cluster that can neither act on a terminal nor begin a line of its own."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def semantic(changes: Iterable[Change], *, colour: bool = False) -> Iterator[str]:
    """The changes one after the other, each line naming what it speaks of.

    Args:
        changes: as ``history.diff`` finds them.
        colour: paint removals red and additions green.

    Yields:
        Lines without a newline: ``- status.phase: Pending`` and ``+ status.phase: Running``. Of
        texts with several lines, such as the files in a ConfigMap, only what differs.
    """
    for change in changes:
        path = one_line(change.path)
        if change.op == "replace" and _is_long(change.before) and _is_long(change.after):
            yield painted(f"~ {path}:", CYAN, colour)
            before, after = change.before.split("\n"), change.after.split("\n")
            for line in _line_differences(before, after, colour):
                yield f"  {line}"
            continue
        if change.op != "add":
            for line in _laid_out(path, change.before):
                yield painted(f"- {line}", RED, colour)
        if change.op != "remove":
            for line in _laid_out(path, change.after):
                yield painted(f"+ {line}", GREEN, colour)


def unified(
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    *,
    names: tuple[str, str] = ("before", "after"),
    colour: bool = False,
) -> Iterator[str]:
    """Two objects as kubectl's YAML, compared line by line, as ``diff -u`` writes it.

    Args:
        before: the older object; None for one that did not exist.
        after: the newer object; None for one that is gone.
        names: of the two sides, for the first lines.
        colour: paint removals red and additions green.

    Yields:
        Lines without a newline; none where the texts are the same.
    """
    difference = difflib.unified_diff(
        _yaml_lines(before),
        _yaml_lines(after),
        one_line(names[0]),
        one_line(names[1]),
        lineterm="",
    )
    for line in difference:
        code = {"-": RED, "+": GREEN, "@": CYAN}.get(line[:1], "")
        yield painted(line, code, colour and bool(code))


def _yaml_lines(value: dict[str, Any] | None) -> list[str]:
    if value is None:
        return []
    from etcdpod.kubectl.formats.yaml import dumps  # it imports PyYAML

    return [printable(line) for line in dumps(value).removesuffix("\n").split("\n")]


def _line_differences(before: list[str], after: list[str], colour: bool) -> Iterator[str]:
    for line in difflib.unified_diff(before, after, n=_CONTEXT, lineterm=""):
        if line.startswith(("---", "+++")) and not line[3:].strip():
            continue  # the header of unnamed sides
        code = {"-": RED, "+": GREEN, "@": DIM}.get(line[:1], "")
        yield painted(printable(line), code, colour and bool(code))


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value.rstrip("\n")


def _laid_out(path: str, value: Any) -> Iterator[str]:
    """``path: value``, an object or a list indented below its path."""
    if isinstance(value, dict | list) and value:
        yield f"{path}:"
        yield from _nested(value, "  ", _DEEPEST)
    elif _is_long(value):
        yield f"{path}: |"
        for line in value.removesuffix("\n").split("\n"):
            yield f"  {printable(line)}"
    else:
        yield f"{path}: {scalar(value)}"


def _nested(value: dict[str, Any] | list[Any], indent: str, deeper: int) -> Iterator[str]:
    members: Iterable[tuple[str, Any]]
    if isinstance(value, dict):
        members = ((f"{one_line(key)}:", value[key]) for key in sorted(value))
    else:
        members = (("-", member) for member in value)
    for head, member in members:
        if not isinstance(member, dict | list) or not member:
            yield f"{indent}{head} {scalar(member)}"
        elif deeper <= 0:
            yield f"{indent}{head} … (nested too deeply to lay out)"
        elif head == "-":
            # The first line of a member follows its dash, as in YAML.
            first, *rest = _nested(member, indent + "  ", deeper - 1)
            yield f"{indent}- {first[len(indent) + 2 :]}"
            yield from rest
        else:
            yield f"{indent}{head}"
            yield from _nested(member, indent + "  ", deeper - 1)


def scalar(value: Any) -> str:
    """A value on one line: text as it is where that cannot be mistaken, else as JSON."""
    plain = isinstance(value, str) and value == value.strip() != "" and "\n" not in value
    if plain and not (value in ("true", "false", "null") or value[0] in '"{[' or _is_number(value)):
        return one_line(value)
    return one_line(json.dumps(value, ensure_ascii=False))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
