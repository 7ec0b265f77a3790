"""The columns of pods, including STATUS, which is not a field of the object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from etcdpod.kube.model.age import age
from etcdpod.kubectl.tables.printer import NONE, Printer, columns, fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

NODE_LOST = "NodeLost"
"""The reason set by the node controller on pods of an unreachable node."""


class PodSummary(NamedTuple):
    """A summary of a pod's containers."""

    ready: int
    """Number of containers that are ready, including sidecars."""
    total: int
    """Number of containers that should run, including sidecars."""
    status: str
    """``Running``, ``CrashLoopBackOff``, ``Init:0/1``, ``Terminating`` …"""
    restarts: int
    last_restart: str
    """End of the last run of the container restarted last (RFC 3339); empty if unknown."""


def summarise(pod: dict[str, Any]) -> PodSummary:
    """READY, STATUS and RESTARTS by kubectl's rules.

    While a pod initialises, its first unfinished init container decides; otherwise its containers,
    the last of them first.
    """
    spec: dict[str, Any] = pod.get("spec") or {}
    status: dict[str, Any] = pod.get("status") or {}
    total = len(spec.get("containers") or ())
    reason, initialized, has_ready_condition = _overall(status)
    containers = status.get("containerStatuses") or []
    counted = containers
    ready = 0
    running = True
    init_containers = spec.get("initContainers")
    if init_containers:
        sidecars = {
            entry["name"] for entry in init_containers if entry.get("restartPolicy") == "Always"
        }
        total += len(sidecars)
        statuses = status.get("initContainerStatuses") or []
        pending, ready, seen = _initialize(statuses, sidecars, len(init_containers))
        reason = pending or reason
        running = initialized or not pending
        counted = statuses[:seen]
        if running:
            counted = [entry for entry in counted if entry.get("name") in sidecars] + containers
    if running:
        reason, ready_containers = _run(reason, containers, has_ready_condition)
        ready += ready_containers
    if pod["metadata"].get("deletionTimestamp"):
        reason = _leaving(reason, status)
    return PodSummary(ready, total, reason, *_restarts(counted))


def _overall(status: dict[str, Any]) -> tuple[str, bool, bool]:
    """The pod's own reason, and whether its conditions include Initialized and Ready."""
    reason: str = status.get("reason") or status.get("phase") or ""
    initialized = has_ready_condition = False
    for condition in status.get("conditions") or ():
        kind = condition.get("type")
        if kind == "Initialized":
            initialized = condition.get("status") == "True"
        elif kind == "Ready":
            has_ready_condition = condition.get("status") == "True"
        elif kind == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            reason = "SchedulingGated"
    return reason, initialized, has_ready_condition


def _initialize(
    statuses: Sequence[dict[str, Any]], sidecars: set[str], total: int
) -> tuple[str, int, int]:
    """Why initialisation is not finished (empty if it is), ready sidecars, init containers seen."""
    ready = 0
    for index, container in enumerate(statuses):
        state = container.get("state") or {}
        terminated = state.get("terminated")
        if terminated is not None and not terminated.get("exitCode"):
            continue
        if container.get("started") and container.get("name") in sidecars:
            ready += bool(container.get("ready"))
            continue
        waiting = (state.get("waiting") or {}).get("reason")
        if terminated is not None:
            reason = _end(terminated)
        elif waiting and waiting != "PodInitializing":
            reason = waiting
        else:
            reason = f"{index}/{total}"
        return f"Init:{reason}", ready, index + 1
    return "", ready, len(statuses)


def _run(
    reason: str, containers: Sequence[dict[str, Any]], has_ready_condition: bool
) -> tuple[str, int]:
    """The reason according to the containers, and how many of them are ready."""
    ready = 0
    for container in reversed(containers):
        state = container.get("state") or {}
        waiting = state.get("waiting")
        terminated = state.get("terminated")
        if waiting is not None and waiting.get("reason"):
            reason = waiting["reason"]
        elif terminated is not None:
            reason = _end(terminated)
        elif state.get("running") is not None and container.get("ready"):
            ready += 1
    if ready and reason == "Completed":
        return ("Running" if has_ready_condition else "NotReady"), ready
    return reason, ready


def _end(terminated: dict[str, Any]) -> str:
    """Why a container terminated: its reason, else its signal, else its exit code."""
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode') or 0}"


def _leaving(reason: str, status: dict[str, Any]) -> str:
    """The reason of a pod that is being deleted."""
    if status.get("reason") == NODE_LOST:
        return "Unknown"
    return reason if status.get("phase") in ("Failed", "Succeeded") else "Terminating"


def _restarts(containers: Iterable[dict[str, Any]]) -> tuple[int, str]:
    """The number of container restarts, and when the most recent of the earlier runs ended."""
    count = 0
    last = ""
    for container in containers:
        count += container.get("restartCount") or 0
        before = container.get("lastState")
        if before and before.get("terminated"):
            last = max(last, before["terminated"].get("finishedAt") or "")
    return count, last


def _readiness_gates(spec: dict[str, Any], status: dict[str, Any]) -> str:
    gates = spec.get("readinessGates")
    if not gates:
        return NONE
    held: dict[str, str] = {}
    for condition in status.get("conditions") or ():
        held.setdefault(condition.get("type", ""), condition.get("status", ""))
    true = sum(held.get(gate.get("conditionType", "")) == "True" for gate in gates)
    return f"{true}/{len(gates)}"


def _cells(pod: dict[str, Any], now: datetime) -> list[str]:
    ready, total, reason, restarts, last_restart = summarise(pod)
    restarted = str(restarts)
    if restarts and last_restart:
        restarted = f"{restarts} ({age(last_restart, now)} ago)"
    metadata = pod["metadata"]
    spec: dict[str, Any] = pod.get("spec") or {}
    status: dict[str, Any] = pod.get("status") or {}
    ips = status.get("podIPs")
    return [
        metadata.get("name") or "",
        f"{ready}/{total}",
        reason,
        restarted,
        age(metadata.get("creationTimestamp"), now),
        (ips[0].get("ip") if ips else status.get("podIP")) or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _readiness_gates(spec, status),
    ]


_CONTAINER_STATUS = (
    "name",
    "ready",
    "started",
    "restartCount",
    "lastState.terminated.finishedAt",
    "state.running.nothing",  # being present is enough: the field does not exist
    "state.waiting.reason",
    "state.terminated.exitCode",
    "state.terminated.signal",
    "state.terminated.reason",
)
_NARROW = (
    "spec.containers.name",
    "spec.initContainers.name",
    "spec.initContainers.restartPolicy",
    "status.phase",
    "status.reason",
    "status.conditions.type",
    "status.conditions.status",
    "status.conditions.reason",
    *(f"status.containerStatuses.{path}" for path in _CONTAINER_STATUS),
    *(f"status.initContainerStatuses.{path}" for path in _CONTAINER_STATUS),
)

POD = Printer(
    kind="Pod",
    columns=columns(
        "NAME|READY|STATUS|RESTARTS|AGE", wide="IP|NODE|NOMINATED NODE|READINESS GATES"
    ),
    cells=_cells,
    projection=fields(
        *_NARROW,
        "spec.nodeName",
        "spec.readinessGates.conditionType",
        "status.nominatedNodeName",
        "status.podIP",
        "status.podIPs.ip",
    ),
    narrow=fields(*_NARROW),
)
