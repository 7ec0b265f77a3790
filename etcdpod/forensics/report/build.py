"""Builds a report from a registry."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from etcdpod.damage_text import damage_text
from etcdpod.errors import UsageError
from etcdpod.forensics.diagnose.diagnose import examine
from etcdpod.forensics.diagnose.model import Reference
from etcdpod.forensics.incident.axis import axis_moments
from etcdpod.forensics.incident.lanes import node_lanes, pod_lanes
from etcdpod.forensics.incident.model import Axis, first_shown
from etcdpod.forensics.report.changes import changes
from etcdpod.forensics.report.gather import gather, gathering
from etcdpod.forensics.report.model import (
    Coverage,
    KeyHistory,
    Moment,
    Occurrence,
    Picture,
    Report,
)
from etcdpod.forensics.report.text import UNREADABLE
from etcdpod.forensics.report.troubles import moments, passed
from etcdpod.history.diff.missing import missing
from etcdpod.records import Trust

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from etcdpod.forensics.incident.model import Lane
    from etcdpod.forensics.report.model import ReportSource
    from etcdpod.history.clock.clock import Clock
    from etcdpod.history.lives import History, Registry

COLUMNS: Final = 720
"""Columns of the timeline's axis; with names and notes it fills a page."""

MOST_LANES: Final = 80
MOST_MOMENTS: Final = 250
MOST_HISTORIES: Final = 40
MOST_STEPS: Final = 60
"""Page limits; what exceeds them is counted, never dropped silently."""

PASSING: Final = frozenset({"Event", "Lease"})
"""Kinds whose history adds nothing to that of the objects they report on."""


def build(
    registry: Registry,
    *,
    title: str,
    version: str,
    now: datetime,
    sources: Sequence[ReportSource],
    namespace: str | None = None,
    since: int | None = None,
) -> Report:
    """The report of a registry.

    The same registry and arguments always give an equal report.

    Args:
        registry: the registry to report on; must mask Secrets.
        title: the heading.
        version: of this program.
        now: the time of the report.
        sources: the files behind the registry.
        namespace: only pods of this namespace, and the nodes; None: all.
        since: only what was written from this revision on; None: everything.
    """
    registry = gathering(registry)
    clock = registry.clock
    first = since or 0
    pods = pod_lanes(registry, namespace)
    nodes = node_lanes(registry)
    diagnosis = examine(registry, namespace, clock=clock)
    end = registry.connector.info().current_revision
    present = [Occurrence(finding, end, is_present=True) for finding in diagnosis.findings]
    over = list(passed(registry, pods, diagnosis.findings, clock, first))
    begin = first or first_shown(pods, registry.connector.info().compact_revision + 1)
    chronology = _chronology(registry, [*pods, *nodes], namespace, begin)
    concerned = _concerned([*present, *over])
    gather(registry, _keys(registry, concerned[:MOST_HISTORIES]))
    histories = [
        found
        for reference in concerned[:MOST_HISTORIES]
        if (found := _history(registry, reference, first)) is not None
    ]
    return Report(
        title=title,
        version=version,
        now=now,
        namespace=namespace,
        since=since,
        sources=tuple(sources),
        coverage=_coverage(registry, clock),
        counts={
            "pods": diagnosis.pods,
            "pods ever seen": len(pods),
            "nodes": len(nodes),
            UNREADABLE: diagnosis.unreadable,
        },
        occurrences=(*present, *over),
        picture=_picture(registry, clock, pods, nodes, since),
        chronology=tuple(_told(chronology)),
        chronology_omitted=max(len(chronology) - MOST_MOMENTS, 0),
        histories=tuple(histories),
        histories_omitted=max(len(concerned) - MOST_HISTORIES, 0),
    )


def _coverage(registry: Registry, clock: Clock) -> Coverage:
    info = registry.connector.info()
    trusts: Counter[Trust] = Counter()
    mains = set()
    for record in registry.connector.records(keys_only=True):
        mains.add(record.mod_revision)
        trusts[record.provenance.trust] += 1
    compact, last = info.compact_revision, info.current_revision
    first = min(mains, default=last)
    above = sum(main > compact for main in mains)
    gaps = []
    if compact > 0:
        gaps.append(
            f"compacted at revision {compact}: of what was written up to there "
            f"{len(mains) - above} of {compact} revisions are kept, and what had been deleted "
            "by then may have left no trace"
        )
    lost = last - max(compact, first - 1) - above
    if lost > 0:
        gaps.append(f"{lost} revisions above {max(compact, first - 1)} are not in these sources")
    else:
        gaps.append(f"every revision from {max(compact + 1, first)} to {last} is kept")
    gaps += [
        f"{trusts[trust]} of the changes that are kept have trust {trust.value}: {trust.meaning}"
        for trust in Trust
        if trust is not Trust.VOUCHED and trusts[trust]
    ]
    return Coverage(
        first=first,
        last=last,
        compact_revision=compact,
        kept=len(mains),
        whole_from=max(compact, first),
        begins=clock.span(max(compact, first)),
        ends=clock.span(last),
        gaps=tuple(gaps),
        damage=tuple(
            f"{one.severity.value}: {damage_text(one)}" for one in registry.connector.damage
        ),
        clock_notes=clock.notes,
    )


