"""What a report is made of; every format tells the same."""

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
    """One file that was read, so that it can be told from every other."""

    path: str
    """As the user named it; below a directory relative to that."""
    size: int
    sha256: str

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"path": self.path, "size": self.size, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class ReportSource:
    """One source as the user named it."""

    target: str
    files: tuple[SourceFile, ...]
    """Empty for an endpoint: what a server answers has no hash."""

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"target": self.target, "files": [file.as_json() for file in self.files]}


@dataclass(frozen=True, slots=True)
class Coverage:
    """The span that the sources cover, and what is missing in it."""

    first: int
    """The oldest revision that is kept of anything."""
    last: int
    compact_revision: int
    kept: int
    """Main revisions kept."""
    whole_from: int
    """The revision from which on the state of everything is known."""
    begins: TimeSpan
    """When that was written; ``ends``: when the last was."""
    ends: TimeSpan
    gaps: tuple[str, ...]
    """Sentences; at least one, for that nothing is missing is also said."""
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
    """A finding, and as of when it was made."""

    finding: Finding
    revision: int
    is_present: bool
    """Whether it still holds at the end of the span; otherwise it had passed by then."""

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
    """Something broke or went, came back, or somebody changed something."""
    who: str = ""
    """Of a change, who made it, as far as it is known."""

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
    """The kept life of one object that the findings speak of."""

    object: Reference
    lives: int
    kept: int
    """Revisions kept, deletions included."""
    gaps: tuple[str, ...]
    steps: tuple[Step, ...]
    """Without their objects; the middle of a long history is left out."""
    omitted: int
    """Steps left out."""
    omitted_after: int
    """After how many of ``steps`` they are."""

    def as_json(self) -> dict[str, Any]:
        """The JSON form; a step as ``history -o json`` tells it, without its changes."""
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
    """The lanes, as far as they fit a page."""

    lanes: tuple[Lane, ...]
    axis: Axis
    omitted: int
    """Lanes without trouble that are not drawn."""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole post-mortem."""

    title: str
    version: str
    """Of the program."""
    now: datetime
    """The moment that the report is made for."""
    namespace: str | None
    since: int | None
    """The revision from which on it tells; None: from the first."""
    sources: tuple[ReportSource, ...]
    coverage: Coverage
    counts: Mapping[str, int]
    """What was looked at: pods, nodes and so on."""
    occurrences: tuple[Occurrence, ...]
    """What holds at the end, the worst first, then what had passed by then, in order."""
    picture: Picture | None
    """None where there never was a pod."""
    chronology: tuple[Moment, ...]
    chronology_omitted: int
    histories: tuple[KeyHistory, ...]
    histories_omitted: int

    @property
    def present(self) -> list[Occurrence]:
        """What is wrong at the end of the span."""
        return [one for one in self.occurrences if one.is_present]

    @property
    def passed(self) -> list[Occurrence]:
        """What was wrong, and was not any more at the end."""
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
