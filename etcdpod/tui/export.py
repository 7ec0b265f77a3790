"""Writes or copies what is shown; the file name's extension selects the format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from etcdpod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Exportable:
    """Something that can be written in some formats."""

    title: str
    """What it is, for the message afterwards."""
    file_name: str
    """A name to begin with; its ending is one of ``formats``."""
    formats: Mapping[str, Callable[[], str]]
    """Endings such as ``.yaml``, and what makes the text; the first is for the clipboard."""

    def text(self) -> str:
        """The text in the first format."""
        return next(iter(self.formats.values()))()


def write_export(thing: Exportable, path: Path) -> Path:
    """Write a thing to a new file.

    Raises:
        UsageError: it cannot be written in that format, or the file exists.
    """
    make = thing.formats.get(path.suffix.lower())
    if make is None:
        known = ", ".join(thing.formats)
        raise UsageError(f"{thing.title} cannot be written as {path.suffix!r}; there is {known}")
    path = path.expanduser()
    if path.exists():
        raise UsageError("exists already", next_step="give another name", path=str(path))
    path.write_text(make(), encoding="utf-8")
    return path


def file_name(*parts: str, ending: str) -> str:
    """A safe file name from arbitrary words."""
    words = ("-".join(part for part in parts if part)).strip("-") or "etcdpod"
    kept = "".join(letter if letter.isalnum() or letter in "-._" else "-" for letter in words)
    return kept[:120] + ending


def fenced(title: str, text: str, language: str = "") -> str:
    """A piece of Markdown: a heading and the text, in a fence that the text cannot close."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"## {title}\n\n{fence}{language}\n{text.rstrip()}\n{fence}\n"
