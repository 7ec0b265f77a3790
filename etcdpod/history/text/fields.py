"""A step of a history as machine output: what ``-o json``, ``yaml`` and ``jsonl`` carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.times import micro_time

if TYPE_CHECKING:
    from etcdpod.changes import Step, TimeSpan, Writer


def step_fields(step: Step, *, with_object: bool = False) -> dict[str, Any]:
    """A step as one JSON value.

    Args:
        step: the step.
        with_object: add ``object``, as a watch sends it; null where it cannot be read.

    Returns:
        ``event``, ``revision``, ``resourceVersion``, ``version``, ``createRevision`` (both 0 for
        a deletion, as in etcd), ``incarnation``, ``uid``, ``changes``, ``source``, ``trust`` and
        ``summary``; where there is something to say also ``subRevision``, ``missingBefore``,
        ``problem``, ``time`` and ``writer``.
    """
    record = step.record
    fields: dict[str, Any] = {
        "event": step.event,
        "revision": record.revision.main,
        "resourceVersion": str(record.revision.main),
        "version": record.version,
        "createRevision": record.create_revision,
        "incarnation": step.incarnation,
        "uid": step.uid,
        "changes": [
            {"path": c.path, "op": c.op, "before": c.before, "after": c.after} for c in step.changes
        ],
        "source": str(record.provenance),
        "trust": record.provenance.trust.value,
        "summary": list(step.summary),
    }
    if record.revision.sub:
        fields["subRevision"] = record.revision.sub
    if step.missing_before:
        fields["missingBefore"] = step.missing_before
    if step.problem is not None:
        fields["problem"] = str(step.problem)
    if step.time is not None:
        fields["time"] = time_fields(step.time)
    if step.writer is not None:
        fields["writer"] = writer_fields(step.writer)
    if with_object:
        fields["object"] = step.object
    return fields


def time_fields(span: TimeSpan) -> dict[str, str | None]:
    """The three moments of a time."""
    return {
        "earliest": micro_time(span.earliest),
        "latest": micro_time(span.latest),
        "estimate": micro_time(span.estimate),
    }


def writer_fields(writer: Writer) -> dict[str, str]:
    """A writer, with all that is known of it."""
    return {
        "component": writer.component,
        "controller": writer.controller,
        "manager": writer.manager,
        "operation": writer.operation,
        "subresource": writer.subresource,
        "certainty": writer.certainty,
        "evidence": writer.evidence,
    }
