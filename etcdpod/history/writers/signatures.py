"""Puts that leave no trace in managedFields, recognised by what they change.

The API server keeps no field manager for a binding, nor for the mark and the grace period of a
deletion, nor for what is only taken away. Each signature looks at one such write and says who
makes it, on what evidence; none guesses who asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.changes import Writer
from etcdpod.history.writers.components import (
    CONTROLLER_MANAGER,
    FINALIZERS,
    KUBELET,
    SCHEDULER,
)
from etcdpod.history.writers.deletions import DELETED, NEAR, requested
from etcdpod.history.writers.unmanaged import container_statuses, untracked
from etcdpod.history.writers.write import Write, likely, unknown
from etcdpod.kube.model.fields import (
    condition,
    field,
    mapping,
    members,
    strings,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def by_signature(write: Write) -> Writer | None:
    """The writer by the first signature that fits; None where none does."""
    for signature in DELETED if write.event == "DELETED" else WRITTEN:
        writer = signature(write)
        if writer is not None:
            return writer
    return None


def _bound(write: Write) -> Writer | None:
    """A binding sets spec.nodeName and PodScheduled, through no field manager."""
    node = text(write.after, "spec", "nodeName")
    if write.kind != "Pod" or not write.before or not node:
        return None
    if text(write.before, "spec", "nodeName"):
        return None
    asked = text(write.after, "spec", "schedulerName") or "default-scheduler"
    component = SCHEDULER if asked == "default-scheduler" else asked
    evidence = f"spec.nodeName was set to {node}"
    for event in write.around.events(write.namespace, write.name) if write.around else ():
        near = write.revision <= event.revision <= write.revision + NEAR
        if event.reason == "Scheduled" and near and event.component == asked:
            evidence += f"; event Scheduled from {asked} (revision {event.revision})"
            return Writer(component, subresource="binding", certainty="certain", evidence=evidence)
    return likely(component, f"{evidence}: a binding", subresource="binding")


def _marked(write: Write) -> Writer | None:
    """A deletionTimestamp appears: someone asked for the deletion, and mostly left no name."""
    if not text(write.after, "metadata", "deletionTimestamp"):
        return None
    if not write.before or text(write.before, "metadata", "deletionTimestamp"):
        return None
    return requested(write)


def _shortened(write: Write) -> Writer | None:
    """The grace period falls to 0 before the final delete: the kubelet is done with the pod."""
    old, new = (field(v, "metadata", "deletionGracePeriodSeconds") for v in _both(write))
    if write.kind != "Pod" or new != 0 or old in (None, 0):
        return None
    if not text(write.after, "spec", "nodeName"):
        return None
    running = [
        text(status, "name")
        for status in container_statuses(write.after)
        if field(status, "state", "running") is not None
    ]
    if running:
        return unknown(
            f"the grace period was cut to 0 while {', '.join(running)} still ran: a forced deletion"
        )
    return likely(
        KUBELET,
        "the grace period was cut to 0 when no container ran any more: "
        "the kubelet's last word before it deletes a pod",
    )


def _released(write: Write) -> Writer | None:
    """A finalizer was taken away by the one who had to."""
    old, new = (strings(v, "metadata", "finalizers") for v in _both(write))
    gone = [name for name in old if name not in new]
    controllers = {FINALIZERS[name] for name in gone if name in FINALIZERS}
    if len(controllers) != 1 or len(gone) != 1:
        return None
    return likely(
        CONTROLLER_MANAGER, f"finalizer {gone[0]} was removed", controller=controllers.pop()
    )


def _namespace_finalized(write: Write) -> Writer | None:
    """A terminating namespace loses its finalizer once it is empty."""
    old, new = (strings(v, "spec", "finalizers") for v in _both(write))
    if write.kind != "Namespace" or "kubernetes" not in old or "kubernetes" in new:
        return None
    return likely(
        CONTROLLER_MANAGER,
        "spec.finalizers lost kubernetes: the namespace is empty",
        controller="namespace-controller",
        subresource="finalize",
    )


def _taints(write: Write) -> Writer | None:
    """Taints of node.kubernetes.io follow the conditions of a node."""
    if write.kind != "Node" or not write.before:
        return None
    old, new = ({text(t, "key") for t in members(v, "spec", "taints")} for v in _both(write))
    moved = old ^ new
    if not moved or not all(key.startswith("node.kubernetes.io/") for key in moved):
        return None
    return likely(
        CONTROLLER_MANAGER,
        f"taint {', '.join(sorted(moved))} was {'set' if moved <= new else 'removed'}",
        controller="node-lifecycle-controller",
    )


def _evicted(write: Write) -> Writer | None:
    """The eviction API marks its victim before it deletes it."""
    old, new = (text(condition(v, "DisruptionTarget"), "reason") for v in _both(write))
    if write.kind == "Pod" and new == "EvictionByEvictionAPI" and old != new:
        return unknown("the eviction API was called; etcd does not hold who called it")
    return None


def last_untraced(write: Write) -> Writer | None:
    """A write without a trace that must have come last, seen from its result alone.

    For a revision of which the one before is missing.
    """
    if write.kind != "Pod":
        return None
    labels = mapping(write.after, "metadata", "labels")
    finished = text(write.after, "status", "phase") in ("Succeeded", "Failed")
    tracked = "batch.kubernetes.io/job-tracking" in strings(write.after, "metadata", "finalizers")
    if finished and not tracked and "batch.kubernetes.io/job-name" in labels:
        return likely(
            CONTROLLER_MANAGER,
            "a finished pod of a Job without the finalizer batch.kubernetes.io/job-tracking: "
            "its removal comes last",
            controller="job-controller",
        )
    bound = write.version == 2 and text(write.after, "spec", "nodeName")
    if bound and not text(write.after, "status", "startTime"):
        return likely(SCHEDULER, "bound, and no kubelet has reported", subresource="binding")
    return None


def _both(write: Write) -> tuple[dict[str, Any], dict[str, Any]]:
    return write.before, write.after


WRITTEN: Final[tuple[Callable[[Write], Writer | None], ...]] = (
    _bound,
    _marked,
    _shortened,
    _evicted,
    _namespace_finalized,
    _released,
    _taints,
    untracked,
)
"""For a put, the most telling first."""
