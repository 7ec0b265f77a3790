"""Text common to all formats of a report: sentences, times and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.history.text.diff import one_line
from etcdpod.history.text.table import who
from etcdpod.records import Trust

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from etcdpod.changes import Step, TimeSpan
    from etcdpod.forensics.diagnose.model import Evidence, Finding
    from etcdpod.forensics.report.model import KeyHistory, Occurrence, Report

SEVERITIES: Final = ("critical", "error", "warning", "info")

UNREADABLE: Final = "pods unreadable"
"""The key of that count."""

CERTAINTY: Final = (
    "etcd stores no times and no writers. A time here is an estimate between the Leases and "
    "stamps around its revision; a writer is named by managedFields or by what the write looks "
    "like, as likely or certain as is said; where the bytes do not show it, it is unknown.",
    "Findings rest on the fields and events that are quoted with them, each at a revision that "
    "can be looked at: etcdpod get KIND NS/NAME -o yaml --at REVISION.",
    "Values of Secrets are masked throughout.",
)
"""How to read a report."""


def moment(time: datetime | None) -> str:
    """A time in UTC with tenths of a second; empty if unknown."""
    if time is None:
        return ""
    return f"{time:%Y-%m-%d %H:%M:%S}.{time.microsecond // 100_000}"


def clock(time: datetime | None) -> str:
    """The time of day."""
    return moment(time)[11:]


def uncertainty(span: TimeSpan | None) -> str:
    """``± 0.8 s``: half the width of the interval."""
    if span is None or span.earliest is None or span.latest is None:
        return ""
    return f"± {(span.latest - span.earliest).total_seconds() / 2:.1f} s"


def counted(count: int, noun: str, plural: str = "") -> str:
    """``1 finding``, ``2 findings``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def summary(report: Report) -> str:
    """A summary of one or two sentences."""
    present, passed = report.present, report.passed
    by_severity = [
        counted(number, name, f"{name}s" if name in ("error", "warning") else name)
        for name in SEVERITIES
        if (number := sum(one.finding.severity == name for one in present))
    ]
    state = f"{counted(len(present), 'finding')} ({', '.join(by_severity)})" if present else ""
    unread = report.counts.get(UNREADABLE, 0)
    nothing = "Nothing that could be read" if unread else "Nothing"
    text = (
        f"At the end of the span there were {state}."
        if state
        else f"{nothing} was wrong at the end."
    )
    if passed:
        text += f" {len(passed)} more had come and gone before."
    if unread:
        text += f" {counted(unread, 'pod')} could not be read, and were not judged."
    return text


def facts(report: Report) -> Iterator[tuple[str, str]]:
    """What the report covers, as names and values."""
    coverage = report.coverage
    begin, end = moment(coverage.begins.estimate), moment(coverage.ends.estimate)
    yield "Scope", "all namespaces" if report.namespace is None else report.namespace
    if begin and end:
        yield "Span", f"{begin} to {end} UTC {uncertainty(coverage.ends)}".rstrip()
    yield "Revisions", f"{coverage.whole_from} to {coverage.last} in full"
    if report.since is not None:
        yield "Covered from", f"revision {report.since}"
    seen = ", ".join(
        f"{number:,} {name.replace('s', '', 1) if number == 1 else name}"
        for name, number in report.counts.items()
        if number
    )
    yield "Looked at", seen or "nothing"
    yield "Made for", f"{moment(report.now)} UTC, by etcdpod {report.version}"


def missing(report: Report) -> Iterator[str]:
    """What the sources lack, and what did not fit into the report."""
    coverage = report.coverage
    yield from coverage.gaps
    yield from (f"damage: {text}" for text in coverage.damage)
    yield from coverage.clock_notes
    picture = report.picture
    if picture is not None and picture.omitted:
        yield f"{counted(picture.omitted, 'pod')} without trouble not drawn"
    if report.chronology_omitted:
        yield f"{counted(report.chronology_omitted, 'turn')} left out of the chronology"
    if report.histories_omitted:
        left = counted(report.histories_omitted, "object")
        yield f"histories of {left} left out: `etcdpod history` shows them"


def heading(occurrence: Occurrence) -> str:
    """``Pod shop/cart: CrashLoopBackOff``."""
    finding = occurrence.finding
    return one_line(f"{finding.object}: {finding.rule}")


def since(occurrence: Occurrence) -> str:
    """The start of a finding, and the revision of its diagnosis unless it is the last."""
    parts = []
    if occurrence.finding.since is not None:
        parts.append(f"since {moment(occurrence.finding.since)}")
    if not occurrence.is_present:
        parts.append(f"as of revision {occurrence.revision}, over by the end")
    return ", ".join(parts)


def place(item: Evidence, finding: Finding) -> str:
    """The place of the evidence: a field or an event, with the object if it differs."""
    if item.event:
        return one_line(f"event {item.event}")
    about = finding.object
    own = (item.kind, item.namespace, item.name) == (about.kind, about.namespace, about.name)
    return one_line(item.field if own else f"{item.kind} {item.name} {item.field}")


def history_title(history: KeyHistory) -> str:
    """The object, and how much of its history is kept."""
    kept = counted(history.kept, "revision")
    lives = f", {counted(history.lives, 'life', 'lives')}" if history.lives > 1 else ""
    return one_line(f"{history.object} ({kept}{lives})")


def history_rows(history: KeyHistory) -> Iterator[tuple[str, str, str, str]]:
    """Revision, time, writer and summary, one row per step."""
    for index, step in enumerate(history.steps):
        if history.omitted and index == history.omitted_after:
            yield "…", "", "", f"{counted(history.omitted, 'revision')} not shown"
        if step.missing_before:
            yield "…", "", "", f"{counted(step.missing_before, 'revision')} missing"
        yield _revision(step), _time(step), who(step.writer), _what(step)


def _revision(step: Step) -> str:
    """The revision, with its trust grade unless fully trusted."""
    trust = step.record.provenance.trust
    return f"{step.record.revision}{'' if trust is Trust.VOUCHED else f' {trust.value}'}"


def _time(step: Step) -> str:
    return "" if step.time is None else clock(step.time.estimate)


def _what(step: Step) -> str:
    word = {"ADDED": "", "DELETED": "deleted: "}.get(step.event, "")
    summary = " · ".join(map(one_line, step.summary))
    if step.problem is not None:
        summary = one_line(str(step.problem))
    return (word + summary).removesuffix(": ") or step.event.lower()
