"""The result of an analysis: findings, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from etcdpod.times import micro_time

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["critical", "error", "warning", "info"]

SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "error", "warning", "info")
"""Worst first."""

LATEST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reference:
    """The object that a finding is about."""

    kind: str
    namespace: str
    """Empty for a cluster-scoped object."""
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {place}{self.name}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A field or an event that supports a finding."""

    kind: str
    namespace: str
    name: str
    revision: int
    field: str = ""
    """Field path, if the evidence is a field."""
    event: str = ""
    """Event reason, if the evidence is an event; the object is then the event."""
    says: str = ""
    """The value of the field, or the message of the event."""

    def as_json(self) -> dict[str, Any]:
        """The JSON form, with either ``field`` or ``event``."""
        place = {"field": self.field} if self.field else {"event": self.event}
        return {
            "kind": self.kind,
            "namespace": self.namespace,
            "name": self.name,
            "revision": self.revision,
            **place,
            "value": self.says,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, its cause, and what to do about it."""

    rule: str
    """The Kubernetes reason, if there is one."""
    severity: Severity
    object: Reference
    cause: str
    """One sentence without a full stop."""
    evidence: tuple[Evidence, ...]
    """At least one."""
    solution: str
    next_check: str
    since: datetime | None
    """When it began, as far back as the evidence goes; None if unknown."""

    def __repr__(self) -> str:
        return f"<{self.severity} {self.rule} of {self.object}: {self.cause[:200]}>"

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "object": {
                "kind": self.object.kind,
                "namespace": self.object.namespace,
                "name": self.object.name,
            },
            "cause": self.cause,
            "evidence": [item.as_json() for item in self.evidence],
            "solution": self.solution,
            "nextCheck": self.next_check,
            "since": micro_time(self.since),
        }


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings worst first; within a severity, oldest first."""
    return sorted(
        findings,
        key=lambda finding: (
            SEVERITIES.index(finding.severity),
            finding.since or LATEST,
            finding.object.namespace,
            finding.object.name,
        ),
    )
