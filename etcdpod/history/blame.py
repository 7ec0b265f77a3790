"""Blame: each line of an object's YAML with the revision that last set it.

Unlike managedFields, which keeps one time for all the fields of a manager, this follows every
field over all revisions kept. Where the revision that set a line is not kept, managedFields
still say to whom the field belongs; the revision is then an upper bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from etcdpod.changes import Writer
from etcdpod.history.diff.values import equal
from etcdpod.history.writers.components import UNKNOWN, component_of
from etcdpod.history.writers.fields import entries, member_of
from etcdpod.kube.model.merge_keys import key_lists

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.changes import Step, TimeSpan
    from etcdpod.history.writers.fields import ManagerEntry

ABSENT: Final = object()

NOT_KEPT: Final = Writer(UNKNOWN, evidence="the revision that set it is not kept")


@dataclass(frozen=True, slots=True)
class LineOrigin:
    """The revision that last set something."""

    revision: int
    incarnation: int
    time: TimeSpan | None
    writer: Writer | None
    exact: bool = True
    """False: it was set at this revision or at an earlier one that is not kept."""


@dataclass(slots=True)
class Node:
    """Where a value and the parts of it come from."""

    origin: LineOrigin
    """Of the value itself; of an object or a list, when it came to be."""
    below: dict[str, Node] | list[Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of YAML and its origin; None where a line belongs to no value."""

    text: str
    origin: LineOrigin | None


def blame_lines(steps: Iterable[Step], *, managed_fields: bool = False) -> list[Line]:
    """The last object of a history as YAML, each line with its origin.

    Args:
        steps: the history of one key from its oldest kept revision on, as ``annotate`` gives
            it; cut off where the question is about the past.
        managed_fields: keep ``metadata.managedFields``.

    Returns:
        The lines; empty if no revision can be read.
    """
    value: Any = ABSENT
    node: Node | None = None
    for step in steps:
        if step.event == "DELETED" or step.object is None:
            continue
        if step.event == "ADDED" or step.incarnation != (node.origin.incarnation if node else 0):
            value, node = ABSENT, None
        known = step.missing_before == 0 and (step.event == "ADDED" or value is not ABSENT)
        writer = step.writer if known else NOT_KEPT
        origin = LineOrigin(
            step.record.mod_revision, step.incarnation, step.time, writer, exact=known
        )
        node = _traced(value, node, step.object, origin)
        value = step.object
        if not origin.exact:
            _credit_owners(node, step.object, origin)
    if node is None:
        return []
    if not managed_fields:
        metadata = {k: v for k, v in value.get("metadata", {}).items() if k != "managedFields"}
        value = {**value, "metadata": metadata}
    return _lines(value, node)


# --- following values over revisions ------------------------------------------------------------


def _traced(before: Any, old: Node | None, after: Any, origin: LineOrigin) -> Node:
    """The origins of ``after``: what is equal keeps its own, what is not has this one."""
    root = Node(old.origin if old is not None else origin)
    pending: list[tuple[Any, Node | None, Any, str, Node]] = [(before, old, after, "", root)]
    while pending:
        was, known, now, name, node = pending.pop()
        if known is not None and was is not ABSENT and equal(was, now):
            node.origin, node.below = known.origin, known.below
            continue
        if isinstance(now, dict):
            same = isinstance(was, dict) and known is not None
            node.origin = known.origin if same and known is not None else origin
            children: dict[str, Node] = {}
            node.below = children
            for key, value in now.items():
                children[key] = Node(origin)
                past, trace = _member(was, known, key) if same else (ABSENT, None)
                pending.append((past, trace, value, key, children[key]))
        elif isinstance(now, list):
            same = isinstance(was, list) and known is not None
            node.origin = known.origin if same and known is not None else origin
            items = [Node(origin) for _ in now]
            node.below = items
            pairs = _paired(name, was if same else [], now, known if same else None)
            pending.extend(
                (past, trace, value, "", item)
                for (past, trace), value, item in zip(pairs, now, items, strict=True)
            )
        else:
            node.origin = origin
    return root


