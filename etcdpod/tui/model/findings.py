"""Findings as rows, worst first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from etcdpod.tui.cells import GridColumn, StyledText, line
from etcdpod.tui.model.safe_text import one_line
from etcdpod.tui.model.text import clock_text
from etcdpod.tui.styles import BAD, BOLD, DIM, PLAIN, REMOVED, WARNING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.tui.cells import Line

_STYLES = {"critical": BAD, "error": REMOVED, "warning": WARNING, "info": DIM}


@dataclass(frozen=True)
class FindingRows:
    """Findings as the source of a grid."""

    findings: Sequence[Finding]

    @property
    def columns(self) -> Sequence[GridColumn]:
        """How bad, since when, what, and why."""
        return (
            GridColumn("SEVERITY"),
            GridColumn("SINCE"),
            GridColumn("OBJECT", limit=60, least=24, middle=True),
            GridColumn("RULE", limit=30, least=12),
            GridColumn("CAUSE", limit=300),
        )

    def __len__(self) -> int:
        return len(self.findings)

    def row(self, index: int) -> Sequence[StyledText]:
        """One finding."""
        found = self.findings[index]
        return (
            StyledText(found.severity, _STYLES[found.severity]),
            StyledText(clock_text(found.since, tenths=False)),
            StyledText(one_line(str(found.object)), BOLD),
            StyledText(one_line(found.rule)),
            StyledText(one_line(found.cause)),
        )


def finding_lines(found: Finding) -> list[Line]:
    """Everything that is known of one finding."""
    lines = [
        [StyledText("Cause     ", BOLD), StyledText(one_line(found.cause, 2000))],
        [StyledText("Solution  ", BOLD), StyledText(one_line(found.solution, 2000))],
        [StyledText("Next      ", BOLD), StyledText(one_line(found.next_check, 2000))],
        line(),
        line(StyledText("Evidence", BOLD)),
    ]
    for one in found.evidence:
        place = one.field or (f"event {one.event}" if one.event else "")
        who = (
            f"{one.kind} {one.namespace}/{one.name}" if one.namespace else f"{one.kind} {one.name}"
        )
        head = one_line(f"  rev {one.revision}  {who}  {place}")
        lines.append(
            [
                StyledText(head, DIM),
                StyledText(" = " if one.says else ""),
                StyledText(one_line(one.says)),
            ]
        )
    return [*lines, line(StyledText("", PLAIN))]
