"""The Why and Describe panes of one object."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from etcdpod.forensics.explain.explain import explain
from etcdpod.forensics.explain.text import explanation_lines
from etcdpod.kubectl.describe import describe
from etcdpod.registry.related_objects import Neighbours
from etcdpod.tui.cells import StyledText, line
from etcdpod.tui.model.history.object_history import history_of
from etcdpod.tui.model.objects.shapes import ODD, oddness
from etcdpod.tui.model.safe_text import drawn_line, one_line
from etcdpod.tui.model.text import item_lines, message
from etcdpod.tui.model.viewed_object import read_viewed
from etcdpod.tui.styles import BOLD, CHANGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from etcdpod.registry.objects import Item
    from etcdpod.tui.cells import Line
    from etcdpod.tui.model.viewed_object import ViewedObject

_LABEL = re.compile(r"( *)([A-Z][A-Za-z/() .-]{0,40}:)(\s.*|)$")
_HEAD = re.compile(r"([A-Z][a-z]+)(\s{2,}.*)$")


def explain_lines(subject: ViewedObject) -> Sequence[Line]:
    """A pod's lifecycle, why it is stuck, and what to do; every incarnation, newest first."""
    if subject.kind != "Pod":
        return message(
            "explanations exist only for pods",
            "Press ! for all findings with their evidence.",
        )
    item = read_viewed(subject)
    if item is not None and item.object is None:
        return item_lines(item)
    registry = subject.state.registry
    history = history_of(registry, subject.key)
    texts: list[str] = []
    try:
        found = [] if history is None else explain(registry, history, at=subject.at)
        for explanation in reversed(found):
            texts += [*explanation_lines(explanation, subject.full_name), ""]
    except ODD as error:
        return message(one_line(oddness(error)))
    if not texts:
        return message("no revision of it is kept up to here")
    return [_headed(drawn_line(text)) for text in texts]


def _headed(text: str) -> Line:
    match = _HEAD.fullmatch(text)
    if match is None:
        return line(text)
    return [StyledText(match[1], BOLD), StyledText(match[2])]


def describe_lines(subject: ViewedObject) -> Sequence[Line]:
    """What ``kubectl describe`` prints, as of the revision shown."""
    item = read_viewed(subject)
    value = None if item is None else _with_sizes(subject, item)
    if value is None:
        return item_lines(item)
    state = subject.state
    around = Neighbours(state.registry, state.now(subject.at), subject.at)
    try:
        return labelled(describe(value, around, show_events=True).splitlines())
    except ODD as error:
        return message(one_line(oddness(error)))


def labelled(texts: Iterable[str]) -> list[Line]:
    """Lines of ``Label:  text``, the labels set apart."""
    lines: list[Line] = []
    for text in texts:
        shown = drawn_line(text)
        match = _LABEL.fullmatch(shown)
        lines.append(
            line(shown)
            if match is None
            else [StyledText(match[1]), StyledText(match[2], CHANGED), StyledText(match[3])]
        )
    return lines


def _with_sizes(subject: ViewedObject, item: Item) -> dict[str, Any] | None:
    """The object; of a Secret's values only the sizes are shown."""
    value = item.object
    registry = subject.state.registry
    if value is None or value.get("kind") != "Secret" or registry.show_secrets:
        return value
    stored = registry.read_unmasked(item.record).object or {}
    return {**value, "data": stored["data"]} if "data" in stored else value
