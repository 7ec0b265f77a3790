"""Deletions, attributed by related objects: etcd does not record who asked for one.

Those who delete on their own account (controllers, the scheduler, the garbage collector) leave
traces elsewhere: a condition, an event, an owner that is gone, a namespace that ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.changes import Writer
from etcdpod.history.writers.components import (
    CONTROLLER_MANAGER,
    DISRUPTIONS,
    ETCD,
    FINALIZERS,
    ONE_PROGRAM,
    OWN_COMPONENTS,
    SCHEDULER,
    UNKNOWN,
    component_of,
)
from etcdpod.history.writers.fields import entries
from etcdpod.history.writers.write import Write, likely, unknown
from etcdpod.kube.model.fields import condition, field, mapping, number, owner_of, strings, text

if TYPE_CHECKING:
    from collections.abc import Callable

NEAR: Final = 1000
"""An event about a write is looked for within this many revisions after it."""


EVICTIONS: Final = {
    "NodeControllerEviction": "node-lifecycle-controller",
    "TaintManagerEviction": "taint-eviction-controller",
}
"""Events of a controller that removes a pod from its node."""


def _completed(write: Write) -> Writer | None:
    """A delete whose mark was written by the same request right before."""
    if field(write.after, "metadata", "deletionGracePeriodSeconds") != 0:
        return None
    if write.previous is None or not write.before:
        return None
    finalizers = strings(write.before, "metadata", "finalizers")
    if finalizers:
        controllers = {FINALIZERS.get(name, "") for name in finalizers}
        if len(controllers) == 1 and "" not in controllers:
            return likely(
                CONTROLLER_MANAGER,
                f"finalizer {', '.join(finalizers)} was the last that held it",
                controller=controllers.pop(),
            )
        held = f"finalizer {', '.join(finalizers)} held it until someone removed that"
        client = only_client(write.before)
        if client:
            return likely(client, f"{held}, and {client} is the only client that wrote the object")
        return unknown(f"{held}; a write that only removes leaves no name")
    by = write.previous
    return Writer(
        by.component,
        controller=by.controller,
        certainty="unknown" if by.component == UNKNOWN else "likely",
        evidence=f"the same request as the revision before: {by.evidence}",
    )


def _expired(write: Write) -> Writer | None:
    """A key under an etcd lease goes when the lease does."""
    if write.lease == 0 or _ending_namespace(write) is not None:
        return None
    return likely(ETCD, f"its etcd lease {write.lease:x} ran out (time to live)")


def _removed(write: Write) -> Writer | None:
    return requested(write)


def requested(write: Write) -> Writer:
    """Who asked for a deletion, by related objects; mostly unknown."""
    for reason in REASONS:
        writer = reason(write)
        if writer is not None:
            return writer
    grace = number(write.after, "metadata", "deletionGracePeriodSeconds", default=-1)
    asked = f" with a grace period of {grace} s" if grace >= 0 else ""
    why = (
        f"the deletion was asked for{asked}; etcd does not hold who asked, and no controller's "
        "event, ending namespace or missing owner explains it: likely a client"
    )
    client = only_client(write.before or write.after)
    if client and owner_of(write.after) is None:
        return likely(client, f"{why}, and {client} is the only one that wrote this object")
    return unknown(why)


def only_client(value: dict[str, Any]) -> str:
    """The one client beside Kubernetes' own components that ever wrote an object; else empty."""
    writers = {component_of(entry.manager) for entry in entries(value)}
    clients = writers - OWN_COMPONENTS - ONE_PROGRAM - {UNKNOWN}
    return clients.pop() if len(clients) == 1 else ""


def _by_disruption(write: Write) -> Writer | None:
    """Some who delete pods say so in a condition right before."""
    target = condition(write.before, "DisruptionTarget")
    reason = text(target, "reason")
    evidence = f"condition DisruptionTarget {reason}"
    if reason == "PreemptionByScheduler":
        return likely(SCHEDULER, evidence)
    if reason in DISRUPTIONS:
        return likely(CONTROLLER_MANAGER, evidence, controller=DISRUPTIONS[reason])
    if reason == "EvictionByEvictionAPI":
        return unknown(f"{evidence}: etcd does not hold who called the eviction API")
    return None


