"""Resolved trouble, diagnosed at earlier revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from etcdpod.errors import NotFoundError
from etcdpod.forensics.diagnose.cluster import Cluster
from etcdpod.forensics.diagnose.diagnose import pod_findings
from etcdpod.forensics.diagnose.model import Reference
from etcdpod.forensics.diagnose.pod import Pod
from etcdpod.forensics.incident.model import LaneState, MarkKind
from etcdpod.forensics.report.model import Moment, Occurrence
from etcdpod.registry.objects import Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.incident.model import Lane, LaneSpan
    from etcdpod.history.clock.clock import Clock
    from etcdpod.history.lives import Registry

MOST_REVISIONS: Final = 12
"""Maximum number of earlier revisions diagnosed."""

MOST_PODS: Final = 60
"""Maximum number of pods diagnosed at each."""

KINDS: Final = {"pods": "Pod", "nodes": "Node"}


def passed(
    registry: Registry,
    lanes: Sequence[Lane],
    present: Iterable[Finding],
    clock: Clock,
    since: int,
) -> Iterator[Occurrence]:
    """Findings about pods whose trouble was over before the end of the span.

    Args:
        registry: the registry to read.
        lanes: the lanes of the pods.
        present: current findings, which are not repeated.
        clock: the clock of the registry.
        since: only trouble at this revision or later.
    """
    reported = {key for finding in present for key in _keys(finding)}
    end = registry.connector.info().current_revision
    over = [
        (span, lane)
        for lane in lanes
        for span in lane.spans
        if span.state.trouble and span.end <= end and span.end > since
    ]
    for revision, there in _probes(over):
        cluster = Cluster(registry, None, revision, clock)
        for lane in there[:MOST_PODS]:
            for finding in _findings(registry, lane, cluster, revision):
                if reported.isdisjoint(_keys(finding)):
                    reported.update(_keys(finding))
                    yield Occurrence(finding, revision, is_present=False)


def _keys(finding: Finding) -> set[tuple[str, str]]:
    """Keys to merge findings: the same object, and the same rule or remedy.

    A failing image pull is reported once, whether it is retried or in back-off.
    """
    about = str(finding.object)
    return {(about, finding.rule), (about, finding.solution)}


def _probes(over: list[tuple[LaneSpan, Lane]]) -> Iterator[tuple[int, list[Lane]]]:
    """The fewest revisions that hit every span of trouble."""
    rest = sorted(over, key=lambda pair: (pair[0].end, pair[1].namespace, pair[1].name))
    for _ in range(MOST_REVISIONS):
        if not rest:
            return
        revision = rest[0][0].end - 1
        there = [lane for span, lane in rest if span.start <= revision]
        rest = [(span, lane) for span, lane in rest if span.start > revision]
        yield revision, list(dict.fromkeys(there))


def _findings(registry: Registry, lane: Lane, cluster: Cluster, revision: int) -> list[Finding]:
    pods = registry.builtin_types.resolve("pods")
    try:
        item = registry.get(pods, lane.namespace, lane.name, at=revision)
        if not isinstance(item, Item) or item.object is None:
            return []
        return pod_findings(Pod(item.object, item.record.mod_revision), cluster)
    except NotFoundError:  # that revision is not kept
        return []


def moments(lanes: Iterable[Lane], clock: Clock, since: int) -> Iterator[Moment]:
    """Turning points of pods and nodes: start and end of trouble, moves, deletions.

    Of recurring trouble (a crash loop), only the first time of each state.
    """
    for lane in lanes:
        about = Reference(KINDS[lane.kind], lane.namespace, lane.name)
        for revision, what, sort in _turns(lane):
            if revision >= since:
                yield Moment(revision, clock.span(revision).estimate, about, what, sort)


def _turns(lane: Lane) -> Iterator[tuple[int, str, Literal["trouble", "recovery", "change"]]]:
    seen: set[LaneState] = set()
    for span in lane.spans:
        if span.state.trouble and span.state not in seen:
            seen.add(span.state)
            yield span.start, _told(span), "trouble"
        elif (
            span is lane.spans[-1] and span.state in (LaneState.READY, LaneState.SUCCEEDED) and seen
        ):
            yield span.start, f"{span.state.label} again", "recovery"
    for mark in lane.marks:
        if mark.kind in (MarkKind.GONE, MarkKind.MOVED):
            yield mark.revision, mark.text, "change"


def _told(span: LaneSpan) -> str:
    return f"{span.state.label}: {span.reason}" if span.reason else span.state.label
