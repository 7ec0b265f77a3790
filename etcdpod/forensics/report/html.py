"""A report as one HTML page: self-contained, without scripts, fit for print."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from etcdpod.forensics.incident.svg import lanes_svg
from etcdpod.forensics.report import text as words
from etcdpod.history.text.diff import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.forensics.report.model import KeyHistory, Occurrence, Report

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may load for the page: nothing but the style in it."""

STYLE: Final = """
:root{--ink:#1f2933;--soft:#616e7c;--line:#e4e7eb;--paper:#fff;--wash:#f5f7fa;
--critical:#8a0d2f;--error:#c62828;--warning:#b26a00;--info:#3a6ea5;--passed:#7b8794}
*{box-sizing:border-box}
body{margin:0;background:var(--wash);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1360px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:28px;line-height:1.2;margin:0 0 6px}
h2{font-size:19px;margin:40px 0 12px;padding-bottom:6px;border-bottom:2px solid var(--line)}
h3{font-size:15px;margin:0 0 4px}
p{margin:0 0 8px}
.lead{color:var(--soft);font-size:16px;margin-bottom:18px}
nav{margin:14px 0 0;font-size:14px}nav a{color:var(--info);margin-right:16px;text-decoration:none}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:10px;margin:0}
.facts div{background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:8px 12px}
dt{color:var(--soft);font-size:12px;text-transform:uppercase;letter-spacing:.04em}
dd{margin:0;overflow-wrap:anywhere}
.finding{background:var(--paper);border:1px solid var(--line);border-left:5px solid var(--info);
border-radius:6px;padding:12px 16px;margin:0 0 12px;break-inside:avoid}
.critical{border-left-color:var(--critical)}.error{border-left-color:var(--error)}
.warning{border-left-color:var(--warning)}.info{border-left-color:var(--info)}
.passed{border-left-color:var(--passed)}
.tag{display:inline-block;min-width:66px;text-align:center;color:#fff;background:var(--info);
border-radius:4px;font-size:11px;font-weight:600;letter-spacing:.03em;padding:1px 7px;
margin-right:8px;text-transform:uppercase;vertical-align:1px}
.critical .tag{background:var(--critical)}.error .tag{background:var(--error)}
.warning .tag{background:var(--warning)}.passed .tag{background:var(--passed)}
.when{color:var(--soft);font-size:13px}
.do{margin:8px 0 0;padding:0;list-style:none;font-size:14px}
.finding table{table-layout:fixed}
.finding th:nth-child(1){width:76px}.finding th:nth-child(2){width:42%}
.do li{padding-left:100px;text-indent:-100px}
.do b{display:inline-block;width:100px;text-indent:0;color:var(--soft);font-weight:600}
table{border-collapse:collapse;width:100%;font-size:13px;background:var(--paper)}
th,td{text-align:left;vertical-align:top;padding:4px 10px 4px 0;border-top:1px solid var(--line);
overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600;border-top:0;white-space:nowrap}
td.r,td.t,td.w{white-space:nowrap;font-variant-numeric:tabular-nums}
td.r,td.t,td.p,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
font-size:12px}
td.p{padding-right:18px}
td.w{color:var(--soft)}
tr.trouble td.t{box-shadow:inset 3px 0 0 var(--error);padding-left:8px}
tr.recovery td.t{box-shadow:inset 3px 0 0 #4caf6d;padding-left:8px}
tr.change td.t{box-shadow:inset 3px 0 0 #9aa5b1;padding-left:8px}
.scroll svg{display:block;max-width:100%;height:auto}
.scroll{overflow-x:auto;background:var(--paper);border:1px solid var(--line);border-radius:6px;
padding:10px 12px}
details{background:var(--paper);border:1px solid var(--line);border-radius:6px;margin:0 0 8px;
padding:6px 14px}
summary{cursor:pointer;font-weight:600;font-size:14px}
details .when{margin:4px 0 8px}
ul.plain{margin:0;padding-left:18px}
footer{margin-top:40px;color:var(--soft);font-size:13px}
@media print{body{background:#fff}main{max-width:none;padding:0}nav{display:none}
.scroll{overflow:visible}.scroll svg{width:100%;height:auto}}
"""

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
    """The page, piece by piece; every text from a cluster is escaped."""
    title = safe(report.title)
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
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
    """Text that is nothing but text to a browser."""
    return escape(one_line(text))


def _table(
    header: Iterable[str], rows: Iterable[tuple[str, Iterable[str]]], classes: str
) -> Iterator[str]:
    """A table; a row is its class and its cells, ``classes`` a letter a column."""
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
        told = words.since(one)
        if told:
            yield f'<p class="when">{safe(told)}</p>\n'
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
