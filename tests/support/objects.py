"""Objects as the API server stores them, for registries written down in a test."""

from __future__ import annotations

import copy
from typing import Any

T0, T1, NOW = "2026-01-01T10:00:00Z", "2026-01-01T10:00:05Z", "2026-01-01T11:00:00Z"


def node(name: str = "a", **changes: Any) -> dict[str, Any]:
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": T0}
    value = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "uid": f"node-{name}", "labels": {"zone": name}},
        "spec": {},
        "status": {"allocatable": {"cpu": "2", "memory": "4Gi"}, "conditions": [ready]},
    }
    return merged(value, changes)


def pod(name: str = "p", **changes: Any) -> dict[str, Any]:
    """A pod that runs and is ready."""
    value = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "n", "uid": name, "creationTimestamp": T0},
        "spec": {"nodeName": "a", "containers": [{"name": "c", "image": "x:1"}]},
        "status": {
            "phase": "Running",
            "conditions": [
                condition("PodScheduled", "True"),
                condition("Initialized", "True"),
                condition("ContainersReady", "True"),
                condition("Ready", "True"),
            ],
            "containerStatuses": [
                {
                    "name": "c",
                    "ready": True,
                    "restartCount": 0,
                    "imageID": "x",
                    "state": {"running": {"startedAt": T1}},
                }
            ],
        },
    }
    return merged(value, changes)


def condition(kind: str, status: str, **more: str) -> dict[str, Any]:
    return {"type": kind, "status": status, "lastTransitionTime": T0, **more}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    """The status of a pod whose container waits."""
    return {
        "phase": "Pending",
        "conditions": [condition("PodScheduled", "True"), condition("Ready", "False")],
        "containerStatuses": [
            {
                "name": "c",
                "ready": False,
                "restartCount": 0,
                "imageID": "",
                "state": {"waiting": {"reason": reason, "message": message}},
            }
        ],
    }


def pending(message: str, **spec: Any) -> dict[str, Any]:
    """A pod that no node takes."""
    unscheduled = condition("PodScheduled", "False", reason="Unschedulable", message=message)
    value = pod(status={"phase": "Pending", "conditions": [unscheduled]})
    value["status"].pop("containerStatuses", None)
    value["spec"] = {"containers": [{"name": "c", "image": "x:1"}], **spec}
    return value


def ended(code: int, reason: str = "Error", **more: Any) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, "finishedAt": T1, **more}}


def event(
    reason: str, message: str, about: dict[str, Any], kind: str = "Warning", part: str = ""
) -> dict[str, Any]:
    metadata = about["metadata"]
    namespace = metadata.get("namespace", "default")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{metadata['name']}.{abs(hash((reason, message))):x}",
            "namespace": namespace,
            "creationTimestamp": T1,
        },
        "involvedObject": {
            "kind": about["kind"],
            "name": metadata["name"],
            "namespace": metadata.get("namespace", ""),
            "uid": metadata.get("uid", ""),
            "fieldPath": part,
        },
        "reason": reason,
        "message": message,
        "type": kind,
        "firstTimestamp": T1,
        "lastTimestamp": T1,
        "count": 3,
    }


def clock() -> dict[str, Any]:
    """A Lease renewed last of all: it says what time it is."""
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "a", "namespace": "kube-node-lease", "creationTimestamp": NOW},
        "spec": {"holderIdentity": "a", "renewTime": "2026-01-01T11:00:00.000000Z"},
    }


def merged(value: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A deep copy with changes; dicts are merged, anything else is replaced."""
    result = copy.deepcopy(value)
    for key, change in changes.items():
        old = result.get(key)
        result[key] = (
            merged(old, change) if isinstance(change, dict) and isinstance(old, dict) else change
        )
    return result
