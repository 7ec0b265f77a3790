"""What ``get -o`` can print: how one object becomes a part, and the parts a text.

Parts are made wherever there is a core free, so they are plain data; the text is put together
in order, in this process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from etcdpod.kubectl.formats import json as json_text
from etcdpod.kubectl.formats.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.kube.codec import Projection
    from etcdpod.kubectl.formats.custom_columns import CustomColumns as Columns
    from etcdpod.kubectl.formats.jsonpath import JSONPath
    from etcdpod.kubectl.tables.layout import Layout
    from etcdpod.registry.objects import Item


class Output(Protocol):
    """A format."""

    @property
    def projection(self) -> Projection | None:
        """The fields it reads; None: all."""

    @property
    def order(self) -> Order:
        """Sort key of objects that are not listed by name; None for all others."""

    def part(self, item: Item) -> Any:
        """What an object contributes; None where there is no object to speak of."""

    def text(self, parts: Iterable[Any]) -> Iterator[str]:
        """The whole, piece by piece."""


Order = Callable[[dict[str, Any]], Any] | None


@dataclass(frozen=True)
class JsonLines:
    """One object a line."""

    projection: Projection | None = None
    order: Order = None

    def part(self, item: Item) -> str | None:
        """The line."""
        return None if item.object is None else json_text.compact(item.object) + "\n"

    def text(self, parts: Iterable[str]) -> Iterator[str]:
        """The lines."""
        yield from parts


@dataclass(frozen=True)
class Json:
    """kubectl's JSON: one object, or a List of them."""

    single: bool
    projection: Projection | None = None
    order: Order = None

    def part(self, item: Item) -> str | None:
        """The object's text at the depth at which it will stand."""
        return (
            None if item.object is None else json_text.pretty(item.object, 0 if self.single else 2)
        )

    def text(self, parts: Iterable[str]) -> Iterator[str]:
        """The text, with the List around it."""
        if self.single:
            for part in parts:
                yield part + "\n"
        else:
            yield from json_text.list_of(parts)


@dataclass(frozen=True)
class Yaml:
    """kubectl's YAML: one object, or a List of them."""

    single: bool
    projection: Projection | None = None
    order: Order = None

    def part(self, item: Item) -> str | None:
        """The object's text; inside a List as its member."""
        from etcdpod.kubectl.formats import yaml as yaml_text

        if item.object is None:
            return None
        return yaml_text.dumps(item.object if self.single else [item.object])

    def text(self, parts: Iterable[str]) -> Iterator[str]:
        """The text, with the List around it."""
        if self.single:
            yield from parts
            return
        yield "apiVersion: v1\n"
        empty = True
        for part in parts:
            yield "items:\n" + part if empty else part
            empty = False
        if empty:
            yield "items: []\n"
        yield 'kind: List\nmetadata:\n  resourceVersion: ""\n'


@dataclass(frozen=True)
class Template:
    """JSONPath over the object, or over the List of all."""

    template: JSONPath
    single: bool
    projection: Projection | None = None
    order: Order = None

    def part(self, item: Item) -> dict[str, Any] | None:
        """The object itself: a template may look at all at once."""
        return item.object

    def text(self, parts: Iterable[dict[str, Any]]) -> Iterator[str]:
        """What the template makes of them; on a terminal made safe, in a pipe as it is."""
        found = list(parts)
        whole = {
            "apiVersion": "v1",
            "items": found,
            "kind": "List",
            "metadata": {"resourceVersion": ""},
        }
        for thing in found if self.single else [whole]:
            text = self.template.render(thing)
            yield printable(text) if sys.stdout.isatty() else text


@dataclass(frozen=True)
class CustomColumnsOutput:
    """``-o custom-columns``."""

    columns: Columns
    header: bool
    projection: Projection | None = None
    order: Order = None

    def part(self, item: Item) -> list[str] | None:
        """The row."""
        return None if item.object is None else self.columns.row(item.object)

    def text(self, parts: Iterable[list[str]]) -> Iterator[str]:
        """The table."""
        from etcdpod.kubectl.formats.table import table

        yield from table(self.columns.header if self.header else None, parts)


@dataclass(frozen=True)
class Names:
    """``KIND/NAME`` lines."""

    prefix: str
    projection: Projection | None
    order: Order = None

    def part(self, item: Item) -> str | None:
        """The line."""
        if item.object is None:
            return None
        return f"{self.prefix}/{printable(str(item.object['metadata'].get('name', '')))}\n"

    def text(self, parts: Iterable[str]) -> Iterator[str]:
        """The lines."""
        yield from parts


@dataclass(frozen=True)
class Table:
    """kubectl's table."""

    layout: Layout
    header: bool

    @property
    def projection(self) -> Projection | None:
        """What the cells read."""
        return self.layout.projection

    @property
    def order(self) -> Order:
        """How the kind is listed, where not by name."""
        return self.layout.order

    def part(self, item: Item) -> list[str] | None:
        """The row; of a value that is no object its name, and why."""
        if item.object is None:
            return self._unreadable(item)
        return self.layout.row(item.object)

    def _unreadable(self, item: Item) -> list[str]:
        header = self.layout.header
        path = item.record.key.decode(errors="backslashreplace").split("/")
        names = path[-2:] if header[0] == "NAMESPACE" else path[-1:]
        row = [printable(name) for name in names]
        row += [f"<{item.outcome}>"] + [""] * len(header)
        return row[: len(header)]

    def text(self, parts: Iterable[list[str]]) -> Iterator[str]:
        """The table."""
        from etcdpod.kubectl.formats.table import table

        yield from table(self.layout.header if self.header else None, parts)
