"""Practices, breaches and remarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from etcdpod.forensics.diagnose.model import Reference, Severity
    from etcdpod.forensics.lint.workload import Workload


@dataclass(frozen=True, slots=True)
class Breach:
    """A departure of a workload from a practice."""

    field: str
    """Field path in the workload's object."""
    value: str
    """The value; ``absent`` if there is none. Never a secret."""
    reason: str
    """Why it matters, one sentence without a full stop."""
    severity: Severity | None = None
    """Overrides the practice's severity."""


@dataclass(frozen=True, slots=True)
class Practice:
    """A good practice for workloads."""

    name: str
    severity: Severity
    solution: str
    """The remedy, as a clause."""
    check: Callable[[Workload], Iterable[Breach]]


@dataclass(frozen=True, slots=True)
class Remark:
    """A breach with its practice and object."""

    practice: str
    severity: Severity
    object: Reference
    revision: int
    """The revision of the object."""
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
