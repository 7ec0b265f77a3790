"""``etcdpod blame``: each line of an object with the revision, time and writer that set it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from etcdpod.cli.completion import complete_words
from etcdpod.cli.history.history import not_recorded
from etcdpod.cli.moments import revision_at, say_clocks
from etcdpod.cli.options import (
    at_option,
    namespace_option,
    open_session,
    outcome,
    source_options,
    terminal_colour,
)
from etcdpod.cli.serialise import items, output_option
from etcdpod.cli.stdout import write, write_lines
from etcdpod.cli.verb import verb
from etcdpod.history.named import parse_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.errors import ExitCode
    from etcdpod.history.blame import Line, LineOrigin
    from etcdpod.session import SourceOptions


@verb("blame")
@click.argument("words", nargs=-1, metavar="NS/POD | KIND NS/NAME", shell_complete=complete_words)
@namespace_option
@at_option
@click.option("--show-managed-fields", is_flag=True, help="Include metadata.managedFields.")
@output_option()
@source_options
def command(
    words: tuple[str, ...],
    namespace: str | None,
    at: str | None,
    show_managed_fields: bool,
    output: str | None,
    options: SourceOptions,
) -> ExitCode:
    r"""Show an object's YAML, each line with the revision, time and writer that last set it.

    A revision after "<=" is the oldest kept: the line was set there or earlier, and its writer
    is the owner by managedFields.

    \b
    etcdpod blame shop/db-0 --from demo
    etcdpod blame deployment shop/web --from demo
    """
    with open_session(options) as session:
        from etcdpod.history.blame import blame_lines

        target = parse_object(session.registry, words, namespace)
        found = session.registry.history(target.resource, target.namespace, target.name or "")
        if found is None:
            raise not_recorded(session, target)
        end = revision_at(session, at)
        steps = (
            step
            for step in session.registry.steps(found)
            if end is None or step.record.mod_revision <= end
        )
        lines = blame_lines(steps, managed_fields=show_managed_fields)
        if not lines:
            raise not_recorded(session, target, found, end)
        if output is None:
            write_lines(_text(lines))
        else:
            write(items(map(_fields, lines), output))
        say_clocks(session)
        return outcome(session)


def _text(lines: list[Line]) -> Iterator[str]:
    from etcdpod.history.text.diff import DIM, painted
    from etcdpod.kubectl.formats.safe import printable

    colour = terminal_colour()
    rows = [(_revision(line.origin), _time(line.origin), _writer(line.origin)) for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for (revision, time, writer), line in zip(rows, lines, strict=True):
        left = f"{revision:>{widths[0]}}  {time:<{widths[1]}}  {writer:<{widths[2]}}"
        yield f"{painted(left, DIM, colour)}  {printable(line.text)}".rstrip()


def _revision(origin: LineOrigin | None) -> str:
    return "" if origin is None else f"{'' if origin.exact else '<='}{origin.revision}"


def _time(origin: LineOrigin | None) -> str:
    moment = origin.time.estimate if origin is not None and origin.time is not None else None
    return "" if moment is None else f"{moment:%H:%M:%S}"


def _writer(origin: LineOrigin | None) -> str:
    from etcdpod.history.text.table import who

    return "" if origin is None else who(origin.writer)


def _fields(line: Line) -> dict[str, Any]:
    from etcdpod.history.text.fields import time_fields, writer_fields

    origin = line.origin
    if origin is None:
        return {"line": line.text}
    return {
        "line": line.text,
        "revision": origin.revision,
        "exact": origin.exact,
        "incarnation": origin.incarnation,
        "time": None if origin.time is None else time_fields(origin.time),
        "writer": None if origin.writer is None else writer_fields(origin.writer),
    }