def _by_event(write: Write) -> Writer | None:
    """A controller reports each pod that it deletes in an event of the owner or of the pod."""
    if write.around is None or not write.name:
        return None
    owner = owner_of(write.after)
    if owner is not None:
        for event in write.around.events(write.namespace, text(owner, "name")):
            words = event.message.replace(":", " ").split()
            near = write.revision <= event.revision <= write.revision + NEAR
            if event.reason == "SuccessfulDelete" and near and write.name in words:
                return likely(
                    CONTROLLER_MANAGER,
                    f"event SuccessfulDelete from {event.component} (revision {event.revision}): "
                    f"{event.message}",
                    controller=event.component,
                )
    for event in write.around.events(write.namespace, write.name):
        near = abs(event.revision - write.revision) <= NEAR
        evidence = f"event {event.reason} (revision {event.revision}): {event.message}"
        if event.reason in EVICTIONS and near and "Marking" in event.message:
            return likely(CONTROLLER_MANAGER, evidence, controller=EVICTIONS[event.reason])
        if event.reason == "Preempted" and near and write.kind == "Pod":
            return likely(SCHEDULER, evidence)
    return None


def _by_age(write: Write) -> Writer | None:
    """A finished Job that says how long it wants to be kept."""
    seconds = field(write.after, "spec", "ttlSecondsAfterFinished")
    if write.kind != "Job" or seconds is None:
        return None
    if not any(condition(write.after, kind) for kind in ("Complete", "Failed")):
        return None
    return likely(
        CONTROLLER_MANAGER,
        f"the Job had finished, and its ttlSecondsAfterFinished is {seconds}",
        controller="ttl-after-finished-controller",
    )


def _ending_namespace(write: Write) -> Writer | None:
    """Deleting a namespace deletes all that is in it."""
    if write.around is None or not write.namespace:
        return None
    if not write.around.namespace_is_ending(write.namespace, write.revision):
        return None
    return likely(
        CONTROLLER_MANAGER,
        f"namespace {write.namespace} was being deleted",
        controller="namespace-controller",
    )


def _orphaned(write: Write) -> Writer | None:
    """The garbage collector takes what no longer has its owner."""
    owner = owner_of(write.after)
    if write.around is None or owner is None or not text(owner, "name"):
        return None
    whose = f"{text(owner, 'kind')} {text(owner, 'name')}"
    if write.around.owner_is_gone(write.namespace, owner, write.revision):
        return likely(
            CONTROLLER_MANAGER,
            f"its owner {whose} did not exist any more",
            controller="garbage-collector-controller",
        )
    found = write.around.owner(write.namespace, owner, write.revision)
    metadata = mapping(getattr(found, "object", None), "metadata")
    if "foregroundDeletion" in strings(metadata, "finalizers"):
        return likely(
            CONTROLLER_MANAGER,
            f"its owner {whose} was being deleted in the foreground",
            controller="garbage-collector-controller",
        )
    return None


def _on_lost_node(write: Write) -> Writer | None:
    node = text(write.after, "spec", "nodeName")
    if write.kind != "Pod" or write.around is None or not node:
        return None
    if write.around.exists("nodes", None, node, write.revision):
        return None
    return likely(
        CONTROLLER_MANAGER,
        f"its node {node} did not exist any more",
        controller="pod-garbage-collector-controller",
    )


REASONS: Final[tuple[Callable[[Write], Writer | None], ...]] = (
    _by_disruption,
    _by_event,
    _ending_namespace,
    _orphaned,
    _on_lost_node,
    _by_age,
)
"""Why something is deleted, where that is recorded; the most certain first."""

DELETED: Final[tuple[Callable[[Write], Writer | None], ...]] = (
    _completed,
    _expired,
    _removed,
)
"""For a tombstone."""
