"""The state of a pod or a node at one revision, as a lane shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.render.lane_model import State

if TYPE_CHECKING:
    from etcdpod.decoder import Projection

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

IMAGE_REASONS = {
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ImageInspectError",
    "ErrImageNeverPull",
    "RegistryUnavailable",
}
"""Why an image is not there."""

_CREATING_REASONS = {"ContainerCreating", "PodInitializing", ""}


def pod_state(pod: dict[str, Any]) -> tuple[State, str]:
    """The state of a pod, and Kubernetes' own word for it where there is one."""
    status = pod.get("status") or {}
    reason = str(status.get("reason") or "")
    phase = status.get("phase")
    if phase == "Unknown" or reason == "NodeLost":
        return State.UNKNOWN, reason
    if (pod.get("metadata") or {}).get("deletionTimestamp"):
        return State.TERMINATING, "Terminating"
    if phase == "Succeeded":
        return State.SUCCEEDED, reason or "Completed"
    if phase == "Failed":
        return State.FAILED, reason or _last_exit(status) or "Error"
    conditions = {c.get("type"): c for c in status.get("conditions") or ()}
    waiting = _init_state(pod, status) or _container_state(status)
    if waiting is not None:
        return waiting
    if not status.get("containerStatuses"):
        return _unstarted(conditions)
    return _running(pod, conditions)


def _unstarted(conditions: dict[Any, dict[str, Any]]) -> tuple[State, str]:
    scheduled = conditions.get("PodScheduled") or {}
    if scheduled.get("status") == "False":
        reason = str(scheduled.get("reason") or "")
        return State.PENDING if reason == "SchedulingGated" else State.UNSCHEDULABLE, reason
    return State.PENDING, "Pending"


def _running(pod: dict[str, Any], conditions: dict[Any, dict[str, Any]]) -> tuple[State, str]:
    ready = conditions.get("Ready") or {}
    if ready.get("status") == "True":
        return State.READY, "Running"
    containers_ready = (conditions.get("ContainersReady") or {}).get("status") == "True"
    gates = [
        gate.get("conditionType") for gate in (pod.get("spec") or {}).get("readinessGates", ())
    ]
    open_gates = all((conditions.get(gate) or {}).get("status") == "True" for gate in gates)
    # The node controller sets Ready of a lost node's pods, and Ready alone: the kubelet would
    # have set ContainersReady with it.
    if containers_ready and open_gates and ready.get("status") == "False":
        return State.NODE_LOST, "NodeNotReady"
    return State.NOT_READY, str(ready.get("reason") or "Running")


def _init_state(pod: dict[str, Any], status: dict[str, Any]) -> tuple[State, str] | None:
    """The state of the first init container that is not done; None when all are."""
    sidecars = {
        container.get("name")
        for container in (pod.get("spec") or {}).get("initContainers") or ()
        if container.get("restartPolicy") == "Always"
    }
    for container in status.get("initContainerStatuses") or ():
        state = container.get("state") or {}
        terminated = state.get("terminated")
        if terminated is not None and terminated.get("exitCode") == 0:
            continue
        if "running" in state and container.get("name") in sidecars:
            continue
        if terminated is not None:
            return State.CRASHED, exit_text(terminated)
        reason = str((state.get("waiting") or {}).get("reason") or "")
        return (State.INIT, "Init") if reason in _CREATING_REASONS else _waiting(reason)
    return None


def _container_state(status: dict[str, Any]) -> tuple[State, str] | None:
    """The worst that holds a container back; None when all of them run."""
    found = []
    for container in status.get("containerStatuses") or ():
        state = container.get("state") or {}
        if "waiting" in state:
            found.append(_waiting(str((state["waiting"] or {}).get("reason") or "")))
        elif (terminated := state.get("terminated")) is not None:
            failed = terminated.get("exitCode") != 0
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


def exit_text(terminated: dict[str, Any]) -> str:
    """``OOMKilled (137)``: why and how a container ended."""
    reason = str(terminated.get("reason") or "Error")
    return f"{reason} ({terminated.get('exitCode', 0)})"


def _last_exit(status: dict[str, Any]) -> str:
    for container in status.get("containerStatuses") or ():
        terminated = (container.get("state") or {}).get("terminated")
        if terminated and terminated.get("exitCode") != 0:
            return exit_text(terminated)
    return ""


def node_state(node: dict[str, Any]) -> tuple[State, str]:
    """The state of a node, from its condition Ready."""
    for condition in (node.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Ready":
            status, reason = condition.get("status"), str(condition.get("reason") or "")
            states = {"True": State.READY, "False": State.NOT_READY}
            return states.get(str(status), State.NODE_LOST), reason
    return State.PENDING, ""
