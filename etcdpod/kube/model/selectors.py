"""Label selectors (``-l``) and field selectors (``--field-selector``), in kubectl's syntax."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from etcdpod.errors import UsageError
from etcdpod.kube.model.fields import field
from etcdpod.kube.model.selectable import label_fields, supported_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kube.codec import Projection
    from etcdpod.kube.model.types import ResourceType

_TOKEN: Final = re.compile(r"\s*(?:(==|!=|[=!<>(),])|([^\s=!<>(),]+))")
_LABELS: Final[Projection] = {"metadata": {"labels": {}}}
_TERM: Final = re.compile(r"((?:[^,\\]|\\.)*)(?:,|$)", re.DOTALL)
_FIELD_TERM: Final = re.compile(r"((?:[^\\=!]|\\.|!(?!=))*)(!=|==|=)(.*)", re.DOTALL)
LONGEST_LABEL: Final = 63
"""Characters of a label's name and of its value (apimachinery, validation.go)."""
LONGEST_PREFIX: Final = 253
_LABEL_NAME: Final = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_DNS_LABEL: Final = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_PREFIX: Final = re.compile(rf"{_DNS_LABEL}(?:\.{_DNS_LABEL})*")
_FIELD_ESCAPE: Final = re.compile(r"\\([\\,=])")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a label selector."""

    key: str
    operator: str
    """``in``, ``notin``, ``exists``, ``!``, ``>`` or ``<``; ``=`` and ``!=`` are the first two."""
    values: tuple[str, ...] = ()

    def holds(self, labels: dict[str, str]) -> bool:
        """Whether labels meet it. A missing label is not in any set, so ``notin`` holds."""
        value = labels.get(self.key)
        if self.operator == "exists":
            return value is not None
        if self.operator == "!":
            return value is None
        if self.operator == "notin":
            return value is None or value not in self.values
        if value is None:
            return False
        if self.operator == "in":
            return value in self.values
        return self._compares(value)

    def _compares(self, value: str) -> bool:
        try:
            number, bound = int(value), int(self.values[0])
        except ValueError:
            return False
        return number > bound if self.operator == ">" else number < bound


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All requirements of ``-l``."""

    requirements: tuple[Requirement, ...]
    projection: Projection
    """The fields that ``matches`` reads."""

    def matches(self, item: dict[str, Any]) -> bool:
        """Whether an object's labels meet every requirement."""
        labels = field(item, "metadata", "labels") or {}
        return all(requirement.holds(labels) for requirement in self.requirements)


def parse_label_selector(text: str) -> LabelSelector:
    """A selector such as ``app=web,tier!=db``, ``env in (a,b),!canary,rank>3``.

    Raises:
        UsageError: the text is not a selector.
    """
    return LabelSelector(tuple(_LabelParser(text).requirements()), _LABELS)


