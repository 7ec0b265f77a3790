"""What the pane below the table shows of one object: a function a tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.tui.cells import Cell, fitted, line
from etcdpod.tui.model.history.life import Heading, headings, read_life
from etcdpod.tui.model.subject import read_subject
from etcdpod.tui.model.text import change_lines, clock_text, item_lines, message
from etcdpod.tui.styles import BOLD, DIM, REMOVED, WARNING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from etcdpod.tui.cells import Line
    from etcdpod.tui.model.history.life import Moment
    from etcdpod.tui.model.subject import Subject


def timeline_lines(subject: Subject) -> list[Line]:
    """The changes up to the revision, the newest first and that one with its difference."""
    world = subject.world
    life = read_life(world.registry, subject.key)
    if life is None:
        return list(message("no revision of it is kept"))
    moments = life.up_to(subject.at)
    lines: list[Line] = []
    for index, entry in enumerate(reversed(headings(life, moments))):
        if isinstance(entry, Heading):
            lines.append(line(Cell(f"  {entry.text}", WARNING if entry.gap else BOLD)))
            continue
        lines.append(moment_line(entry, newest=index == 0))
        if index == 0:
            lines += [[Cell("      ┃ ", DIM), *one] for one in _changes(entry)[:12]]
    later = len(life.moments) - len(moments)
    if later:
        lines.insert(0, line(Cell(f"  {later} later changes lie ahead (])", DIM)))
    lines += [line(Cell(f"  {sentence}", DIM)) for sentence in life.missing]
    return lines


def moment_line(moment: Moment, *, newest: bool = False) -> Line:
    """Revision, time, writer and what changed, in one line."""
    step = moment.step
    style = REMOVED if step.event == "DELETED" else BOLD if newest else None
    what = Cell(moment.what, style) if style is not None else Cell(moment.what)
    trust = step.record.provenance.trust.value
    return [
        Cell(" " if trust == "A" else trust, WARNING),
        Cell(f"{step.record.revision!s:>6} ", BOLD),
        Cell(f"{clock_text(moment.time):<11}"),
        Cell(fitted(moment.who, 27) + " ", DIM),
        what,
    ]


def _changes(moment: Moment) -> list[Line]:
    if moment.step.event != "MODIFIED" or not moment.step.changes:
        return []
    return change_lines(moment.step.changes)


def diff_lines(subject: Subject) -> list[Line]:
    """The last change up to the revision, in full."""
    world = subject.world
    life = read_life(world.registry, subject.key)
    moments = life.up_to(subject.at) if life is not None else ()
    if not moments:
        return list(message("no revision of it is kept"))
    return [moment_line(moments[-1], newest=True), *change_lines(moments[-1].step.changes)]


def why_pane(subject: Subject) -> Sequence[Line]:
    """Why a pod is as it is."""
    from etcdpod.tui.model.detail.explanation import (
        explain_lines,  # the whole analysis: imported when asked
    )

    return explain_lines(subject)


def describe_pane(subject: Subject) -> Sequence[Line]:
    """The object as ``kubectl describe`` tells it."""
    from etcdpod.tui.model.detail.explanation import describe_lines

    return describe_lines(subject)


def yaml_pane(subject: Subject) -> Sequence[Line]:
    """The object as kubectl would print it."""
    return item_lines(read_subject(subject))


def events_pane(subject: Subject) -> Sequence[Line]:
    """The events about the object."""
    from etcdpod.tui.model.detail.events import event_lines

    return event_lines(subject.world, subject.namespace, subject.name, subject.kind, subject.at)


def raw_pane(subject: Subject) -> Sequence[Line]:
    """The bytes of the object."""
    from etcdpod.tui.model.detail.raw import raw_lines

    item = read_subject(subject)
    if item is None:
        return message("its last bytes are not kept")
    return raw_lines(item, show_secrets=subject.world.registry.show_secrets)


TABS: dict[str, Callable[[Subject], Sequence[Line]]] = {
    "Timeline": timeline_lines,
    "Why": why_pane,
    "Describe": describe_pane,
    "YAML": yaml_pane,
    "Diff": diff_lines,
    "Events": events_pane,
    "Raw": raw_pane,
}
"""Every tab, from left to right, and what fills it; run in a thread."""
