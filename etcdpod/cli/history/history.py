"""``etcdpod history``: who changed what, when, revision by revision."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import click

from etcdpod.cli.attempts import attempt_fields, attempt_lines, hint_at_attempts
from etcdpod.cli.completion import complete_words
from etcdpod.cli.diagnostics import say
from etcdpod.cli.moments import revision_at, say_clocks
from etcdpod.cli.options import (
    namespace_option,
    open_session,
    outcome,
    source_options,
    terminal_colour,
)
from etcdpod.cli.serialise import document, items, output_option
from etcdpod.cli.stdout import write, write_lines
from etcdpod.cli.verb import verb
from etcdpod.connectors.capabilities import Doubting, capable
from etcdpod.errors import ExitCode, NotFoundError, UsageError
from etcdpod.history.named import Target, parse_object
from etcdpod.history.text.diff import one_line
from etcdpod.history.text.fields import step_fields
from etcdpod.kube.model.paths import parse_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.changes import Step
    from etcdpod.history.lives import History
    from etcdpod.session import Session, SourceOptions


@verb("history")
@click.argument("words", nargs=-1, metavar="NS/POD | KIND NS/NAME", shell_complete=complete_words)
@namespace_option
@click.option("--diff", "with_diff", is_flag=True, help="Print every change of each revision.")
@click.option("--field", "field", metavar="PATH", help="Only revisions that changed this field.")
@click.option("--since", metavar="WHEN", help="Only revisions from this moment on.")
@click.option("--noise", is_flag=True, help="Include managedFields, heartbeats and the like.")
@output_option()
@click.option("--objects", is_flag=True, help="Include the whole object in -o output.")
@click.option("--follow", is_flag=True, help="Follow new revisions (live etcd).")
@click.option(
    "--attempts",
    "with_attempts",
    is_flag=True,
    help="Add failed or uncommitted writes from a member's log.",
)
@source_options
def command(
    words: tuple[str, ...],
    namespace: str | None,
    with_diff: bool,
    field: str | None,
    since: str | None,
    noise: bool,
    output: str | None,
    objects: bool,
    follow: bool,
    with_attempts: bool,
    options: SourceOptions,
) -> ExitCode:
    r"""Show the history of one object: every kept revision, and what changed in it.

    \b
    etcdpod history shop/db-0 --from demo
    etcdpod history deployment shop/web --diff --from demo
    """
    with open_session(options) as session:
        target = parse_object(session.registry, words, namespace)
        found = session.registry.history(target.resource, target.namespace, target.name or "")
        if found is None:
            raise not_recorded(session, target)
        noise = noise or field is not None
        if field is not None:
            parse_path(field)  # a path that is none is said before anything is printed
        if follow and with_attempts:
            raise UsageError(
                "--attempts does not go with --follow",
                next_step="a running etcd does not record refused writes",
            )
        if follow:
            return _follow(session, found, field, output or "", noise=noise, objects=objects)
        steps = chosen_steps(session.registry.steps(found, noise=noise), field)
        start = revision_at(session, since)
        if start is not None:
            steps = (step for step in steps if step.record.mod_revision >= start)
        if output is not None:
            lines = (step_fields(step, with_object=objects) for step in steps)
            extra = attempt_fields(session.registry, found.key) if with_attempts else ()
            write(items(chain(lines, extra), output))
        else:
            write_lines(_table(session, target, found, steps, with_diff=with_diff))
            if with_attempts:
                write_lines(attempt_lines(session.registry, found.key))
        if not with_attempts:
            hint_at_attempts(session.registry, found.key)
        _say_left_out(session, found.key)
        say_clocks(session)
        return outcome(session)


def _say_left_out(session: Session, key: bytes) -> None:
    """Report what was found on disk and is too doubtful to be shown as history."""
    source = capable(session.connector, Doubting)
    count = 0 if source is None else source.left_out(key)
    if count:
        which = "1 revision" if count == 1 else f"{count} revisions"
        say(
            f"etcdpod: {which} of trust E omitted: the number or content is in doubt;"
            " `etcdpod keys PREFIX --all-revisions --suspect` lists them"
        )


def not_recorded(
    session: Session, target: Target, found: History | None = None, at: int | None = None
) -> NotFoundError:
    """One line that says what was looked for, where, and what may be tried.

    Args:
        session: where it was looked for.
        target: what.
        found: its history, where it has one, and nothing of it lies at or before ``at``.
        at: main revision; None: the newest.
    """
    info = session.info
    name = f"{target.namespace}/{target.name}" if target.namespace else target.name
    if found is not None and at is not None:
        first = found.incarnations[0].first.mod_revision
        return NotFoundError(
            f"no revision of {target.resource.plural} {name} up to {at} is kept: "
            f"the first is {first}",
            next_step=f"name a revision from {first} on",
            path=info.target,
        )
    below = (
        f", and what was deleted before revision {info.compact_revision} was compacted away"
        if info.compact_revision > 0
        else ""
    )
    return NotFoundError(
        f"no revision of {target.resource.plural} {name} up to {info.current_revision}{below}",
        next_step=f"`etcdpod get {target.resource.plural} -A` lists what is there",
        path=info.target,
    )


def chosen_steps(steps: Iterable[Step], field: str | None) -> Iterator[Step]:
    """All steps, or those in which something at or below ``field`` changed."""
    if field is None:
        yield from steps
        return
    from dataclasses import replace

    from etcdpod.kube.model.paths import narrowed

    for step in steps:
        cut = (narrowed(change, field) for change in step.changes)
        touched = tuple(change for change in cut if change is not None)
        if touched:
            yield replace(step, changes=touched)


def _table(
    session: Session, target: Target, found: History, steps: Iterable[Step], *, with_diff: bool
) -> Iterator[str]:
    from etcdpod.history.text.table import table

    name = f"{target.namespace}/{target.name}" if target.namespace else str(target.name)
    title = name if target.resource.plural == "pods" else f"{target.resource.singular} {name}"
    yield from table(
        title,
        found.incarnations,
        steps,
        compact_revision=found.compact_revision,
        current_revision=found.current_revision,
        with_diff=with_diff,
        colour=terminal_colour(),
    )


def _follow(
    session: Session, found: History, field: str | None, output: str, *, noise: bool, objects: bool
) -> ExitCode:
    """Every kept revision, then each new one as it is written, until it is interrupted."""
    import sys

    for step in chosen_steps(session.registry.follow(found, noise=noise), field):
        if output:
            write(document(step_fields(step, with_object=objects), "jsonl"))
        else:
            write_lines([_followed(step)])
        sys.stdout.flush()
    return outcome(session)


def _followed(step: Step) -> str:
    what = " · ".join(one_line(sentence) for sentence in step.summary)
    return f"{step.record.revision!s:<10}  {step.event:<8}  {what}"