class _LabelParser:
    """The tokens of a label selector, with one token of lookahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.symbol = self.word = ""
        self._advance()

    def _advance(self) -> None:
        """Read the next token: a symbol, a word, or neither at the end."""
        match = _TOKEN.match(self.text, self.position)
        self.symbol = self.word = ""
        if match is not None:
            self.position = match.end()
            self.symbol, self.word = match[1] or "", match[2] or ""

    def _take_word(self, expected: str) -> str:
        word = self.word
        if not word:
            raise self._error(expected)
        self._advance()
        return word

    def _error(self, expected: str) -> UsageError:
        found = self.symbol or self.word or "the end"
        return UsageError(
            f"unable to parse the label selector {self.text!r}: found {found!r}, "
            f"expected: {expected}",
            next_step="write it as app=web,tier in (a,b),!canary",
        )

    def requirements(self) -> Iterator[Requirement]:
        """The requirements, separated by commas."""
        while self.symbol or self.word:
            requirement = self._requirement()
            self._check(requirement)
            yield requirement
            if self.symbol == ",":
                self._advance()
                if not (self.symbol or self.word):
                    raise self._error("a label after ','")
            elif self.symbol or self.word:
                raise self._error("',' or the end")

    def _check(self, requirement: Requirement) -> None:
        """Refuse what no label can be, as the API server does.

        Raises:
            UsageError: the key or a value is not valid.
        """
        prefix, slash, name = requirement.key.rpartition("/")
        valid = len(name) <= LONGEST_LABEL and _LABEL_NAME.fullmatch(name) is not None
        if slash:
            valid = valid and len(prefix) <= LONGEST_PREFIX and bool(_PREFIX.fullmatch(prefix))
        wrong = [] if valid else [requirement.key]
        wrong += [
            value
            for value in requirement.values
            if len(value) > LONGEST_LABEL or (value and not _LABEL_NAME.fullmatch(value))
        ]
        if wrong:
            raise UsageError(
                f"label selector {self.text!r}: {wrong[0]!r} is not a valid label key or value",
                next_step="labels are at most 63 letters, digits, '-', '_' and '.', and begin and "
                "end with a letter or digit; a key may have one DNS prefix and '/'",
            )

    def _requirement(self) -> Requirement:
        if self.symbol == "!":
            self._advance()
            return Requirement(self._take_word("a label"), "!")
        key = self._take_word("'!' or a label")
        operator = self.symbol or self.word
        if operator in ("", ","):
            return Requirement(key, "exists")
        self._advance()
        if operator in ("in", "notin"):
            return Requirement(key, operator, self._values())
        if operator in ("=", "==", "!="):
            value = "" if self.symbol == "," else self.word
            if value:
                self._advance()
            elif self.symbol not in ("", ","):
                raise self._error("a value")
            return Requirement(key, "notin" if operator == "!=" else "in", (value,))
        if operator in ("<", ">"):
            return Requirement(key, operator, (self._integer(),))
        raise self._error("'=', '!=', '==', 'in', 'notin', '<' or '>'")

    def _integer(self) -> str:
        value = self._take_word("an integer")
        if re.fullmatch(r"[-+]?\d{1,19}", value, re.ASCII) is None:
            raise UsageError(
                f"label selector {self.text!r}: {value!r} is no integer",
                next_step="'<' and '>' compare integers",
            )
        return value

    def _values(self) -> tuple[str, ...]:
        if self.symbol != "(":
            raise self._error("'('")
        self._advance()
        values = []
        while True:
            values.append(self.word)
            if self.word:
                self._advance()
            if self.symbol == ")":
                self._advance()
                break
            if self.symbol != ",":
                raise self._error("',' or ')'")
            self._advance()
        return tuple(values)


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """All terms of ``--field-selector``."""

    terms: tuple[tuple[str, bool, str], ...]
    """Field label, whether it must be equal, value."""
    projection: Projection
    """The fields that ``matches`` reads."""

    def matches(self, item: dict[str, Any]) -> bool:
        """Whether the object's fields have (or do not have) the given values."""
        return all((_field(item, label) == value) == equal for label, equal, value in self.terms)


def parse_field_selector(text: str, kind: ResourceType | None = None) -> FieldSelector:
    """A selector such as ``status.phase=Running,spec.nodeName!=node-1``.

    Args:
        text: the selector; commas, equal signs and backslashes in values follow a backslash.
        kind: the kind selected from; None allows the fields of every kind.

    Raises:
        UsageError: the text is not a selector, or the API server does not support the field.
    """
    supported = supported_labels(kind)
    terms = []
    projection: dict[str, Any] = {}
    for part in filter(None, (match[1] for match in _TERM.finditer(text))):
        match = _FIELD_TERM.fullmatch(part)
        if match is None:
            raise UsageError(
                f"invalid selector: {text!r}; can't understand {part!r}",
                next_step="write it as status.phase=Running",
            )
        label, operator, value = match.groups()
        if label not in supported:
            raise UsageError(
                f"field label not supported: {label}",
                next_step=f"there are: {', '.join(sorted(supported))}",
            )
        terms.append((label, operator != "!=", _FIELD_ESCAPE.sub(r"\1", value)))
        for path in label_fields(label):
            _add(projection, path)
    return FieldSelector(tuple(terms), projection)


def _add(projection: dict[str, Any], path: tuple[str, ...]) -> None:
    for name in path:
        projection = projection.setdefault(name, {})


def _field(item: dict[str, Any], label: str) -> str:
    """The first non-empty value of the fields behind a label; empty if there is none."""
    for path in label_fields(label):
        value = field(item, *path)
        if isinstance(value, bool):
            return "true" if value else "false"
        if value is not None and not isinstance(value, dict | list):
            return str(value)
    return "false" if label in _BOOLEANS else "0" if label in _COUNTS else ""


_BOOLEANS: Final = ("spec.hostNetwork", "spec.unschedulable")
_COUNTS: Final = ("status.replicas", "status.successful")