def _member(was: dict[str, Any], known: Node | None, key: str) -> tuple[Any, Node | None]:
    below = known.below if known is not None else {}
    return was.get(key, ABSENT), below.get(key) if isinstance(below, dict) else None


def _paired(
    name: str, was: list[Any], now: list[Any], known: Node | None
) -> list[tuple[Any, Node | None]]:
    """For each member of a list the member that it was before, by merge key or by position."""
    traces = known.below if known is not None and isinstance(known.below, list) else []
    past = list(zip(was, traces, strict=False))
    keyed = key_lists(name, was, now)
    if keyed is not None:
        places = {key: place for place, key in enumerate(keyed[0])}
        return [
            past[places[key]] if key in places and places[key] < len(past) else (ABSENT, None)
            for key in keyed[1]
        ]
    return [past[place] if place < len(past) else (ABSENT, None) for place in range(len(now))]


# --- what managedFields still know of the oldest kept revision ----------------------------------


def _credit_owners(node: Node, value: dict[str, Any], origin: LineOrigin) -> None:
    """Name the owner of each field whose own revision is not kept as its likely writer."""
    for entry in entries(value):
        stack: list[tuple[dict[str, Any], Any, Node]] = [(entry.fields, value, node)]
        while stack:
            fields, present, place = stack.pop()
            for part, below in fields.items():
                found = _below(part, present, place)
                if found is None:
                    continue
                if below and isinstance(below, dict):
                    stack.append((below, *found))
                if found[1].origin.revision == origin.revision:
                    found[1].origin = _credited(origin, entry)


def _below(part: str, present: Any, node: Node) -> tuple[Any, Node] | None:
    member = member_of(present, part)
    if member is None:
        return None
    position, value = member
    children = node.below
    if isinstance(position, str):
        child = children.get(position) if isinstance(children, dict) else None
    else:
        inside = isinstance(children, list) and position < len(children)
        child = children[position] if inside and isinstance(children, list) else None
    return None if child is None else (value, child)


def _credited(origin: LineOrigin, entry: ManagerEntry) -> LineOrigin:
    writer = Writer(
        component=component_of(entry.manager),
        manager=entry.manager,
        operation=entry.operation,
        subresource=entry.subresource,
        certainty="likely",
        evidence=f"owns the field: {entry}",
    )
    return replace(origin, writer=writer)


# --- from a tree to lines -----------------------------------------------------------------------


def _lines(value: dict[str, Any], node: Node) -> list[Line]:
    from etcdpod.kubectl.formats.yaml import dumps

    text = dumps(value)
    shown = text.splitlines()
    origins: list[LineOrigin | None] = [None] * len(shown)
    for first, last, origin in _placed(text, node):
        origins[first : last + 1] = [origin] * (min(last + 1, len(shown)) - first)
    return [Line(line, origin) for line, origin in zip(shown, origins, strict=True)]


def _placed(text: str, node: Node) -> Iterator[tuple[int, int, LineOrigin]]:
    """The first and last line of every value in a YAML text; what is inside comes later."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    pending = [(yaml.compose(text, Loader=loader), node)]
    while pending:
        shown, place = pending.pop()
        children = place.below
        if isinstance(shown, yaml.MappingNode) and isinstance(children, dict):
            for key, value in shown.value:
                child = children.get(key.value)
                if child is not None:
                    yield key.start_mark.line, _last_line(value), child.origin
                    pending.append((value, child))
        elif isinstance(shown, yaml.SequenceNode) and isinstance(children, list):
            for value, child in zip(shown.value, children, strict=False):
                yield value.start_mark.line, _last_line(value), child.origin
                pending.append((value, child))


def _last_line(shown: Any) -> int:
    """The line that a value ends on; a block ends on the line before the next begins."""
    first, end = shown.start_mark.line, shown.end_mark.line
    block = not isinstance(shown.value, str) or shown.style in ("|", ">")
    return int(end - 1 if block and end > first else end)
