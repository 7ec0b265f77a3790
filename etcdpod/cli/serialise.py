"""Machine output: the one place where data becomes JSON, YAML or JSON lines for ``-o``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Command = TypeVar("Command", bound=Callable[..., Any])

FORMATS = ("json", "yaml", "jsonl")


def output_option(*others: str, help: str = "Output format.") -> Callable[[Command], Command]:
    """``-o``, with the formats of every verb and those of its own before them."""
    return click.option("-o", "--output", type=click.Choice([*others, *FORMATS]), help=help)


def document(value: Any, output: str) -> Iterator[str]:
    """One value as a JSON or YAML document; as JSON lines, one line."""
    if output == "yaml":
        from etcdpod.kubectl.formats.yaml import dumps

        yield dumps(value)
        return
    from etcdpod.kubectl.formats import json as json_text

    yield (json_text.compact(value) if output == "jsonl" else json_text.pretty(value)) + "\n"


def items(values: Iterable[Any], output: str) -> Iterator[str]:
    """Values as one JSON or YAML list; as JSON lines, a line each as they come."""
    if output != "jsonl":
        yield from document(list(values), output)
        return
    for value in values:
        yield from document(value, output)
