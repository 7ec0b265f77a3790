r"""The syntax of kubectl's JSONPath templates: ``{range .items[*]}{.metadata.name}{"\n"}{end}``.

Text outside braces is literal. Inside, each step narrows what the previous steps found.
The rules, including the odd ones, are kubectl's: a quoted key is split at its dots, ``.*`` is
a wildcard, ``\.`` a dot inside a name, and newlines inside braces are not allowed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from etcdpod.errors import UsageError

MAX_LENGTH: Final = 20_000
"""Maximum length of a template."""

MAX_NESTING: Final = 16
"""Maximum nesting of filters and unions."""


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted string, or the text outside braces."""

    text: str


@dataclass(frozen=True, slots=True)
class FieldNode:
    """The member ``.name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Slice:
    """Elements of a list: ``[start:end:step]``; ``[3]`` is a slice of one element."""

    start: int | None
    end: int | None
    step: int | None
    single: bool
    """Written as a single index: ``[-1]`` then ends at the end."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Elements of a list: ``[?(left operator right)]``, or ``[?(left)]`` if left exists."""

    left: tuple[Node, ...]
    operator: str
    right: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a boolean."""

    value: bool | int | float


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``.*`` and ``[*]`` of an object."""


@dataclass(frozen=True, slots=True)
class Recursive:
    """All descendants: ``..``."""


@dataclass(frozen=True, slots=True)
class Union:
    """Several alternatives: ``['a','b']``, ``[0,2]``."""

    members: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Identifier:
    """The keywords ``range`` and ``end``."""

    name: str


Node = Text | FieldNode | Slice | Filter | Literal | Wildcard | Recursive | Union | Identifier
Action = tuple[Node, ...]
"""The content of a pair of braces."""

_TERMINATORS: Final = " \t\r\n.,[]$@{}"
_KEY: Final = re.compile(r"'([^']*)'")
_SLICE: Final = re.compile(r"(-?\d*)(:-?\d*)?(:-?\d*)?", re.ASCII)
_COMPARISON: Final = re.compile(r"([^!<>=]+)([!<>=~]+)(.+)", re.DOTALL)
_NUMBER: Final = re.compile(r"[+-]?[\d.]*", re.ASCII)
_ESCAPE: Final = re.compile(
    r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))"
)
_ESCAPES: Final = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
}


def parse(template: str) -> tuple[Text | Action, ...]:
    """The template as a sequence of text and actions.

    Raises:
        UsageError: the template is not well-formed, or too long.
    """
    if len(template) > MAX_LENGTH:
        raise _error(f"template longer than {MAX_LENGTH} characters")
    segments: list[Text | Action] = []
    position = 0
    while True:
        brace = template.find("{", position)
        text = template[position:] if brace < 0 else template[position:brace]
        if text:
            segments.append(Text(text))
        if brace < 0:
            return tuple(segments)
        parser = _ActionParser(template, brace + 1, 0)
        segments.append(parser.parse())
        position = parser.position


def relaxed(path: str) -> str:
    """A path as accepted by ``--sort-by`` and ``-o custom-columns``: braces and first dot optional.

    Raises:
        UsageError: there are braces elsewhere than around the whole.
    """
    match = re.fullmatch(r"\{\.?([^{}]+)\}|\.?([^{}]+)", path)
    if match is None:
        raise UsageError(
            f"unexpected path string {path!r}",
            next_step="give 'name1.name2', '.name1.name2', '{name1.name2}' or '{.name1.name2}'",
        )
    return f"{{.{match[1] or match[2]}}}"


def _error(what: str) -> UsageError:
    return UsageError(f"jsonpath: {what}")


