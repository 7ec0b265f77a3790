"""``etcdpod report``: the post-mortem of an incident, in one file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

import etcdpod
from etcdpod.cli.diagnostics import say
from etcdpod.cli.moments import revision_at
from etcdpod.cli.options import (
    namespace_option,
    now_option,
    open_session,
    outcome,
    source_options,
)
from etcdpod.cli.serialise import FORMATS, document
from etcdpod.cli.stdout import write
from etcdpod.cli.verb import verb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from etcdpod.errors import ExitCode
    from etcdpod.forensics.report.model import Report
    from etcdpod.session import Session, SourceOptions


@verb("report")
@namespace_option
@click.option("--since", metavar="WHEN", help="Start at this moment: a revision, a time, or -10m.")
@click.option("--title", metavar="TEXT", help="Title of the report.")
@now_option
@click.option(
    "-o",
    "--output",
    type=click.Choice(["md", "html", *FORMATS]),
    default="md",
    show_default=True,
    help="Output format: Markdown, one self-contained page, or data.",
)
@source_options
def command(
    namespace: str | None,
    since: str | None,
    title: str | None,
    now: datetime | None,
    output: str,
    options: SourceOptions,
) -> ExitCode:
    r"""Write the post-mortem: sources with hashes, gaps, lanes, findings, histories.

    The same files and the same --now give the same report, byte for byte. Secrets are masked.

    \b
    etcdpod report -n shop -o html --from demo-end > incident.html
    etcdpod report --since -10m --from snapshot.db > incident.md
    """
    if options.show_secrets:
        say("etcdpod: a report is made to be passed on: Secrets stay masked")
        options = replace(options, show_secrets=False)
    with open_session(options) as session:
        report = _report(session, options, namespace, since, title, now)
        write(_text(report, output))
        return outcome(session)


def _report(
    session: Session,
    options: SourceOptions,
    namespace: str | None,
    since: str | None,
    title: str | None,
    now: datetime | None,
) -> Report:
    from etcdpod.demo import demo_path
    from etcdpod.forensics.report.build import build
    from etcdpod.forensics.report.sources import hashed

    targets = options.targets or (session.info.target,)
    scope = f"namespace {namespace}" if namespace else " + ".join(targets)
    return build(
        session.registry,
        title=title or f"Incident report: {scope}",
        version=etcdpod.__version__,
        now=now or session.now()[0],
        sources=hashed(targets, demo_path),
        namespace=namespace,
        since=revision_at(session, since),
    )


def _text(report: Report, output: str) -> Iterator[str]:
    if output in FORMATS:
        yield from document(report.as_json(), output)
    elif output == "html":
        from etcdpod.forensics.report.html import report_html

        yield from report_html(report)
    else:
        from etcdpod.forensics.report.markdown import report_markdown

        yield from report_markdown(report)
