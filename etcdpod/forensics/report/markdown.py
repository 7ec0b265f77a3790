"""A report as Markdown, for a ticket, wiki or email."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from etcdpod.forensics.incident.text import draw_lanes
from etcdpod.forensics.report import text as words
from etcdpod.history.text.diff import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.forensics.report.model import Occurrence, Report

COLUMNS: Final = 100
"""Columns of the lanes' axis."""

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]|~])")
_LINE_START: Final = re.compile(r"^(\s*)([#+-]|\d+[.)])")
"""Markup that is special only at the start of a line."""


def report_markdown(report: Report) -> Iterator[str]:
    """The lines of a report, each with its newline; nothing from a cluster acts as markup."""
    for line in _lines(report):
        yield line + "\n"


def safe(text: str) -> str:
    """Escape text for Markdown."""
    shown = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = _MARKUP.sub(r"\\\1", shown)
    # URLs are not linked: they may come from an attacker.
    shown = shown.replace("://", "&#58;//").replace("www.", "www&#46;")
    return _LINE_START.sub(lambda match: f"{match[1]}{match[2][:-1]}\\{match[2][-1]}", shown)


def _lines(report: Report) -> Iterator[str]:
    yield f"# {safe(report.title)}"
    yield ""
    yield safe(words.summary(report))
    yield ""
    yield from _table(("", ""), words.facts(report))
    yield from _lanes(report)
    yield from _findings("Findings", report.present)
    yield from _findings("What had passed", report.passed)
    yield from _chronology(report)
    yield from _histories(report)
    yield from _sources(report)
    yield "## What is missing"
    yield ""
    yield from (f"- {safe(text)}" for text in words.missing(report))
    yield ""
    yield "## How to read this"
    yield ""
    yield from (f"- {safe(text)}" for text in words.CERTAINTY)


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(header)
    yield "| " + " | ".join(names) + " |"
    yield "|" + " --- |" * len(names)
    for row in rows:
        yield "| " + " | ".join(safe(cell) for cell in row) + " |"
    yield ""


def _findings(title: str, occurrences: list[Occurrence]) -> Iterator[str]:
    if not occurrences:
        return
    yield f"## {title}"
    yield ""
    for number, occurrence in enumerate(occurrences, start=1):
        finding = occurrence.finding
        yield f"### {number}. {finding.severity.upper()} {safe(words.heading(occurrence))}"
        yield ""
        yield f"{safe(finding.cause)}."
        yield ""
        since = words.since(occurrence)
        if since:
            yield f"*{safe(since)}*"
            yield ""
        yield from _table(
            ("revision", "where", "what it says"),
            (
                (str(item.revision), words.place(item, finding), item.says)
                for item in finding.evidence
            ),
        )
        yield f"- **Do**: {safe(finding.solution)}"
        yield f"- **Then check**: {safe(finding.next_check)}"
        yield ""


def _lanes(report: Report) -> Iterator[str]:
    picture = report.picture
    if picture is None:
        return
    yield "## Lanes"
    yield ""
    # Indented, not fenced: no text from a cluster can end an indented block.
    for line in draw_lanes(picture.lanes, replace(picture.axis, columns=COLUMNS)):
        yield f"    {one_line(line)}"
    yield ""


def _chronology(report: Report) -> Iterator[str]:
    if not report.chronology:
        return
    yield "## Chronology"
    yield ""
    yield from _table(
        ("time (UTC)", "revision", "object", "what", "who"),
        (
            (words.clock(turn.time), str(turn.revision), str(turn.object), turn.what, turn.who)
            for turn in report.chronology
        ),
    )


def _histories(report: Report) -> Iterator[str]:
    if not report.histories:
        return
    yield "## Key histories"
    yield ""
    for history in report.histories:
        yield f"### {safe(words.history_title(history))}"
        yield ""
        yield from (f"*{safe(gap)}*  " for gap in history.gaps)
        yield ""
        yield from _table(("revision", "time", "who", "what"), words.history_rows(history))


def _sources(report: Report) -> Iterator[str]:
    yield "## Sources"
    yield ""
    rows = []
    for source in report.sources:
        if not source.files:
            rows.append((source.target, "", "a live endpoint: nothing to hash"))
        rows += [(file.path, f"{file.size:,}", file.sha256) for file in source.files]
    yield from _table(("file", "bytes", "sha256"), rows)
