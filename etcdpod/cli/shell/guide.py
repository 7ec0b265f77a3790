"""``etcdpod guide``: the manual that ships with the package."""

from __future__ import annotations

from importlib.resources import files

import click

from etcdpod.cli.diagnostics import guarded
from etcdpod.cli.options import terminal_colour
from etcdpod.cli.stdout import write_lines
from etcdpod.cli.verb import verb
from etcdpod.errors import ExitCode, UsageError

TOPICS = (
    ("start", "The jobs by example."),
    ("sources", "What --from takes; running etcds; what is never called."),
    ("time", "How times and writers are derived, and how certain they are."),
    ("trust", "Grades of trust, gaps, what compaction took."),
    ("secrets", "Masking, and values encrypted at rest."),
    ("browser", "The keys of the terminal browser."),
    ("output", "The fields of -o json, yaml and jsonl, verb by verb."),
    ("api", "etcdpod in Python."),
    ("speed", "What was measured, and with which command."),
    ("limits", "What etcdpod cannot do."),
    ("contributing", "The map of the code; how to add a source, a kind, a rule, a verb, a screen."),
)
"""Every page of the guide, in reading order; the file of each has its name."""


@verb("guide")
@click.argument("topic", required=False, metavar="[TOPIC]")
def command(topic: str | None) -> int:
    r"""Show a page of the guide, or the list of topics.

    \b
    etcdpod guide
    etcdpod guide time
    """
    return guarded(lambda: _show(topic))


def _show(topic: str | None) -> ExitCode:
    if topic is None:
        width = max(len(name) for name, _ in TOPICS)
        write_lines(f"{name:{width}}  {text}" for name, text in TOPICS)
        return ExitCode.FOUND
    if topic not in dict(TOPICS):
        names = ", ".join(name for name, _ in TOPICS)
        raise UsageError(f"no topic {topic!r}", next_step=f"topics: {names}")
    text = (files("etcdpod") / "guide" / f"{topic}.md").read_text(encoding="utf-8")
    lines = text.splitlines()
    write_lines(map(_emphasised, lines) if terminal_colour() else lines)
    return ExitCode.FOUND


def _emphasised(line: str) -> str:
    """Headings in bold; everything else reads well as it is."""
    return f"\x1b[1m{line.lstrip('# ')}\x1b[0m" if line.startswith("#") else line
