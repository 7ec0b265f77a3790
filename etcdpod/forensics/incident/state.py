"""The state of a pod or a node at one revision, as a lane shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.forensics.incident.model import State
from etcdpod.kube.model.fields import condition, field, mapping, members, number, text

if TYPE_CHECKING:
    from etcdpod.kube.codec import Projection

POD_PROJECTION: Projection = {
    "metadata": {"deletionTimestamp": {}},
    "spec": {
        "nodeName": {},
        "readinessGates": {"conditionType": {}},
        "initContainers": {"name": {}, "restartPolicy": {}},
    },
    "status": {
        "phase": {},
        "reason": {},
        "conditions": {"type": {}, "status": {}, "reason": {}, "message": {}},
        "initContainerStatuses": {},
        "containerStatuses": {},
    },
}
"""What ``pod_state`` and the marks read of a pod."""

NODE_PROJECTION: Projection = {
    "status": {"conditions": {"type": {}, "status": {}, "reason": {}}},
}
"""What ``node_state`` reads of a node."""

IMAGE_REASONS = frozenset(
    {
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImageInspectError",
        "ImagePullBackOff",
        "InvalidImageName",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
"""Why an image is not there."""

_CREATING_REASONS = {"ContainerCreating", "PodInitializing", ""}


def pod_state(pod: dict[str, Any]) -> tuple[State, str]:
    """The state of a pod, and Kubernetes' own word for it where there is one."""
    status = mapping(pod, "status")
    reason = text(status, "reason")
    phase = text(status, "phase")
    if phase == "Unknown" or reason == "NodeLost":
        return State.UNKNOWN, reason
    if field(pod, "metadata", "deletionTimestamp"):
        return State.TERMINATING, "Terminating"
    if phase == "Succeeded":
        return State.SUCCEEDED, reason or "Completed"
    if phase == "Failed":
        return State.FAILED, reason or _last_exit(status) or "Error"
    conditions = {text(c, "type"): c for c in members(status, "conditions")}
    waiting = _init_state(pod, status) or _container_state(status)
    if waiting is not None:
        return waiting
    if not members(status, "containerStatuses"):
        return _unstarted(conditions)
    return _running(pod, conditions)


def _unstarted(conditions: dict[Any, dict[str, Any]]) -> tuple[State, str]:
    scheduled = conditions.get("PodScheduled")
    if text(scheduled, "status") == "False":
        reason = text(scheduled, "reason")
        return State.PENDING if reason == "SchedulingGated" else State.UNSCHEDULABLE, reason
    return State.PENDING, "Pending"


def _running(pod: dict[str, Any], conditions: dict[Any, dict[str, Any]]) -> tuple[State, str]:
    ready = conditions.get("Ready")
    if text(ready, "status") == "True":
        return State.READY, "Running"
    containers_ready = text(conditions.get("ContainersReady"), "status") == "True"
    gates = [text(gate, "conditionType") for gate in members(pod, "spec", "readinessGates")]
    open_gates = all(text(conditions.get(gate), "status") == "True" for gate in gates)
    # The node controller sets Ready of a lost node's pods, and Ready alone: the kubelet would
    # have set ContainersReady with it.
    if containers_ready and open_gates and text(ready, "status") == "False":
        return State.NODE_LOST, "NodeNotReady"
    return State.NOT_READY, text(ready, "reason") or "Running"


def _init_state(pod: dict[str, Any], status: dict[str, Any]) -> tuple[State, str] | None:
    """The state of the first init container that is not done; None when all are."""
    sidecars = {
        text(container, "name")
        for container in members(pod, "spec", "initContainers")
        if container.get("restartPolicy") == "Always"
    }
    for container in members(status, "initContainerStatuses"):
        terminated = field(container, "state", "terminated")
        if terminated is not None and field(terminated, "exitCode") == 0:
            continue
        if "running" in mapping(container, "state") and text(container, "name") in sidecars:
            continue
        if terminated is not None:
            return State.CRASHED, exit_text(terminated)
        reason = text(container, "state", "waiting", "reason")
        return (State.INIT, "Init") if reason in _CREATING_REASONS else _waiting(reason)
    return None


def _container_state(status: dict[str, Any]) -> tuple[State, str] | None:
    """The worst that holds a container back; None when all of them run."""
    found = []
    for container in members(status, "containerStatuses"):
        terminated = field(container, "state", "terminated")
        if "waiting" in mapping(container, "state"):
            found.append(_waiting(text(container, "state", "waiting", "reason")))
        elif terminated is not None:
            failed = field(terminated, "exitCode") != 0
            found.append((State.CRASHED if failed else State.NOT_READY, exit_text(terminated)))
    return max(found, key=lambda pair: _ORDER.index(pair[0]), default=None)


_ORDER = [State.CREATING, State.NOT_READY, State.WAITING]
_ORDER += [State.CRASHED, State.BACK_OFF, State.IMAGE_PULL]


def _waiting(reason: str) -> tuple[State, str]:
    if reason in _CREATING_REASONS:
        return State.CREATING, reason
    if reason in IMAGE_REASONS:
        return State.IMAGE_PULL, reason
    return (State.BACK_OFF if reason == "CrashLoopBackOff" else State.WAITING), reason


def exit_text(terminated: Any) -> str:
    """``OOMKilled (137)``: why and how a container ended."""
    return f"{text(terminated, 'reason') or 'Error'} ({number(terminated, 'exitCode')})"


def _last_exit(status: dict[str, Any]) -> str:
    for container in members(status, "containerStatuses"):
        terminated = field(container, "state", "terminated")
        if terminated and field(terminated, "exitCode") != 0:
            return exit_text(terminated)
    return ""


def node_state(node: dict[str, Any]) -> tuple[State, str]:
    """The state of a node, from its condition Ready."""
    ready = condition(node, "Ready")
    if ready is None:
        return State.PENDING, ""
    states = {"True": State.READY, "False": State.NOT_READY}
    return states.get(text(ready, "status"), State.NODE_LOST), text(ready, "reason")
