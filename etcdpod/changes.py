"""What a history is made of: changes, steps, incarnations; times and writers where derived."""

from __future__ import annotations

from dataclasses import dataclass
from reprlib import Repr
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from etcdpod.records import Encrypted, Record, Undecodable

_SHORT = Repr()
"""Values in a repr: cut, so that an interactive session stays readable."""
_SHORT.maxother = _SHORT.maxstring = 40

Operation = Literal["add", "remove", "replace"]
EventType = Literal["ADDED", "MODIFIED", "DELETED"]
Certainty = Literal["certain", "likely", "unknown"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two neighbouring revisions of an object."""

    path: str
    """``status.containerStatuses[web].restartCount``: list members by their merge key."""
    op: Operation
    before: Any
    """None for an addition."""
    after: Any
    """None for a removal."""

    def __repr__(self) -> str:
        sides = f"{_SHORT.repr(self.before)} → {_SHORT.repr(self.after)}"
        return f"<{self.op} {self.path[:100]}: {sides}>"


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """When a revision was written: an interval that must hold the truth, and a best estimate."""

    earliest: datetime | None
    latest: datetime | None
    estimate: datetime | None
    """UTC, as the two above."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote a revision, on what evidence, how sure."""

    component: str
    """kubelet, kube-scheduler, …, another manager's name, or ``unknown``."""
    controller: str = ""
    manager: str = ""
    operation: str = ""
    subresource: str = ""
    certainty: Certainty = "unknown"
    evidence: str = ""

    def __str__(self) -> str:
        """``kube-scheduler (binding)``, ``likely kubelet``, ``unknown``."""
        if self.certainty == "unknown":
            return "unknown"
        aside = "" if self.subresource in ("", "status") else f" ({self.subresource})"
        likely = "likely " if self.certainty == "likely" else ""
        return f"{likely}{self.controller or self.component}{aside}"


@dataclass(frozen=True, slots=True)
class Step:
    """One revision in the life of an object, as a watch would have sent it."""

    event: EventType
    record: Record
    incarnation: int
    """1 for the first life of the key that is kept, then counting."""
    uid: str
    object: dict[str, Any] | None
    """The object with ``metadata.resourceVersion``, managedFields included; for DELETED the
    last object with the deletion's resourceVersion; None where ``problem`` says why."""
    problem: Encrypted | Undecodable | None
    changes: tuple[Change, ...]
    summary: tuple[str, ...]
    """Short sentences, the most telling first."""
    missing_before: int
    """Revisions of this life known to be missing right before this one."""
    time: TimeSpan | None = None
    writer: Writer | None = None

    @property
    def revision(self) -> int:
        """The main revision of this change."""
        return self.record.mod_revision

    def __repr__(self) -> str:
        return f"<{self.event} at revision {self.revision}: {'; '.join(self.summary)[:120]}>"


@dataclass(frozen=True, slots=True)
class Incarnation:
    """One life of a key, from its create revision to its tombstone."""

    number: int
    create_revision: int
    """0 where only the tombstone is left."""
    first: Record
    """Oldest record kept."""
    last: Record
    """Newest record kept, the tombstone included."""
    kept: int
    """Records kept, the tombstone included."""
    missing: int
    """Revisions of this life that are known to have existed and are gone."""
    deleted_at: int | None
    """Main revision of the tombstone; None while alive at the source's current revision."""
    end_missing: bool = False
    """The life is over, but its tombstone is not kept: a later one began, or the key is gone."""
