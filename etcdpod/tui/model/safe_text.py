"""Makes text from a cluster safe to draw on one line."""

from __future__ import annotations

from typing import Final

from etcdpod.kubectl.formats.safe import printable

CELL_LIMIT: Final = 400
"""Characters of a value that a table shows; the YAML shows all."""

LINE_LIMIT: Final = 4000
"""Characters of a line that a text view draws."""


def one_line(text: str, limit: int = CELL_LIMIT) -> str:
    """The text without anything that acts on a terminal, on one line, cut at ``limit``."""
    if len(text) > limit:
        text = text[:limit] + "…"
    if text.isprintable():
        return text
    return printable(text).replace("\n", "⏎").replace("\t", " ")


def drawn_line(text: str) -> str:
    """A line of a text view: safe, tabs widened, and what is too long to draw is counted."""
    if len(text) > LINE_LIMIT:
        text = f"{text[:LINE_LIMIT]}… ({len(text) - LINE_LIMIT:,} characters more: export to see)"
    if text.isprintable():
        return text
    return printable(text.expandtabs(4)).replace("\n", "⏎")
