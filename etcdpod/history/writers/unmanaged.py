"""Who writes what, where no manager is recorded: by the kind, and by the part that was written.

Before Kubernetes 1.18 nothing keeps managers; and where all components run in one program, they
share its name. What is said here is likely at best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.history.writers.components import (
    CONTROLLER_MANAGER,
    KUBELET,
    OWN_COMPONENTS,
    OWNING,
    SCHEDULER,
)
from etcdpod.history.writers.write import likely, unknown
from etcdpod.kube.model.fields import condition, field, mapping, members, owner_of, text

if TYPE_CHECKING:
    from etcdpod.changes import Writer
    from etcdpod.history.writers.write import Write

NODE_LEASES: Final = "kube-node-lease"
"""The namespace of the Leases that kubelets renew."""

LEADER: Final = "control-plane.alpha.kubernetes.io/leader"
"""Annotation in which leaders were elected before Leases were used for it."""

ENDPOINTS: Final = {
    "Endpoints": "endpoints-controller",
    "EndpointSlice": "endpointslice-controller",
}


def untracked(write: Write) -> Writer | None:
    """The writer of an object of which no managers are kept."""
    return None if field(write.after, "metadata", "managedFields") else by_part(write)


def by_part(write: Write) -> Writer | None:
    """The writer by the kind and the part that was written; None where that is not enough."""
    if write.event == "ADDED":
        return _created(write) or _of_kind(write)
    if not write.before:
        return None
    if write.kind == "Pod":
        return _pod_status(write)
    if write.kind == "Node":
        return _node_status(write)
    owned = OWNING.get(write.kind)
    if owned and mapping(write.before, "status") != mapping(write.after, "status"):
        evidence = "the status of the workload changed"
        return likely(CONTROLLER_MANAGER, evidence, controller=owned, subresource="status")
    return _of_kind(write)


def _created(write: Write) -> Writer | None:
    """A pod is made by the controller that owns it."""
    owner = owner_of(write.after)
    controller = OWNING.get(text(owner, "kind"))
    if owner is None or controller is None:
        return None
    evidence = f"made for {text(owner, 'kind')} {text(owner, 'name')}"
    return likely(CONTROLLER_MANAGER, evidence, controller=controller)


def _pod_status(write: Write) -> Writer | None:
    old, new = write.before, write.after
    if mapping(old, "status") == mapping(new, "status"):
        return None
    if container_statuses(old) != container_statuses(new):
        return likely(KUBELET, "the status of containers changed", subresource="status")
    if text(condition(new, "PodScheduled"), "reason") == "Unschedulable":
        return likely(SCHEDULER, "PodScheduled is Unschedulable", subresource="status")
    return None


def _node_status(write: Write) -> Writer | None:
    old, new = (mapping(value, "status") for value in (write.before, write.after))
    if old == new:
        return None
    if text(condition(write.after, "Ready"), "status") == "Unknown":
        return likely(
            CONTROLLER_MANAGER,
            "Ready is Unknown: the node is silent",
            controller="node-lifecycle-controller",
            subresource="status",
        )
    return likely(KUBELET, "the status of the node changed", subresource="status")


def _of_kind(write: Write) -> Writer | None:
    lock = text(write.after, "metadata", "annotations", LEADER)
    if lock != text(write.before, "metadata", "annotations", LEADER):
        if write.name in OWN_COMPONENTS:
            return likely(write.name, f"the {write.kind} by which it elects its leader")
        return unknown("a leader was elected through it: whose, it does not say")
    if write.kind == "Lease" and write.namespace == NODE_LEASES:
        return likely(KUBELET, f"the Lease of node {write.name}")
    if write.kind == "Lease" and write.name in OWN_COMPONENTS:
        return likely(write.name, "the Lease by which it elects its leader")
    if write.kind == "Event":
        return _teller(write.after)
    controller = ENDPOINTS.get(write.kind)
    if controller:
        return likely(CONTROLLER_MANAGER, f"a {write.kind} is its work", controller=controller)
    return None


def _teller(event: dict[str, Any]) -> Writer | None:
    """The reporter of an Event is named in it."""
    said = text(event, "reportingComponent") or text(event, "source", "component")
    evidence = f"the Event names {said} as its source"
    if said.endswith("-scheduler"):
        return likely(SCHEDULER if said == "default-scheduler" else said, evidence)
    if said.endswith(("-controller", "controllermanager", "controller-manager")):
        return likely(CONTROLLER_MANAGER, evidence, controller=said)
    return likely(said, evidence) if said else None


def container_statuses(value: dict[str, Any]) -> list[dict[str, Any]]:
    """What a kubelet reports of all containers of a pod."""
    return [
        status
        for part in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
        for status in members(value, "status", part)
    ]