def _picture(
    registry: Registry,
    clock: Clock,
    pods: Sequence[Lane],
    nodes: Sequence[Lane],
    since: int | None,
) -> Picture | None:
    """The lanes of the pods in the span; if too many, those with trouble."""
    info = registry.connector.info()
    last = info.current_revision
    begin = since or first_shown(pods, info.compact_revision)
    if begin > last:
        raise UsageError(f"there is nothing between revision {begin} and {last}")
    axis = Axis(begin, last, COLUMNS, axis_moments(clock, begin, last))
    shown = [lane for lane in pods if _end(lane) >= begin]
    if not shown:
        return None
    chosen = shown
    if len(shown) > MOST_LANES:
        troubled = [lane for lane in shown if lane.first_trouble is not None]
        chosen = sorted(troubled or shown, key=lambda lane: lane.first_trouble or 0)[:MOST_LANES]
    return Picture((*chosen, *nodes), axis, len(shown) - len(chosen))


def _end(lane: Lane) -> int:
    ends = [span.end for span in lane.spans] + [mark.revision for mark in lane.marks]
    return max(ends, default=0)


def _chronology(
    registry: Registry, lanes: Sequence[Lane], namespace: str | None, since: int
) -> list[Moment]:
    """Changes and their consequences, in revision order."""
    changed = list(changes(registry, namespace, since))
    # The most precise time of a revision is used for all its entries.
    times = {moment.revision: moment.time for moment in changed if moment.time is not None}
    turns = [
        replace(moment, time=times.get(moment.revision, moment.time))
        for moment in moments(lanes, registry.clock, since)
    ]
    return list(
        _forward(
            sorted(
                [*turns, *changed],
                key=lambda moment: (moment.revision, str(moment.object), moment.what),
            )
        )
    )


def _forward(moments: Iterable[Moment]) -> Iterator[Moment]:
    """The same, with times made non-decreasing: revisions never go back."""
    last: datetime | None = None
    for moment in moments:
        if moment.time is not None and last is not None and moment.time < last:
            moment = replace(moment, time=last)
        last = moment.time or last
        yield moment


def _told(chronology: Sequence[Moment]) -> Sequence[Moment]:
    """As much as fits: the first failures and the first changes."""
    if len(chronology) <= MOST_MOMENTS:
        return chronology
    loud = [moment for moment in chronology if moment.sort == "trouble"][: MOST_MOMENTS // 2]
    chosen = {id(moment) for moment in loud}
    rest = [moment for moment in chronology if id(moment) not in chosen]
    chosen.update(id(moment) for moment in rest[: MOST_MOMENTS - len(loud)])
    return [moment for moment in chronology if id(moment) in chosen]


def _concerned(occurrences: Sequence[Occurrence]) -> list[Reference]:
    """The subjects and evidence objects of the findings, in the order of the findings."""
    found: dict[Reference, None] = {}
    for one in occurrences:
        found.setdefault(one.finding.object)
    for one in occurrences:
        for item in one.finding.evidence:
            if item.kind not in PASSING:
                found.setdefault(Reference(item.kind, item.namespace, item.name))
    return list(found)


def _keys(registry: Registry, references: Iterable[Reference]) -> list[bytes]:
    """The key of each object whose kind is known."""
    found = []
    for reference in references:
        try:
            resource = registry.resolve(reference.kind)
        except UsageError:
            continue
        found += registry.keys(resource, reference.namespace or None, reference.name)[:1]
    return found


def _history(registry: Registry, reference: Reference, since: int) -> KeyHistory | None:
    """The history of an object; None if the source has none."""
    try:
        resource = registry.resolve(reference.kind)
    except UsageError:
        return None
    found: History | None = registry.history(resource, reference.namespace or None, reference.name)
    if found is None:
        return None
    steps = [
        replace(step, object=None, changes=())
        for step in registry.steps(found)
        if step.record.mod_revision >= since
    ]
    omitted = max(len(steps) - MOST_STEPS, 0)
    half = MOST_STEPS // 2
    kept = steps if not omitted else [*steps[:half], *steps[-half:]]
    return KeyHistory(
        object=reference,
        lives=len(found.incarnations),
        kept=sum(life.kept for life in found.incarnations),
        gaps=missing(found.incarnations, found.compact_revision),
        steps=tuple(kept),
        omitted=omitted,
        omitted_after=half if omitted else len(kept),
    )
