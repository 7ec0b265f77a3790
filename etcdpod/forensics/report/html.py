"""A report as one HTML page: self-contained, without scripts, printable."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from etcdpod.forensics.incident.svg import lanes_svg
from etcdpod.forensics.report import text as words
from etcdpod.history.text.diff import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.forensics.report.model import KeyHistory, Occurrence, Report

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""Content security policy: only the inline style is allowed."""

STYLE: Final = Path(__file__).with_name("report.css")

SECTIONS: Final = (
    ("lanes", "Lanes"),
    ("findings", "Findings"),
    ("passed", "What had passed"),
    ("chronology", "Chronology"),
    ("histories", "Key histories"),
    ("sources", "Sources"),
    ("missing", "What is missing"),
    ("reading", "How to read this"),
)


def report_html(report: Report) -> Iterator[str]:
    """The page in chunks; all text from a cluster is escaped."""
    title = safe(report.title)
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    style = STYLE.read_text(encoding="utf-8")
    yield f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
    yield f'<h1>{title}</h1>\n<p class="lead">{safe(words.summary(report))}</p>\n'
    yield '<dl class="facts">\n'
    for name, value in words.facts(report):
        yield f"<div><dt>{safe(name)}</dt><dd>{safe(value)}</dd></div>\n"
    yield "</dl>\n"
    bodies = {
        "findings": list(_findings(report.present)),
        "passed": list(_findings(report.passed)),
        "lanes": list(_lanes(report)),
        "chronology": list(_chronology(report)),
        "histories": [piece for one in report.histories for piece in _history(one)],
        "sources": list(_sources(report)),
        "missing": list(_listed(words.missing(report))),
        "reading": list(_listed(words.CERTAINTY)),
    }
    shown = [(name, heading) for name, heading in SECTIONS if bodies[name]]
    links = "".join(f'<a href="#{name}">{heading}</a>' for name, heading in shown)
    yield f"<nav>{links}</nav>\n"
    for name, heading in shown:
        yield f'<section id="{name}">\n<h2>{heading}</h2>\n'
        yield from bodies[name]
        yield "</section>\n"
    yield "</main>\n</body>\n</html>\n"


def safe(text: str) -> str:
    """Escape text for HTML."""
    return escape(one_line(text))


def _table(
    header: Iterable[str], rows: Iterable[tuple[str, Iterable[str]]], classes: str
) -> Iterator[str]:
    """A table; a row is its class and its cells, ``classes`` one letter per column."""
    heads = "".join(f"<th>{safe(name)}</th>" for name in header)
    yield f"<table>\n<tr>{heads}</tr>\n"
    for row_class, cells in rows:
        shown = "".join(
            f'<td class="{letter}">{safe(cell)}</td>'
            for letter, cell in zip(classes, cells, strict=True)
        )
        yield f'<tr class="{row_class}">{shown}</tr>\n' if row_class else f"<tr>{shown}</tr>\n"
    yield "</table>\n"


def _findings(occurrences: list[Occurrence]) -> Iterator[str]:
    for one in occurrences:
        finding = one.finding
        kind = finding.severity if one.is_present else "passed"
        yield f'<article class="finding {kind}">\n'
        yield f'<h3><span class="tag">{finding.severity}</span>{safe(words.heading(one))}</h3>\n'
        yield f"<p>{safe(finding.cause)}.</p>\n"
        since = words.since(one)
        if since:
            yield f'<p class="when">{safe(since)}</p>\n'
        yield from _table(
            ("revision", "where", "what it says"),
            (
                ("", (str(item.revision), words.place(item, finding), item.says))
                for item in finding.evidence
            ),
            "rpc",
        )
        yield f'<ul class="do"><li><b>Do</b>{safe(finding.solution)}</li>'
        yield f"<li><b>Then check</b>{safe(finding.next_check)}</li></ul>\n</article>\n"


def _lanes(report: Report) -> Iterator[str]:
    picture = report.picture
    if picture is not None:
        yield '<div class="scroll">\n'
        yield lanes_svg(picture.lanes, picture.axis)
        yield "</div>\n"


def _chronology(report: Report) -> Iterator[str]:
    if report.chronology:
        yield '<div class="scroll">\n'
        yield from _table(
            ("time (UTC)", "revision", "object", "what", "who"),
            (
                (
                    turn.sort,
                    (
                        words.clock(turn.time),
                        str(turn.revision),
                        str(turn.object),
                        turn.what,
                        turn.who,
                    ),
                )
                for turn in report.chronology
            ),
            "trpcw",
        )
        yield "</div>\n"


def _history(history: KeyHistory) -> Iterator[str]:
    yield f"<details>\n<summary>{safe(words.history_title(history))}</summary>\n"
    yield f'<p class="when">{safe("; ".join(history.gaps))}</p>\n'
    rows = (("", row) for row in words.history_rows(history))
    yield from _table(("revision", "time (UTC)", "who", "what"), rows, "rtwc")
    yield "</details>\n"


def _sources(report: Report) -> Iterator[str]:
    rows = []
    for source in report.sources:
        if not source.files:
            rows.append(("", (source.target, "", "a live endpoint: nothing to hash")))
        rows += [("", (file.path, f"{file.size:,}", file.sha256)) for file in source.files]
    yield '<div class="scroll">\n'
    yield from _table(("file", "bytes", "sha256"), rows, "ptp")
    yield "</div>\n"


def _listed(texts: Iterable[str]) -> Iterator[str]:
    found = list(texts)
    if found:
        yield '<ul class="plain">\n'
        yield from (f"<li>{safe(text)}</li>\n" for text in found)
        yield "</ul>\n"