class _ActionParser:
    """Parses one action, from after its opening brace to after its closing one."""

    def __init__(self, text: str, position: int, nesting: int) -> None:
        if nesting > MAX_NESTING:
            raise _error(f"nested deeper than {MAX_NESTING} levels")
        self.text = text
        self.position = position
        self.nesting = nesting
        self.nodes: list[Node] = []

    def parse(self) -> Action:
        text = self.text
        while True:
            if text.startswith("[?(", self.position):
                self._filter()
            elif text.startswith("..", self.position):
                self._recursive()
            else:
                character = text[self.position : self.position + 1]
                if character == "}":
                    self.position += 1
                    return tuple(self.nodes)
                self._step(character)

    def _step(self, character: str) -> None:
        if character in ("", "\r", "\n"):
            raise _error("unclosed action")
        if character in " @$":
            self.position += 1
        elif character == "[":
            self._array()
        elif character in "\"'":
            self._quote(character)
        elif character == ".":
            self.position += 1
            self._field()
        elif character in "+-" or character.isdecimal():
            self._number()
        elif character == "_" or character.isalpha():
            self._identifier()
        else:
            raise _error(f"unrecognized character in action: {character!r}")

    def _nested(self, text: str) -> Action:
        return _ActionParser(f"{text}}}", 0, self.nesting + 1).parse()

    def _until_terminator(self) -> str:
        start = position = self.position
        text = self.text
        while position < len(text) and text[position] not in _TERMINATORS:
            position += 2 if text[position] == "\\" else 1
        self.position = min(position, len(text))
        return text[start : self.position]

    def _field(self) -> None:
        name = self._until_terminator()
        if name == "*":
            self.nodes.append(Wildcard())
        elif name:
            self.nodes.append(FieldNode(name.replace("\\", "")))

    def _recursive(self) -> None:
        if self.nodes and isinstance(self.nodes[-1], Recursive):
            raise _error("invalid multiple recursive descent")
        self.position += 2
        self.nodes.append(Recursive())
        character = self.text[self.position : self.position + 1]
        if character == "_" or character.isalnum():
            self._field()

    def _identifier(self) -> None:
        start = self.position
        while self.text[self.position : self.position + 1] not in ("", *_TERMINATORS):
            self.position += 1
        name = self.text[start : self.position]
        boolean = name in ("true", "false")
        self.nodes.append(Literal(name == "true") if boolean else Identifier(name))

    def _number(self) -> None:
        match = _NUMBER.match(self.text, self.position)
        text = match[0] if match is not None else ""
        self.position += len(text)
        try:
            self.nodes.append(Literal(float(text) if "." in text else int(text)))
        except ValueError:
            raise _error(f"cannot parse number {text!r}") from None

    def _quote(self, quote: str) -> None:
        end = self.position + 1
        while self.text[end : end + 1] != quote or self.text[end - 1] == "\\":
            if self.text[end : end + 1] in ("", "\n"):
                raise _error("unterminated quoted string")
            end += 1
        body = self.text[self.position + 1 : end]
        self.position = end + 1
        self.nodes.append(Text(_unquote(body)))

    def _array(self) -> None:
        end = self.text.find("]", self.position)
        if end < 0 or "\n" in self.text[self.position : end]:
            raise _error("unterminated array")
        body = self.text[self.position + 1 : end]
        self.position = end + 1
        members = body.split(",")
        key = _KEY.fullmatch(body)
        if len(members) > 1:
            self.nodes.append(
                Union(tuple(self._nested(f"[{part.strip(' ')}]") for part in members))
            )
        elif key is not None:
            self.nodes.extend(self._nested(f".{key[1]}"))
        else:
            self.nodes.append(_slice(":" if body == "*" else body))

    def _filter(self) -> None:
        start = self.position + 3
        end = self._filter_end(start)
        if self.text[end + 1 : end + 2] != "]":
            raise _error("unclosed array expect ]")
        self.position = end + 2
        body = self.text[start:end]
        comparison = _COMPARISON.fullmatch(body)
        if comparison is None:
            self.nodes.append(Filter(self._nested(body), "exists", ()))
        else:
            left, operator, right = comparison.groups()
            self.nodes.append(Filter(self._nested(left), operator, self._nested(right)))

    def _filter_end(self, position: int) -> int:
        """Position of the filter's closing parenthesis, ignoring those inside quotes."""
        quote = ""
        closed = False
        while True:
            character = self.text[position : position + 1]
            if character in ("", "\n"):
                raise _error("unterminated filter")
            if character in "\"'":
                if not quote:
                    quote = character
                elif character == quote and self.text[position - 1] != "\\":
                    closed = True
            elif character == ")" and closed == bool(quote):
                return position
            position += 1


def _slice(body: str) -> Slice:
    match = _SLICE.fullmatch(body)
    if match is None:
        raise _error(f"invalid array index {body}")
    first, second, third = match.groups()
    try:
        start = int(first) if first else None
        end = int(second[1:]) if second and second != ":" else None
        step = int(third[1:]) if third and third != ":" else None
    except ValueError:
        raise _error(f"array index {body} is not a number") from None
    if second is None:
        index = start or 0
        return Slice(start, index + 1, step, single=True)
    return Slice(start, end, step, single=False)


def _unquote(body: str) -> str:
    if "\\" not in body:
        return body
    text = _ESCAPE.sub(_character, body)
    if "\\" in _ESCAPE.sub("", body):
        raise _error(f"unquote string {body!r} error invalid syntax")
    return text


def _character(match: re.Match[str]) -> str:
    plain, *codes, octal = match.groups()
    if plain:
        return _ESCAPES[plain]
    code = int(octal, 8) if octal else int(next(filter(None, codes)), 16)
    return chr(code) if code < 0x110000 else "\ufffd"
