"""The lanes of an incident: sorted, filtered, and read at one revision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from etcdpod.forensics.incident.model import LaneState
from etcdpod.forensics.incident.svg import lanes_svg
from etcdpod.forensics.incident.text import draw_lanes, legend, title
from etcdpod.tui.cells import StyledText
from etcdpod.tui.export import Exportable, fenced, file_name
from etcdpod.tui.model.safe_text import one_line
from etcdpod.tui.model.text import clock_text
from etcdpod.tui.styles import BOLD, DIM, LANE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etcdpod.forensics.incident.model import Axis, Lane
    from etcdpod.tui.cells import Line

ORDERS = ("first trouble", "birth", "name")
"""The ways of sorting, in the order in which ``s`` goes through them."""

NEVER = 1 << 62


@dataclass(frozen=True)
class Lanes:
    """All lanes that were read."""

    pods: Sequence[Lane]
    nodes: Sequence[Lane]

    @property
    def namespaces(self) -> list[str]:
        """The namespaces that have lanes."""
        return sorted({lane.namespace for lane in self.pods})

    def chosen(self, namespace: str | None, words: str, order: str) -> list[Lane]:
        """The lanes that are shown: nodes in trouble, the pods in their order, other nodes."""
        wanted = words.lower().split()
        pods = [
            lane
            for lane in self.pods
            if namespace in (None, lane.namespace) and all(_has(lane, word) for word in wanted)
        ]
        keys = {
            "first trouble": lambda lane: (_first_trouble(lane), lane.first),
            "birth": lambda lane: (lane.first, 0),
            "name": lambda lane: (lane.namespace, lane.name),
        }
        sick = [lane for lane in self.nodes if _fell_ill(lane)]
        well = [lane for lane in self.nodes if not _fell_ill(lane)]
        return [*sick, *sorted(pods, key=keys[order]), *well]


def _has(lane: Lane, word: str) -> bool:
    if word.startswith("!") and len(word) > 1:
        return not _has(lane, word[1:])
    text = f"{lane.namespace}/{lane.name} {lane.note}".lower()
    return word in text or any(word in span.state.label for span in lane.spans)


def _fell_ill(lane: Lane) -> bool:
    """Whether a node that was ready got into trouble; before it is ready every node is not."""
    states = [span.state for span in lane.spans if span.state is not LaneState.NOT_KEPT]
    while states and states[0] is not LaneState.READY and len(states) > 1:
        states = states[1:]
    return any(state.trouble for state in states)


def _first_trouble(lane: Lane) -> int:
    found = lane.first_trouble
    return NEVER if found is None else found


def changes_of(lane: Lane) -> list[int]:
    """The revisions at which a lane changes or is marked, ascending."""
    spans = {span.start for span in lane.spans} | {span.end for span in lane.spans}
    return sorted(spans | {mark.revision for mark in lane.marks})


def reading(lane: Lane, axis: Axis, revision: int) -> Line:
    """What a lane shows at a revision: state, since when, and the marks of that column."""
    moment = clock_text(axis.moment(revision))
    pieces = [
        StyledText(f"rev {revision}  {moment}  ", BOLD),
        StyledText(one_line(title(lane)), BOLD),
    ]
    span = lane.span_at(revision)
    if span is None:
        pieces.append(StyledText("  does not exist", DIM))
    else:
        reason = f" ({span.reason})" if span.reason else ""
        pieces.append(
            StyledText(f"  {span.state.glyph} {span.state.label}", LANE[span.state.colour])
        )
        since = clock_text(axis.moment(span.start))
        pieces.append(StyledText(one_line(f"{reason}  since rev {span.start} {since}")))
    column = axis.position(revision)
    marks = [mark for mark in lane.marks if axis.position(mark.revision) == column]
    pieces += [StyledText(one_line(f"  {mark.kind.glyph} {mark.text}"), BOLD) for mark in marks[:3]]
    if lane.note and not marks:
        pieces.append(StyledText(one_line(f"  · {lane.note}"), DIM))
    return pieces


def legend_lines(lanes: Sequence[Lane], width: int) -> list[Line]:
    """What the letters mean, in as many lines as it takes."""
    lines: list[list[StyledText]] = [[]]
    room = width
    for sign in legend(lanes):
        size = len(sign.label) + 4
        if size > room and lines[-1]:
            lines.append([])
            room = width
        room -= size
        lines[-1].append(StyledText(sign.glyph, LANE[sign.colour]))
        lines[-1].append(StyledText(f" {sign.label}  ", DIM))
    return list(lines)


def incident_export(lanes: Sequence[Lane], axis: Axis, source: str) -> Exportable:
    """The picture as SVG, as text, or in Markdown."""

    def text() -> str:
        return "\n".join(draw_lanes(lanes, axis)) + "\n"

    formats = {
        ".svg": lambda: lanes_svg(lanes, axis, heading=source),
        ".txt": text,
        ".md": lambda: fenced(f"Pods over time: {source}", text(), "text"),
    }
    return Exportable("the lanes", file_name("incident", ending=".svg"), formats)
