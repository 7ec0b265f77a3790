"""Findings as lines of text; escapes what they quote from a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.history.text.diff import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from etcdpod.forensics.diagnose.model import Evidence, Finding

INDENT: Final = " " * 10


def finding_lines(finding: Finding, *, evidence: int = 4) -> Iterator[str]:
    """A finding: one line, then the evidence and the remedy.

    Args:
        finding: the finding.
        evidence: maximum number of items shown; the others are counted.
    """
    since = f"   since {clock_time(finding.since)}" if finding.since is not None else ""
    yield f"{finding.severity.upper():<9} {one_line(str(finding.object))}   {finding.rule}{since}"
    yield f"{INDENT}{one_line(finding.cause)}"
    yield from evidence_lines(finding, evidence)
    yield f"{INDENT}do    {one_line(finding.solution)}"
    yield f"{INDENT}next  {one_line(finding.next_check)}"


def evidence_lines(finding: Finding, shown: int, label: str = f"{INDENT}see   ") -> Iterator[str]:
    """The items of evidence, one per line."""
    blank = " " * len(label)
    for number, item in enumerate(finding.evidence[:shown]):
        yield f"{label if number == 0 else blank}{evidence_line(item, finding)}"
    if len(finding.evidence) > shown:
        yield f"{blank}and {len(finding.evidence) - shown} more"


def evidence_line(item: Evidence, finding: Finding) -> str:
    """``rev 629 status.phase = Failed``, with the object if it is another one."""
    if item.event:
        return one_line(f"rev {item.revision} event {item.event}: {item.says}")
    own = (item.kind, item.namespace, item.name) == (
        finding.object.kind,
        finding.object.namespace,
        finding.object.name,
    )
    whose = "" if own else f"{item.kind} {item.name} "
    return one_line(f"rev {item.revision} {whose}{item.field} = {item.says}")


def clock_time(moment: datetime) -> str:
    """The time of day with tenths of a second."""
    return f"{moment:%H:%M:%S}.{moment.microsecond // 100_000}"


def seconds(span: timedelta | None) -> str:
    """``1.2`` seconds; empty if unknown."""
    return "" if span is None else f"{max(span.total_seconds(), 0.0):.1f}"
