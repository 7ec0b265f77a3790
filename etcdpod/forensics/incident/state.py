"""The state of a pod or a node at one revision, as a lane shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.forensics.incident.model import LaneState
from etcdpod.kube.model.fields import condition, field, mapping, members, number, text
from etcdpod.kube.model.reasons import IMAGE_REASONS

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
"""The pod fields read by ``pod_state`` and the marks."""

NODE_PROJECTION: Projection = {
    "status": {"conditions": {"type": {}, "status": {}, "reason": {}}},
}
"""The node fields read by ``node_state``."""


_CREATING_REASONS = {"ContainerCreating", "PodInitializing", ""}


def pod_state(pod: dict[str, Any]) -> tuple[LaneState, str]:
    """The state of a pod, and the Kubernetes reason if there is one."""
    status = mapping(pod, "status")
    reason = text(status, "reason")
    phase = text(status, "phase")
    if phase == "Unknown" or reason == "NodeLost":
        return LaneState.UNKNOWN, reason
    if field(pod, "metadata", "deletionTimestamp"):
        return LaneState.TERMINATING, "Terminating"
    if phase == "Succeeded":
        return LaneState.SUCCEEDED, reason or "Completed"
    if phase == "Failed":
        return LaneState.FAILED, reason or _last_exit(status) or "Error"
    conditions = {text(c, "type"): c for c in members(status, "conditions")}
    waiting = _init_state(pod, status) or _container_state(status)
    if waiting is not None:
        return waiting
    if not members(status, "containerStatuses"):
        return _unstarted(conditions)
    return _running(pod, conditions)


def _unstarted(conditions: dict[Any, dict[str, Any]]) -> tuple[LaneState, str]:
    scheduled = conditions.get("PodScheduled")
    if text(scheduled, "status") == "False":
        reason = text(scheduled, "reason")
        return LaneState.PENDING if reason == "SchedulingGated" else LaneState.UNSCHEDULABLE, reason
    return LaneState.PENDING, "Pending"


def _running(pod: dict[str, Any], conditions: dict[Any, dict[str, Any]]) -> tuple[LaneState, str]:
    ready = conditions.get("Ready")
    if text(ready, "status") == "True":
        return LaneState.READY, "Running"
    containers_ready = text(conditions.get("ContainersReady"), "status") == "True"
    gates = [text(gate, "conditionType") for gate in members(pod, "spec", "readinessGates")]
    open_gates = all(text(conditions.get(gate), "status") == "True" for gate in gates)
    # The node controller sets Ready of a lost node's pods, and Ready alone: the kubelet would
    # have set ContainersReady with it.
    if containers_ready and open_gates and text(ready, "status") == "False":
        return LaneState.NODE_LOST, "NodeNotReady"
    return LaneState.NOT_READY, text(ready, "reason") or "Running"


def _init_state(pod: dict[str, Any], status: dict[str, Any]) -> tuple[LaneState, str] | None:
    """The state of the first incomplete init container; None if all are complete."""
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
            return LaneState.CRASHED, exit_text(terminated)
        reason = text(container, "state", "waiting", "reason")
        return (LaneState.INIT, "Init") if reason in _CREATING_REASONS else _waiting(reason)
    return None


def _container_state(status: dict[str, Any]) -> tuple[LaneState, str] | None:
    """The worst state that blocks a container; None if all run."""
    found = []
    for container in members(status, "containerStatuses"):
        terminated = field(container, "state", "terminated")
        if "waiting" in mapping(container, "state"):
            found.append(_waiting(text(container, "state", "waiting", "reason")))
        elif terminated is not None:
            failed = field(terminated, "exitCode") != 0
            found.append(
                (LaneState.CRASHED if failed else LaneState.NOT_READY, exit_text(terminated))
            )
    return max(found, key=lambda pair: _ORDER.index(pair[0]), default=None)


_ORDER = [LaneState.CREATING, LaneState.NOT_READY, LaneState.WAITING]
_ORDER += [LaneState.CRASHED, LaneState.BACK_OFF, LaneState.IMAGE_PULL]


def _waiting(reason: str) -> tuple[LaneState, str]:
    if reason in _CREATING_REASONS:
        return LaneState.CREATING, reason
    if reason in IMAGE_REASONS:
        return LaneState.IMAGE_PULL, reason
    return (LaneState.BACK_OFF if reason == "CrashLoopBackOff" else LaneState.WAITING), reason


def exit_text(terminated: Any) -> str:
    """``OOMKilled (137)``: reason and exit code of a container."""
    return f"{text(terminated, 'reason') or 'Error'} ({number(terminated, 'exitCode')})"


def _last_exit(status: dict[str, Any]) -> str:
    for container in members(status, "containerStatuses"):
        terminated = field(container, "state", "terminated")
        if terminated and field(terminated, "exitCode") != 0:
            return exit_text(terminated)
    return ""


def node_state(node: dict[str, Any]) -> tuple[LaneState, str]:
    """The state of a node, from its condition Ready."""
    ready = condition(node, "Ready")
    if ready is None:
        return LaneState.PENDING, ""
    states = {"True": LaneState.READY, "False": LaneState.NOT_READY}
    return states.get(text(ready, "status"), LaneState.NODE_LOST), text(ready, "reason")
