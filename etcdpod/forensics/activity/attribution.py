"""Who wrote: the last change of an object, and each writer's share of a registry."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from etcdpod.changes import Step
from etcdpod.forensics.activity.activity import grouped
from etcdpod.history.writers.attribute import writer_of
from etcdpod.kube.model.fields import members
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from etcdpod.changes import EventType
    from etcdpod.forensics.activity.activity import Consumer, Ledger
    from etcdpod.history.lives import Registry
    from etcdpod.records import Record


def last_change(item: Mapping[str, Any]) -> tuple[str, datetime | None]:
    """Manager and time of the newest entry of managedFields; ``("", None)`` without any.

    ``history.blame`` is more precise, but reads the whole history: too slow for each table row.
    """
    entries = members(item, "metadata", "managedFields")
    if not entries:
        return "", None
    newest = max(entries, key=_time_of)
    return str(newest.get("manager") or ""), time_or_none(_time_of(newest))


PREDECESSORS = 4000
"""Maximum number of objects whose last revision is kept to compare with the next."""

PROGRESS_EVERY = 500
"""Revisions between two calls of a progress function."""


def writers(
    registry: Registry,
    ledger: Ledger,
    *,
    since: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Consumer]:
    """Writers with the number and size of their revisions, busiest first.

    Attributes every revision as ``history.blame`` does, in revision order. With more than
    ``PREDECESSORS`` objects, some are attributed without their previous revision.
    """
    names: dict[str, int] = {}
    groups = array("q")
    before: OrderedDict[bytes, Step] = OrderedDict()
    for record in registry.connector.records():
        if len(groups) == len(ledger):
            break  # written to a live source after the ledger was filled
        step = _step(registry, record, before.pop(record.key, None))
        groups.append(names.setdefault(_name(step), len(names)))
        if not record.tombstone:
            before[record.key] = step
        if len(before) > PREDECESSORS:
            before.popitem(last=False)
        if progress is not None and len(groups) % PROGRESS_EVERY == 0:
            progress(len(groups), len(ledger))
    return grouped(ledger, (list(names), np.array(groups, dtype=np.int64)), since=since)


def _step(registry: Registry, record: Record, before: Step | None) -> Step:
    """The parts of a revision needed to attribute it."""
    same_life = before is not None and before.record.create_revision == record.create_revision
    if record.tombstone:
        event: EventType = "DELETED"
        found = before.object if before is not None else None
    else:
        event = "ADDED" if record.version == 1 else "MODIFIED"
        found = registry.read_unmasked(record).object
    gap = event == "MODIFIED" and not same_life
    light = replace(record, value=b"")
    step = Step(event, light, 1, "", found, None, (), (), missing_before=int(gap))
    previous = before if same_life or record.tombstone else None
    return replace(step, writer=writer_of(previous, step))


def _name(step: Step) -> str:
    writer = step.writer
    if writer is None or writer.certainty == "unknown":
        return "unknown"
    return writer.controller or writer.component


def _time_of(entry: dict[str, Any]) -> str:
    return str(entry.get("time") or "")
