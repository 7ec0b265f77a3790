"""Rules meet objects of every shape: each field in turn holds what it should not."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from objects import T0, T1, clock, condition, ended, event, node, pending, pod, waiting

from etcdpod.analysis.diagnosis import diagnose
from etcdpod.analysis.finding import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE: tuple[Any, ...] = (None, 7, True, "x\x1b[31m", [None, 7, "y"], {"a": {"b": []}})


def stored(kind: str, api: str, name: str = "o", **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "n", "uid": f"{kind}-{name}", "creationTimestamp": T0}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **more}


def specimens() -> Iterator[dict[str, Any]]:
    """One of each kind that a rule looks at, each in trouble."""
    crashing = pod("crashing", status=waiting("CrashLoopBackOff"))
    crashing["status"]["containerStatuses"][0] |= {"restartCount": 3, "lastState": ended(1)}
    crashing["spec"]["initContainers"] = [{"name": "i", "restartPolicy": "Always"}]
    crashing["status"]["initContainerStatuses"] = [{"name": "i", "state": {"running": {}}}]
    yield crashing
    yield pod("pulling", status=waiting("ErrImagePull", "denied"))
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": "o"}}
    spec = {
        "nodeSelector": {"a": "b"},
        "tolerations": [{"key": "k", "operator": "Exists"}],
        "volumes": [volume, {"name": "m", "configMap": {"name": "none"}}],
        "containers": [{"name": "c", "resources": {"requests": {"cpu": "9"}}}],
    }
    yield pending("0/1 nodes are available: 1 Insufficient cpu.", **spec)
    ending = pod("ending", metadata={"deletionTimestamp": T1, "deletionGracePeriodSeconds": 5})
    ending["metadata"]["finalizers"] = ["a/b"]
    yield ending
    gone = pod("gone", status={"phase": "Failed", "reason": "Evicted", "message": "memory"})
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "o", "uid": "ReplicaSet-o"}
    gone["metadata"]["ownerReferences"] = [{**reference, "controller": True}]
    yield gone
    yield node("a", spec={"unschedulable": True, "taints": [{"key": "k", "effect": "NoExecute"}]})
    yield node("b", status={"conditions": [condition("Ready", "Unknown", message="silent")]})
    failed = {"conditions": [condition("ReplicaFailure", "True", message="exceeded quota: q")]}
    yield stored("ReplicaSet", "apps/v1", spec={"replicas": 2}, status=failed)
    stalled = {"conditions": [condition("Progressing", "False", reason="R", message="m")]}
    yield stored("Deployment", "apps/v1", spec={"replicas": 2}, status=stalled)
    yield stored("StatefulSet", "apps/v1", spec={"replicas": 2}, status={"readyReplicas": 1})
    yield stored("DaemonSet", "apps/v1", status={"numberMisscheduled": 1})
    yield stored("Job", "batch/v1", status={"conditions": [condition("Failed", "True")]})
    yield stored("CronJob", "batch/v1", spec={"schedule": "x"})
    yield stored("Service", "v1", spec={"selector": {"a": "b"}})
    piece = stored("EndpointSlice", "discovery.k8s.io/v1", endpoints=[{"conditions": {}}])
    piece["metadata"]["labels"] = {"kubernetes.io/service-name": "o"}
    yield piece
    yield stored("Endpoints", "v1", subsets=[{"notReadyAddresses": []}])
    yield stored("PersistentVolumeClaim", "v1", status={"phase": "Pending"})
    yield stored("PersistentVolume", "v1", status={"phase": "Failed"})
    blind = {"conditions": [condition("ScalingActive", "False", reason="R", message="m")]}
    yield stored("HorizontalPodAutoscaler", "autoscaling/v2", status=blind)
    selector = {"matchLabels": {}, "matchExpressions": [{"key": "a", "operator": "Exists"}]}
    allowed = {"disruptionsAllowed": 0, "expectedPods": 1}
    yield stored("PodDisruptionBudget", "policy/v1", spec={"selector": selector}, status=allowed)
    served = {"conditions": [condition("Available", "False", reason="R", message="m")]}
    behind = {"service": {"name": "s", "namespace": "n"}}
    yield stored("APIService", "apiregistration.k8s.io/v1", spec=behind, status=served)
    asked = {"username": "u", "signerName": "s"}
    denied = {"conditions": [condition("Denied", "True")]}
    api = "certificates.k8s.io/v1"
    yield stored("CertificateSigningRequest", api, spec=asked, status=denied)
    terminating = stored("Namespace", "v1", status={"conditions": [condition("X", "True")]})
    terminating["metadata"]["deletionTimestamp"] = T0
    yield terminating
    yield event("Failed", "Failed to pull image", pod("pulling"))
    lease = clock()
    lease["metadata"] |= {"name": "kube-scheduler", "namespace": "kube-system"}
    lease["spec"]["renewTime"] = "2026-01-01T10:00:00.000000Z"
    yield lease


def paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in an object but its kind and its name."""
    if above and above not in {("apiVersion",), ("kind",), ("metadata",)}:
        yield above
    if isinstance(value, dict | list):
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            if above != ("metadata",) or key not in ("name", "namespace"):
                yield from paths(below, (*above, key))


def with_at(value: dict[str, Any], path: tuple[Any, ...], hostile: Any) -> dict[str, Any]:
    found: Any = (changed := copy.deepcopy(value))
    for key in path[:-1]:
        found = found[key]
    found[path[-1]] = hostile
    return changed


SPECIMENS = tuple(specimens())


@pytest.mark.parametrize("hostile", HOSTILE, ids=repr)
def test_no_field_of_any_object_stops_a_diagnosis(hostile: Any, registry_of: Any) -> None:
    """One field of every object at once, until each has been through all of its fields."""
    ways = [list(paths(value)) for value in SPECIMENS]
    for turn in range(max(map(len, ways))):
        objects = [
            with_at(value, way[turn % len(way)], hostile)
            for value, way in zip(SPECIMENS, ways, strict=True)
        ]
        found = diagnose(registry_of(*objects, clock()))
        assert all(each.severity in SEVERITIES for each in found)
        assert all(each.evidence for each in found)


def test_the_specimens_are_in_trouble(registry_of: Any) -> None:
    kinds = {each.object.kind for each in diagnose(registry_of(*SPECIMENS, clock()))}
    assert len(kinds) > 12
