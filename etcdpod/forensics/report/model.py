"""The data of a report, common to all formats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from etcdpod.forensics.incident.model import lane_fields
from etcdpod.history.text.fields import step_fields
from etcdpod.times import micro_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from etcdpod.changes import Step, TimeSpan
    from etcdpod.forensics.diagnose.model import Finding, Reference
    from etcdpod.forensics.incident.model import Axis, Lane


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read, identified by its hash."""

    path: str
    """The path as given; for a file of a directory, relative to that."""
    size: int
    sha256: str

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"path": self.path, "size": self.size, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class ReportSource:
    """A source as named by the user."""

    target: str
    files: tuple[SourceFile, ...]
    """Empty for an endpoint, which has no files to hash."""

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"target": self.target, "files": [file.as_json() for file in self.files]}


@dataclass(frozen=True, slots=True)
class Coverage:
    """The span that the sources cover, and its gaps."""

    first: int
    """The oldest kept revision."""
    last: int
    compact_revision: int
    kept: int
    """Number of kept main revisions."""
    whole_from: int
    """The oldest complete revision."""
    begins: TimeSpan
    """The time of that revision; ``ends``: that of the last."""
    ends: TimeSpan
    gaps: tuple[str, ...]
    """Sentences; at least one, which may say that nothing is missing."""
    damage: tuple[str, ...]
    clock_notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "firstRevision": self.first,
            "lastRevision": self.last,
            "compactRevision": self.compact_revision,
            "revisionsKept": self.kept,
            "wholeFrom": self.whole_from,
            "begins": micro_time(self.begins.estimate),
            "ends": micro_time(self.ends.estimate),
            "gaps": list(self.gaps),
            "damage": list(self.damage),
            "clock": list(self.clock_notes),
        }


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A finding, and the revision of its diagnosis."""

    finding: Finding
    revision: int
    is_present: bool
    """Whether it still holds at the end of the span."""

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            **self.finding.as_json(),
            "asOfRevision": self.revision,
            "present": self.is_present,
        }


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the chronology."""

    revision: int
    time: datetime | None
    object: Reference
    what: str
    sort: Literal["trouble", "recovery", "change"]
    """A failure or deletion, a recovery, or a change."""
    who: str = ""
    """The writer of a change, if known."""

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "revision": self.revision,
            "time": micro_time(self.time),
            "object": _reference(self.object),
            "what": self.what,
            "sort": self.sort,
            "who": self.who,
        }


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """The kept history of an object in the findings."""

    object: Reference
    lives: int
    kept: int
    """Number of kept revisions, deletions included."""
    gaps: tuple[str, ...]
    steps: tuple[Step, ...]
    """Without their objects; the middle of a long history is omitted."""
    omitted: int
    """Number of omitted steps."""
    omitted_after: int
    """Index in ``steps`` at which they were omitted."""

    def as_json(self) -> dict[str, Any]:
        """The JSON form; a step as in ``history -o json``, without its changes."""
        steps = [step_fields(step) for step in self.steps]
        for fields in steps:
            del fields["changes"]
        return {
            "object": _reference(self.object),
            "incarnations": self.lives,
            "revisionsKept": self.kept,
            "gaps": list(self.gaps),
            "omitted": self.omitted,
            "omittedAfter": self.omitted_after,
            "steps": steps,
        }


@dataclass(frozen=True, slots=True)
class Picture:
    """The lanes that fit a page."""

    lanes: tuple[Lane, ...]
    axis: Axis
    omitted: int
    """Number of lanes without trouble that are not drawn."""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole post-mortem."""

    title: str
    version: str
    """Version of etcdpod."""
    now: datetime
    """The time of the report."""
    namespace: str | None
    since: int | None
    """The first revision covered; None: from the oldest."""
    sources: tuple[ReportSource, ...]
    coverage: Coverage
    counts: Mapping[str, int]
    """Number of objects examined: pods, nodes and so on."""
    occurrences: tuple[Occurrence, ...]
    """Findings at the end, worst first, then resolved ones in order."""
    picture: Picture | None
    """None if there never was a pod."""
    chronology: tuple[Moment, ...]
    chronology_omitted: int
    histories: tuple[KeyHistory, ...]
    histories_omitted: int

    @property
    def present(self) -> list[Occurrence]:
        """Findings at the end of the span."""
        return [one for one in self.occurrences if one.is_present]

    @property
    def passed(self) -> list[Occurrence]:
        """Findings resolved by the end of the span."""
        return [one for one in self.occurrences if not one.is_present]

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "title": self.title,
            "etcdpod": self.version,
            "now": micro_time(self.now),
            "namespace": self.namespace,
            "sinceRevision": self.since,
            "sources": [source.as_json() for source in self.sources],
            "coverage": self.coverage.as_json(),
            "counts": dict(self.counts),
            "findings": [one.as_json() for one in self.occurrences],
            "lanes": [lane_fields(one) for one in self.picture.lanes] if self.picture else [],
            "lanesOmitted": 0 if self.picture is None else self.picture.omitted,
            "chronology": [moment.as_json() for moment in self.chronology],
            "chronologyOmitted": self.chronology_omitted,
            "histories": [history.as_json() for history in self.histories],
            "historiesOmitted": self.histories_omitted,
        }


def _reference(reference: Reference) -> dict[str, str]:
    return {
        "kind": reference.kind,
        "namespace": reference.namespace,
        "name": reference.name,
    }
