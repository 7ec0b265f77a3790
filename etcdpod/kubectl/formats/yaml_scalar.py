"""How a string is written by Go's yaml.v2, and so in kubectl's YAML.

Plain if YAML 1.1 reads it as the same string; double-quoted if it would be read as something
else; single-quoted if its characters have a meaning in YAML; a literal block for several
lines; double-quoted if it cannot be printed. Lines are folded at the first single space after
column 80.
"""

from __future__ import annotations

import math
import re
from datetime import date
from enum import Enum
from typing import Final

from etcdpod.kubectl.formats.safe import DISGUISING

BEST_WIDTH: Final = 80
"""The column after which a line is folded at the next single space."""

MAX_CACHED: Final = 8192
CACHED_LENGTH: Final = 64
"""Maximum length of strings whose style is cached."""


class Style(Enum):
    """The styles of a scalar."""

    PLAIN = 0
    SINGLE = 1
    DOUBLE = 2
    LITERAL = 3


_UNPRINTABLE: Final = re.compile(
    f"[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]|[{DISGUISING}]"
)
"""Escaped are control characters and everything outside the basic plane, as in yaml.v2, and what
would disguise text on a terminal, unlike in yaml.v2. A parser gets the same string."""

_NOT_LITERAL: Final = re.compile(f"{_UNPRINTABLE.pattern}| \n| $")
_NOT_PLAIN: Final = re.compile(
    "^---|^\\.\\.\\.|^[ #,\\[\\]{}&*!|>'\"%@`]|^[?:-](?: |$)|:(?: |$)| #| $"
)

_WORDS: Final = frozenset(
    {"~", "null", "Null", "NULL", ".nan", ".NaN", ".NAN"}
    | {
        spelled
        for word in ("y", "n", "yes", "no", "on", "off", "true", "false")
        for spelled in (word, word.capitalize(), word.upper())
    }
    | {sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")}
)
_MAYBE_NUMBER: Final = re.compile(r"[-+.0-9]")
_INTEGER: Final = re.compile(
    r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))", re.ASCII
)
_BASES: Final = (16, 2, 8, 10)
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_BASE60: Final = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?", re.ASCII)
_TIMESTAMP: Final = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:(?:[Tt](\d\d?):(\d\d?):(\d\d?)(?:[.,]\d+)?(?:Z|[-+]\d\d:\d\d))"
    r"|(?: (\d\d?):(\d\d?):(\d\d?)(?:[.,]\d+)?))?",
    re.ASCII,
)

_ESCAPED: Final = re.compile(f'["\\\\\n]|{_UNPRINTABLE.pattern}')
_ESCAPES: Final = {
    "\0": "\\0",
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
    "\x1b": "\\e",
    '"': '\\"',
    "\\": "\\\\",
    "\x85": "\\N",
    "\u2028": "\\L",
    "\u2029": "\\P",
}

_styles: dict[str, Style] = {}


def style_of(text: str) -> Style:
    """The style in which a string is written as a value."""
    style = _styles.get(text)
    if style is None:
        style = _choose(text)
        if len(text) <= CACHED_LENGTH and len(_styles) < MAX_CACHED:
            _styles[text] = style
    return style


def scalar(text: str, column: int, indent: int) -> str:
    """A string as a value; without the trailing newline if a literal block already has one.

    Args:
        text: the string.
        column: the column of its start.
        indent: the column of its further lines.
    """
    style = style_of(text)
    if style is Style.PLAIN:
        if column + len(text) <= BEST_WIDTH or " " not in text:
            return text
        return _fold(text, column, indent)
    if style is Style.LITERAL:
        return _literal(text, indent)
    return _quoted(text, style, column, indent)


def key(text: str) -> str:
    """A string as a key: on one line, never folded."""
    style = style_of(text)
    if style is Style.PLAIN:
        return text
    if style is Style.SINGLE:
        return f"'{_doubled(text)}'"
    return f'"{_escaped(text)}"'


