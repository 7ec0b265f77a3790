"""What the right side of the history shows: a difference, a blame, or an object."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from etcdpod.tui.cells import StyledText, line
from etcdpod.tui.model.history.object_history import changes_between, history_of, item_at
from etcdpod.tui.model.objects.shapes import ODD, oddness
from etcdpod.tui.model.safe_text import one_line
from etcdpod.tui.model.text import (
    blamed,
    change_lines,
    clock_text,
    item_lines,
    message,
    side_by_side,
    unified_lines,
    without_managed_fields,
)
from etcdpod.tui.styles import BOLD, DIM, WARNING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from etcdpod.history.lives import Registry
    from etcdpod.tui.cells import Line
    from etcdpod.tui.model.history.object_history import HistoryEntry


@dataclass(frozen=True)
class Question:
    """What to compare, and how to show it."""

    registry: Registry
    key: bytes
    selected: HistoryEntry
    before: HistoryEntry | None
    """What the selected revision is compared with; None for the first of an incarnation."""
    marked: bool
    """``before`` was marked by the user, and is not simply the revision before."""
    noise: bool
    width: int
    """Columns for two objects side by side."""


def answer(question: Question, view: str) -> list[Line]:
    """The lines of a view, below two lines on the revision itself."""
    try:
        return [*_evidence(question), *VIEWS[view](question)]
    except ODD as error:
        return [*_evidence(question), *message(one_line(oddness(error)))]


def _evidence(question: Question) -> list[Line]:
    step = question.selected.step
    time, writer = step.time, step.writer
    when = clock_text(time.estimate if time is not None else None)
    if time is not None and (time.earliest or time.latest):
        early, late = clock_text(time.earliest) or "?", clock_text(time.latest) or "?"
        when = f"{when}  (between {early} and {late})"
    head = [StyledText(f"rev {step.record.revision}", BOLD), StyledText(f"  {step.event}  {when}")]
    if question.marked and question.before is not None:
        head = [StyledText(f"rev {question.before.revision} → {step.record.revision}", BOLD)]
    lines: list[Line] = [head]
    if writer is not None and not question.marked:
        name = writer.controller or writer.component
        text = f"by {name}, {writer.certainty}: {writer.evidence}"
        lines.append(line(StyledText(one_line(text), DIM)))
    provenance = step.record.provenance
    lines.append(
        line(StyledText(one_line(f"from {provenance}, trust {provenance.trust.value}"), DIM))
    )
    if step.problem is not None:
        lines.append(line(StyledText(one_line(str(step.problem)), WARNING)))
    return [*lines, line()]


def _changes(question: Question) -> list[Line]:
    step = question.selected.step
    if question.marked and question.before is not None:
        first, second = question.before.step.record.revision, step.record.revision
        return change_lines(
            changes_between(question.registry, question.key, first, second, noise=question.noise)
        )
    if step.event == "ADDED":
        return [line(one_line(question.selected.what)), line(), *_whole(question)]
    if step.event == "DELETED":
        return [line(StyledText("deleted; its last state was", BOLD)), line(), *_last(question)]
    if question.before is None:
        text = "oldest kept revision: nothing to compare it with"
        return [line(StyledText(text, WARNING)), line(), *_whole(question)]
    if step.missing_before:
        text = f"compared with the revision before the gap ({step.missing_before} not kept)"
        return [line(StyledText(text, WARNING)), *change_lines(step.changes)]
    return change_lines(step.changes)


def _last(question: Question) -> list[Line]:
    if question.before is None:
        return list(message("not kept"))
    item = item_at(question.registry, question.key, question.before.step.record.revision)
    return item_lines(item, managed_fields=question.noise)


def _whole(question: Question) -> list[Line]:
    item = item_at(question.registry, question.key, question.selected.step.record.revision)
    return item_lines(item, managed_fields=question.noise)


def _unified(question: Question) -> list[Line]:
    before, after = _sides(question)
    first = "nothing" if question.before is None else str(question.before.revision)
    names = (f"revision {first}", f"revision {question.selected.revision}")
    return unified_lines(before, after, names)


def _side_by_side(question: Question) -> list[Line]:
    before, after = _sides(question)
    return side_by_side(before, after, question.width)


def _sides(question: Question) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    sides: list[dict[str, Any] | None] = []
    for entry in (question.before, question.selected):
        item = None
        if entry is not None:
            item = item_at(question.registry, question.key, entry.step.record.revision)
        value = None if item is None else item.object
        if value is not None and not question.noise:
            value = without_managed_fields(value)
        sides.append(value)
    return sides[0], sides[1]


def _blame(question: Question) -> list[Line]:
    history = history_of(question.registry, question.key)
    if history is None:
        return list(message("not kept"))
    limit = question.selected.step.record.revision
    steps = takewhile(lambda step: step.record.revision <= limit, question.registry.steps(history))
    return blamed(steps)


VIEWS: dict[str, Callable[[Question], Sequence[Line]]] = {
    "changes": _changes,
    "unified": _unified,
    "side by side": _side_by_side,
    "blame": _blame,
    "object": _whole,
}
"""Every view, in the order in which ``v`` goes through them; run in a thread."""
