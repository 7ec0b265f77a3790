"""Who wrote a revision, on what evidence, how sure.

First by ``managedFields``, where the API server itself keeps who wrote what; then by what the
write looks like, for those that it keeps no manager for (``writers_signatures``). Who stands
behind a client is not recorded in etcd, and is not claimed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from etcdpod.changes import Writer
from etcdpod.history.clock.samples import deletion_asked
from etcdpod.history.writers.components import (
    CONTROLLER_MANAGER,
    ONE_PROGRAM,
    UNKNOWN,
    component_of,
    controller_of,
)
from etcdpod.history.writers.context import RelatedObjects
from etcdpod.history.writers.fields import losers, owners_of_changes, renewed
from etcdpod.history.writers.signatures import by_signature, last_untraced
from etcdpod.history.writers.unmanaged import by_part
from etcdpod.history.writers.write import Write
from etcdpod.kube.model.fields import field, mapping
from etcdpod.times import micros

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.changes import Certainty, Step
    from etcdpod.history.clock.clock import Clock
    from etcdpod.history.writers.fields import ManagerEntry
    from etcdpod.registry.objects import Objects


def annotate(
    steps: Iterator[Step], clock: Clock | None = None, registry: Objects | None = None
) -> Iterator[Step]:
    """The same steps, in order, each with its time and its writer.

    Args:
        steps: the history of one key, from its oldest kept revision on.
        clock: dates the steps; without one they keep no time.
        registry: where events, owners and namespaces are looked up; without one a writer is found
            by the object alone.
    """
    around = RelatedObjects(registry) if registry is not None else None
    timed = clock.times(steps) if clock is not None else ((step, step.time) for step in steps)
    before: Step | None = None
    for step, time in timed:
        step = replace(step, time=time, writer=writer_of(before, step, around))
        yield step
        before = step


def writer_of(before: Step | None, step: Step, around: RelatedObjects | None = None) -> Writer:
    """Who wrote one revision.

    Args:
        before: the step right before it in the history of the same key, with its writer.
        step: the revision asked about.
        around: its neighbours, for evidence outside the object.
    """
    if step.object is None:
        return _writer_without_object(step)
    neighbour = before if step.event != "ADDED" else None
    write = Write(
        event=step.event,
        revision=step.record.mod_revision,
        version=step.record.version,
        before=(neighbour.object if neighbour is not None else None) or {},
        after=step.object,
        lease=neighbour.record.lease if neighbour is not None else 0,
        previous=neighbour.writer if neighbour is not None else None,
        around=around,
    )
    gap = step.missing_before > 0 or (step.event == "MODIFIED" and not write.before)
    writer = None if step.event == "DELETED" else _by_managed_fields(write, gap=gap)
    return (
        writer
        or by_signature(write)
        or _by_loss(write)
        or Writer(UNKNOWN, evidence="neither managedFields nor the kind of change shows it")
    )


def _writer_without_object(step: Step) -> Writer:
    if step.problem is not None:
        return Writer(UNKNOWN, evidence=f"the value cannot be read: {step.problem}")
    return Writer(UNKNOWN, evidence="only the deletion is kept")


def _by_managed_fields(write: Write, *, gap: bool) -> Writer | None:
    """The manager whose entry moved, or who owns what changed."""
    moved = renewed(write.before, write.after)
    if moved:
        newest = [entry for entry in moved if entry.time == moved[0].time]
        if gap:
            return _after_gap(write, newest)
        certainty: Certainty = "certain" if len(newest) == 1 else "likely"
        return _of_entry(write, newest[0], certainty, "managedFields")
    if not write.before or _is_marked_now(write):
        return None
    owners = owners_of_changes(write.before, write.after)
    if len(owners) == 1:
        certainty = "likely" if gap else "certain"
        return _of_entry(
            write, owners[0], certainty, "owns every change that has an owner in managedFields"
        )
    return None


def _after_gap(write: Write, newest: list[ManagerEntry]) -> Writer | None:
    """The writer of a revision of which the one before is missing: the last that left a time.

    Within one second a part of the object was written after the whole of it.
    """
    asked = deletion_asked(mapping(write.after, "metadata"))
    if asked is not None and asked > (micros(newest[0].time) or asked):
        return None
    later = last_untraced(write)
    if later is not None:
        return later
    entry = next((entry for entry in newest if entry.subresource), newest[0])
    return _of_entry(
        write, entry, "likely", "newest in managedFields; revisions before are missing"
    )


def _is_marked_now(write: Write) -> bool:
    """Deletion marks touch metadata and, by the API server's own hand, sometimes more."""
    fields = ("deletionTimestamp", "deletionGracePeriodSeconds")
    return any(
        field(write.before, "metadata", name) != field(write.after, "metadata", name)
        for name in fields
    )


def _by_loss(write: Write) -> Writer | None:
    """Something was only taken away: perhaps by whom it belonged to."""
    if not write.before:
        return None
    owners = losers(write.before, write.after)
    if len(owners) != 1:
        return None
    owner = owners[0]
    if owner.subresource == "status":
        return _of_entry(write, owner, "likely", "what it owns in the status was removed")
    return Writer(
        UNKNOWN,
        evidence=f"fields of {owner.manager} were removed, and a write that only removes leaves "
        "no name",
    )


def _of_entry(write: Write, entry: ManagerEntry, certainty: Certainty, how: str) -> Writer:
    component = component_of(entry.manager)
    if component in ONE_PROGRAM:
        return _within_one_program(write, entry, how)
    controller = ""
    if component == CONTROLLER_MANAGER:
        created = write.event == "ADDED"
        # Before Kubernetes 1.22 entries named no subresource.
        part = entry.subresource or ("status" if set(entry.fields) == {"f:status"} else "")
        controller = controller_of(write.after, part, created=created)
    return Writer(
        component=component,
        controller=controller,
        manager=entry.manager,
        operation=entry.operation,
        subresource=entry.subresource,
        certainty="unknown" if component == UNKNOWN else certainty,
        evidence=f"{how}: {entry}",
    )


def _within_one_program(write: Write, entry: ManagerEntry, how: str) -> Writer:
    """The component behind a name that several share: by what was written."""
    part = by_part(write)
    found = part or Writer(component_of(entry.manager), certainty="likely")
    return replace(
        found,
        manager=entry.manager,
        operation=entry.operation,
        subresource=entry.subresource or found.subresource,
        evidence=f"{how}: {entry}" + (f"; {part.evidence}" if part is not None else ""),
    )
