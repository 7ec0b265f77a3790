"""``etcdpod lint``: workloads against good practice, each with the field and the reason."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from etcdpod.cli.diagnostics import say
from etcdpod.cli.moments import revision_at
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
from etcdpod.errors import ExitCode
from etcdpod.history.text.diff import BOLD, DIM, RED, one_line, painted
from etcdpod.records import Undecodable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.forensics.lint.model import Remark
    from etcdpod.registry.objects import Item
    from etcdpod.session import SourceOptions

SHOWN = 5
"""Objects that cannot be read and are named; the others are counted."""

YELLOW = "33"
COLOURS = {"critical": RED, "error": RED, "warning": YELLOW, "info": DIM}


@verb("lint")
@namespace_option
@click.option("--practice", "practices", multiple=True, metavar="NAME", help="Only this practice.")
@at_option
@output_option()
@source_options
def command(
    namespace: str | None,
    practices: tuple[str, ...],
    at: str | None,
    output: str | None,
    options: SourceOptions,
) -> ExitCode:
    r"""Check workloads against good practice: requests, limits, probes, tags, privileges.

    Each workload is reported once: the Deployment, not each of its pods.

    \b
    etcdpod lint -n shop --from demo
    etcdpod lint --practice privileged --practice runs-as-root --from demo
    """
    with open_session(options) as session:
        from etcdpod.forensics.lint.lint import lint
        from etcdpod.forensics.lint.practices import PRACTICES

        known = [practice.name for practice in PRACTICES]
        for name in practices:
            if name not in known:
                raise click.BadParameter(f"no practice {name!r}; there are {', '.join(known)}")
        unread: list[Item] = []
        found = (
            remark
            for remark in lint(session.registry, namespace, revision_at(session, at), unread=unread)
            if not practices or remark.practice in practices
        )
        if output is None:
            write_lines(_lines(found, terminal_colour()))
        else:
            write(items((remark.as_json() for remark in found), output))
        for item in unread[:SHOWN]:
            say(f"etcdpod: {item.record.key.decode(errors='backslashreplace')}: {item.outcome}")
        if unread:
            say(f"etcdpod: {len(unread)} objects cannot be read, and were not judged")
        damaged = any(isinstance(item.outcome, Undecodable) for item in unread)
        return outcome(session, ExitCode.DAMAGED if damaged else ExitCode.FOUND)


def _lines(found: Iterable[Remark], colour: bool) -> Iterator[str]:
    """The remarks on each workload: what, where, why; what to do once for each practice."""
    count = 0
    solutions: dict[str, str] = {}
    for workload, remarks in groupby(found, key=lambda remark: (remark.object, remark.revision)):
        yield painted(f"● {one_line(str(workload[0]))}   revision {workload[1]}", BOLD, colour)
        for remark in remarks:
            count += 1
            solutions.setdefault(remark.practice, remark.solution)
            value = "" if remark.breach.value == "absent" else f" = {remark.breach.value}"
            severity = painted(f"{remark.severity:<8}", COLOURS[remark.severity], colour)
            yield f"  {severity}{remark.practice:<24} {one_line(remark.breach.field + value)}"
            yield f"{'':<10}{painted(one_line(remark.breach.reason), DIM, colour)}"
        yield ""
    for practice, solution in solutions.items():
        yield f"{practice:<24} → {solution}"
    if solutions:
        yield ""
    yield f"{count} remark{'' if count == 1 else 's'}"
