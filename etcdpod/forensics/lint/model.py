"""What a practice is, and what it remarks on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from etcdpod.forensics.diagnose.model import Reference, Severity
    from etcdpod.forensics.lint.workload import Workload


@dataclass(frozen=True, slots=True)
class Breach:
    """One place where a workload departs from a practice."""

    field: str
    """Field path in the workload's object."""
    value: str
    """What stands there; ``absent`` where nothing does, never anything secret."""
    reason: str
    """Why that matters, one sentence without a full stop."""
    severity: Severity | None = None
    """Where it is not the practice's own."""


@dataclass(frozen=True, slots=True)
class Practice:
    """One thing that good workloads do."""

    name: str
    severity: Severity
    solution: str
    """What to do about a breach, a clause."""
    check: Callable[[Workload], Iterable[Breach]]


@dataclass(frozen=True, slots=True)
class Remark:
    """A breach, of which practice and by which object."""

    practice: str
    severity: Severity
    object: Reference
    revision: int
    """At which the object says so."""
    breach: Breach
    solution: str

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "practice": self.practice,
            "severity": self.severity,
            "object": {
                "kind": self.object.kind,
                "namespace": self.object.namespace,
                "name": self.object.name,
            },
            "revision": self.revision,
            "field": self.breach.field,
            "value": self.breach.value,
            "reason": self.breach.reason,
            "solution": self.solution,
        }
