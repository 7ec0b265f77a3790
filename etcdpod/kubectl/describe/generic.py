"""Any other kind: every field, under a title made from its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.describe.describer import (
    Describer,
    by_bytes,
    go,
    heading,
    indented,
    labels_and_annotations,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kubectl.describe.describer import Around

SHOWN_ABOVE: Final = frozenset(
    {
        ("metadata", "managedFields"),
        ("metadata", "name"),
        ("metadata", "namespace"),
        ("metadata", "labels"),
        ("metadata", "annotations"),
    }
)
"""Fields that the heading already contains, or that are not useful."""

ACRONYMS: Final = frozenset({"API", "URL", "UID", "GUID"})

DEEPEST: Final = 40
"""Levels that are laid out on lines of their own; deeper levels stay on one line."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^A-Za-z]+", re.DOTALL)


def _lines(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(thing)
    yield from labels_and_annotations(thing)
    yield from _fields(thing, (), DEEPEST)


def _fields(fields: dict[str, Any], path: tuple[str, ...], deeper: int) -> Iterator[str]:
    for name in by_bytes(fields):
        value, place = fields[name], (*path, name)
        if place in SHOWN_ABOVE:
            continue
        if isinstance(value, dict | list) and deeper > 0:
            yield f"{in_words(name)}:"
            members = value if isinstance(value, list) else [value]
            for member in members:
                yield from indented(_member(member, place, deeper - 1))
        else:
            yield f"{in_words(name)}:\t{go(value)}"


def _member(member: Any, path: tuple[str, ...], deeper: int) -> Iterator[str]:
    if isinstance(member, dict):
        yield from _fields(member, path, deeper)
    else:
        yield go(member)


def in_words(name: str) -> str:
    """``creationTimestamp`` as ``Creation Timestamp``; names with other characters stay as is."""
    if not all(sign.isalpha() or sign == "-" for sign in name):
        return name
    words = []
    for word in _split(name):
        if word.upper() in ACRONYMS:
            words.append(word.upper())
        else:
            words.append(word.title() if word.islower() else word)
    return " ".join(words)


def _split(name: str) -> list[str]:
    """The words of a name; an acronym and the word after it stay together: ``CSIDriver``."""
    words: list[str] = []
    for word in _WORD.findall(name):
        before = words[-1] if words else ""
        if len(before) > 1 and before.isupper() and word[:1].isupper():
            words[-1] = before + word
        else:
            words.append(word)
    return words


GENERIC = Describer("", _lines)
