"""The events about one object, those that were deleted by then included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kube.model.fields import mapping, number, text
from etcdpod.records import Deleted, Record
from etcdpod.tui.cells import StyledText, fitted, line
from etcdpod.tui.model.safe_text import one_line
from etcdpod.tui.model.text import message
from etcdpod.tui.styles import BOLD, DIM, GONE, PLAIN, WARNING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.tui.cells import Line
    from etcdpod.tui.model.browser_state import BrowserState

MOST = 20_000
"""Events of a namespace that are looked through."""


def event_lines(
    state: BrowserState, namespace: str, name: str, kind: str, at: int | None
) -> list[Line]:
    """The events about an object up to a revision, the latest last."""
    found = []
    for record, gone in event_records(state, namespace, at):
        event = state.registry.read(record, managed_fields=False).object
        if event is not None and _is_about(event, name, kind):
            found.append((_when(event), record.mod_revision, gone, event))
    if not found:
        return list(message("no event about it is kept up to here"))
    found.sort(key=lambda one: one[:2])
    heading = f"{'LAST SEEN':9} {'TYPE':7} {'COUNT':>5} {'REASON':20} MESSAGE"
    return [line(StyledText(heading, BOLD))] + [_line(*one[1:]) for one in found]


def event_records(
    state: BrowserState, namespace: str, at: int | None
) -> Iterator[tuple[Record, bool]]:
    """The events of a namespace as they were at a revision; of those gone by then the last."""
    events = next((kind for kind in state.catalog.kinds if kind.label == "events"), None)
    if events is None:
        return
    newest = state.ledger.newest(at)
    for key in state.catalog.numbers(events, namespace or None).tolist()[:MOST]:
        if newest[key] < 0:
            continue
        found = state.connector.get(state.ledger.keys[key], at)
        if isinstance(found, Record):
            yield found, False
        elif isinstance(found, Deleted) and found.last is not None:
            yield found.last, True


def _is_about(event: dict[str, Any], name: str, kind: str) -> bool:
    about = mapping(event, "involvedObject") or mapping(event, "regarding")
    return text(about, "name") == name and (not kind or text(about, "kind") == kind)


def _when(event: dict[str, Any]) -> str:
    return (
        text(event, "series", "lastObservedTime")
        or text(event, "lastTimestamp")
        or text(event, "eventTime")
        or text(event, "metadata", "creationTimestamp")
    )


def _line(revision: int, gone: bool, event: dict[str, Any]) -> Line:
    kind = one_line(text(event, "type"))
    count = number(event, "series", "count") or number(event, "count") or 1
    source = text(event, "source", "component") or text(event, "reportingComponent")
    style = GONE if gone else WARNING if kind == "Warning" else PLAIN
    said = one_line(text(event, "message") or text(event, "note"), 1000)
    origin = f"  ({one_line(source)}, rev {revision}{', gone since' if gone else ''})"
    return [
        StyledText(f"{one_line(_when(event))[11:19]:9} ", DIM if gone else PLAIN),
        StyledText(f"{fitted(kind, 7)} {count:>5} ", style),
        StyledText(fitted(one_line(text(event, "reason")), 20) + " ", style),
        StyledText(said),
        StyledText(origin, DIM),
    ]
