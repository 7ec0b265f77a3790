"""The type of a printer: the columns of a kind, and how an object fills them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etcdpod.kube.model.age import age

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from etcdpod.kube.codec import Projection

NONE = "<none>"
UNSET = "<unset>"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a kind's table."""

    name: str
    """The header, in upper case."""
    wide: bool = False
    """Shown only with ``-o wide``."""


@dataclass(frozen=True, slots=True)
class Printer:
    """How a kind is listed. NAMESPACE and label columns are added by the table, not here."""

    columns: tuple[Column, ...]
    cells: Callable[[dict[str, Any], datetime], list[str]]
    """One cell per column, including wide ones, as of a given time (for ages)."""
    projection: Projection
    """The fields that ``cells`` reads; empty for the whole object."""
    narrow: Projection | None = None
    """The fields read for the columns that are not wide, if fewer."""
    kind: str = ""
    """Empty for a printer that is not specific to one kind."""
    groups: tuple[str, ...] = ("",)
    """The API groups in which the kind is or was served."""
    name_column: int = 0
    """Index of the NAME column, which gets the kind's prefix in a list of several kinds."""
    order: Callable[[dict[str, Any]], Any] | None = None
    """Sort key for a kind that the API server does not list by name."""


def columns(text: str, wide: str = "") -> tuple[Column, ...]:
    """Columns from their headers, separated by ``|``; the ``wide`` ones are last."""
    shown = [Column(name) for name in text.split("|")]
    return tuple(shown + [Column(name, wide=True) for name in wide.split("|") if name])


def fields(*paths: str) -> Projection:
    """A projection from dotted paths; ``metadata``'s name, namespace and times are always added."""
    tree: dict[str, Any] = {}
    for path in (
        "metadata.name",
        "metadata.namespace",
        "metadata.creationTimestamp",
        "metadata.deletionTimestamp",
        *paths,
    ):
        node = tree
        for name in path.split("."):
            node = node.setdefault(name, {})
    return tree


def dig(node: Any, *path: str) -> Any:
    """The value at a path of field names; None if a step is missing or null.

    Stricter than ``kube.model.fields``: a table cell of an object without the shape of its kind
    must be an error, not blank.

    Raises:
        AttributeError: a step is not an object.
    """
    for name in path:
        if not node:
            return None
        node = node.get(name)
    return node


def text_at(node: Any, *path: str, default: str = "") -> str:
    """The string at a path; ``default`` if there is none or it is empty."""
    value = dig(node, *path)
    return str(value) if value else default


def number_at(node: Any, *path: str) -> int:
    """The integer at a path; 0 if there is none."""
    value = dig(node, *path)
    return int(value) if value else 0


def name_of(thing: dict[str, Any]) -> str:
    """The object's name; empty if it has none."""
    return text_at(thing, "metadata", "name")


def age_of(thing: dict[str, Any], now: datetime) -> str:
    """The object's age."""
    return age(dig(thing, "metadata", "creationTimestamp"), now)


def boolean(value: object) -> str:
    """A boolean cell; false if absent."""
    return "true" if value else "false"


def some_of(items: list[str], total: int, shown: int = 3) -> str:
    """The first few elements of a list, and the number of further ones."""
    text = ",".join(items[:shown])
    return f"{text} + {total - shown} more..." if total > shown else text


def format_labels(labels: dict[str, str] | None) -> str:
    """``a=b,c=d`` in key order; ``<none>`` if there are no labels."""
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels)) if labels else NONE


OPERATORS = {"In": "in", "NotIn": "notin"}


def selector_text(selector: dict[str, Any] | None) -> str:
    """A LabelSelector in the syntax of ``-l``; empty if it is absent or empty."""
    if not selector:
        return ""
    parts = [(key, f"{key}={value}") for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or ():
        key, operator = expression["key"], expression["operator"]
        if operator in OPERATORS:
            values = ",".join(sorted(expression.get("values") or ()))
            parts.append((key, f"{key} {OPERATORS[operator]} ({values})"))
        else:
            parts.append((key, key if operator == "Exists" else f"!{key}"))
    parts.sort(key=lambda part: part[0])
    return ",".join(text for _, text in parts)


def containers(template: Any) -> tuple[str, str]:
    """The names and the images of a pod template's containers, one cell each."""
    found: Iterable[dict[str, Any]] = dig(template, "spec", "containers") or ()
    listed = list(found)
    names = ",".join(text_at(container, "name") for container in listed)
    return names, ",".join(text_at(container, "image") for container in listed)