def is_simple_key(text: str) -> bool:
    """Whether a key can precede its colon; a long or multi-line one cannot."""
    if len(text) > 128 or (len(text) > 32 and len(text.encode(errors="replace")) > 128):
        return False
    return "\n" not in text


def _choose(text: str) -> Style:
    if "\n" in text:
        return Style.DOUBLE if _NOT_LITERAL.search(text) else Style.LITERAL
    if _UNPRINTABLE.search(text) or means_something_else(text):
        return Style.DOUBLE
    return Style.SINGLE if _NOT_PLAIN.search(text) else Style.PLAIN


def means_something_else(text: str) -> bool:
    """Whether YAML 1.1 reads the plain text as null, a boolean, a number or a timestamp."""
    if not text or text in _WORDS:
        return True
    if not _MAYBE_NUMBER.match(text):
        return False
    if text[0] == ".":
        return _is_float(text)
    plain = text.replace("_", "")
    return (
        _is_timestamp(text)
        or _is_integer(plain)
        or _is_float(plain)
        or _BASE60.fullmatch(text) is not None
    )


def _is_integer(text: str) -> bool:
    match = _INTEGER.fullmatch(text)
    if match is None or len(text) > 70:
        return False
    sign, *digits = match.groups()
    value = next(int(part, base) for part, base in zip(digits, _BASES, strict=True) if part)
    return value <= 2**63 if sign == "-" else value < (2**63 if sign else 2**64)


def _is_float(text: str) -> bool:
    """A number too large for a float is not a number in Go."""
    return _FLOAT.fullmatch(text) is not None and math.isfinite(float(text))


def _is_timestamp(text: str) -> bool:
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return False
    year, month, day, *clock = (int(part) for part in match.groups() if part is not None)
    try:
        date(year or 4, month, day)  # Python has no year 0, which is a leap year
    except ValueError:
        return False
    return all(part < bound for part, bound in zip(clock, (24, 60, 60), strict=False))


def _quoted(text: str, style: Style, column: int, indent: int) -> str:
    if style is Style.SINGLE:
        return f"'{_fold(_doubled(text), column + 1, indent)}'"
    return f'"{_fold_escaped(_escaped(text), column + 1, indent)}"'


def _doubled(text: str) -> str:
    return text.replace("'", "''")


def _escaped(text: str) -> str:
    return _ESCAPED.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if 0xD800 <= code < 0xE000:
        return "\ufffd"
    known = _ESCAPES.get(character)
    if known is not None:
        return known
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _fold(text: str, column: int, indent: int) -> str:
    """Break at single spaces after the best width; the space is removed."""
    lines = []
    start = 0
    space = text.find(" ")
    while space >= 0:
        single = text[space - 1 : space] not in ("", " ") and text[space + 1 : space + 2] not in (
            "",
            " ",
        )
        if single and column + space - start > BEST_WIDTH:
            lines.append(text[start:space])
            start = space + 1
            column = indent
        space = text.find(" ", space + 1)
    lines.append(text[start:])
    return f"\n{' ' * indent}".join(lines)


def _fold_escaped(text: str, column: int, indent: int) -> str:
    """The same inside double quotes, where further spaces are preserved by a backslash."""
    lines = []
    start = 0
    hold = ""
    space = text.find(" ", 1)
    while 0 <= space < len(text) - 1:
        if text[space - 1] != " " and column + space - start > BEST_WIDTH:
            lines.append(hold + text[start:space])
            start = space + 1
            hold = "\\" if text[start] == " " else ""
            column = indent + len(hold)
        space = text.find(" ", space + 1)
    lines.append(hold + text[start:])
    return f"\n{' ' * indent}".join(lines)


def _literal(text: str, indent: int) -> str:
    hint = "2" if text[0] in " \n" else ""
    if not text.endswith("\n"):
        chomp = "-"
    elif len(text) == 1 or text[-2] == "\n":
        chomp = "+"
    else:
        chomp = ""
    padding = " " * indent
    lines = [padding + line if line else "" for line in text.removesuffix("\n").split("\n")]
    return "\n".join([f"|{hint}{chomp}", *lines])
