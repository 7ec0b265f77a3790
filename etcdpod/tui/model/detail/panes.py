"""What the pane below the table shows of one object: a function a tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.tui.cells import StyledText, fitted, line
from etcdpod.tui.model.history.object_history import Heading, headings, read_history
from etcdpod.tui.model.text import change_lines, clock_text, item_lines, message
from etcdpod.tui.model.viewed_object import read_viewed
from etcdpod.tui.styles import BOLD, DIM, REMOVED, WARNING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from etcdpod.tui.cells import Line
    from etcdpod.tui.model.history.object_history import HistoryEntry
    from etcdpod.tui.model.viewed_object import ViewedObject


def timeline_lines(subject: ViewedObject) -> list[Line]:
    """The changes up to the revision, the newest first and that one with its difference."""
    state = subject.state
    life = read_history(state.registry, subject.key)
    if life is None:
        return list(message("no revision of it is kept"))
    entries = life.up_to(subject.at)
    lines: list[Line] = []
    for index, entry in enumerate(reversed(headings(life, entries))):
        if isinstance(entry, Heading):
            lines.append(line(StyledText(f"  {entry.text}", WARNING if entry.gap else BOLD)))
            continue
        lines.append(entry_line(entry, newest=index == 0))
        if index == 0:
            lines += [[StyledText("      ┃ ", DIM), *one] for one in _changes(entry)[:12]]
    later = len(life.entries) - len(entries)
    if later:
        lines.insert(0, line(StyledText(f"  {later} later changes lie ahead (])", DIM)))
    lines += [line(StyledText(f"  {sentence}", DIM)) for sentence in life.missing]
    return lines


def entry_line(entry: HistoryEntry, *, newest: bool = False) -> Line:
    """Revision, time, writer and what changed, in one line."""
    step = entry.step
    style = REMOVED if step.event == "DELETED" else BOLD if newest else None
    what = StyledText(entry.what, style) if style is not None else StyledText(entry.what)
    trust = step.record.provenance.trust.value
    return [
        StyledText(" " if trust == "A" else trust, WARNING),
        StyledText(f"{step.record.revision!s:>6} ", BOLD),
        StyledText(f"{clock_text(entry.time):<11}"),
        StyledText(fitted(entry.who, 27) + " ", DIM),
        what,
    ]


def _changes(entry: HistoryEntry) -> list[Line]:
    if entry.step.event != "MODIFIED" or not entry.step.changes:
        return []
    return change_lines(entry.step.changes)


def diff_lines(subject: ViewedObject) -> list[Line]:
    """The last change up to the revision, in full."""
    state = subject.state
    life = read_history(state.registry, subject.key)
    entries = life.up_to(subject.at) if life is not None else ()
    if not entries:
        return list(message("no revision of it is kept"))
    return [entry_line(entries[-1], newest=True), *change_lines(entries[-1].step.changes)]


def why_pane(subject: ViewedObject) -> Sequence[Line]:
    """Why a pod is as it is."""
    from etcdpod.tui.model.detail.explanation import (
        explain_lines,  # the whole analysis: imported when asked
    )

    return explain_lines(subject)


def describe_pane(subject: ViewedObject) -> Sequence[Line]:
    """The object as ``kubectl describe`` prints it."""
    from etcdpod.tui.model.detail.explanation import describe_lines

    return describe_lines(subject)


def yaml_pane(subject: ViewedObject) -> Sequence[Line]:
    """The object as kubectl would print it."""
    return item_lines(read_viewed(subject))


def events_pane(subject: ViewedObject) -> Sequence[Line]:
    """The events about the object."""
    from etcdpod.tui.model.detail.events import event_lines

    return event_lines(subject.state, subject.namespace, subject.name, subject.kind, subject.at)


def raw_pane(subject: ViewedObject) -> Sequence[Line]:
    """The bytes of the object."""
    from etcdpod.tui.model.detail.raw import raw_lines

    item = read_viewed(subject)
    if item is None:
        return message("its last bytes are not kept")
    return raw_lines(item, show_secrets=subject.state.registry.show_secrets)


TABS: dict[str, Callable[[ViewedObject], Sequence[Line]]] = {
    "Timeline": timeline_lines,
    "Why": why_pane,
    "Describe": describe_pane,
    "YAML": yaml_pane,
    "Diff": diff_lines,
    "Events": events_pane,
    "Raw": raw_pane,
}
"""Every tab, from left to right, and what fills it; run in a thread."""
