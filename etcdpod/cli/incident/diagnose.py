"""``etcdpod diagnose``: what is wrong, why, and what to do, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from etcdpod.cli.diagnostics import say
from etcdpod.cli.moments import revision_at, say_clocks
from etcdpod.cli.options import (
    at_option,
    namespace_option,
    open_session,
    outcome,
    source_options,
)
from etcdpod.cli.serialise import items, output_option
from etcdpod.cli.stdout import write, write_lines
from etcdpod.cli.verb import verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.errors import ExitCode
    from etcdpod.forensics.diagnose.diagnose import Diagnosis
    from etcdpod.session import SourceOptions


@verb("diagnose")
@namespace_option
@at_option
@output_option()
@click.option(
    "--evidence",
    metavar="N",
    type=click.IntRange(0),
    default=4,
    help="Evidence items shown for each finding.",
)
@source_options
def command(
    namespace: str | None,
    at: str | None,
    output: str | None,
    evidence: int,
    options: SourceOptions,
) -> ExitCode:
    r"""List everything that is wrong, with cause and evidence, the most severe first.

    \b
    etcdpod diagnose --from demo
    etcdpod diagnose -n shop --at 720 -o json --from demo
    """
    with open_session(options) as session:
        from etcdpod.forensics.diagnose.diagnose import examine

        registry = session.registry
        diagnosis = examine(registry, namespace, revision_at(session, at), clock=registry.clock)
        say_clocks(session)
        if namespace is not None and not diagnosis.pods:
            say(f"No pods found in {namespace} namespace.")
        if diagnosis.unreadable:
            say(f"etcdpod: {diagnosis.unreadable} pods cannot be read, and were not judged")
        if output is None:
            write_lines(_text(diagnosis, evidence))
        else:
            write(items((finding.as_json() for finding in diagnosis.findings), output))
        return outcome(session)


def _text(diagnosis: Diagnosis, evidence: int) -> Iterator[str]:
    from etcdpod.forensics.diagnose.text import finding_lines

    for finding in diagnosis.findings:
        yield from finding_lines(finding, evidence=evidence)
        yield ""
    count = len(diagnosis.findings)
    found = "nothing wrong" if count == 0 else f"{count} finding{'' if count == 1 else 's'}"
    yield f"{found} in {diagnosis.pods} pods and what stands around them"
