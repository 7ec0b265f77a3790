"""Rules meet objects of every shape: each field in turn holds what it should not."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from objects import T0, T1, clock, condition, ended, event, node, pending, pod, waiting

from etcdpod.forensics.diagnose.diagnose import diagnose
from etcdpod.forensics.diagnose.model import SEVERITIES
from etcdpod.forensics.explain.container_logs import pod_logs
from etcdpod.forensics.explain.explain import explain
from etcdpod.forensics.explain.text import explanation_json, explanation_lines
from etcdpod.forensics.lint.lint import lint
from etcdpod.forensics.report.build import build
from etcdpod.forensics.report.html import report_html
from etcdpod.history.blame import blame_lines
from etcdpod.kubectl.describe import describe
from etcdpod.registry.related_objects import Neighbours

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW_TIME = datetime(2026, 1, 1, 11, tzinfo=UTC)

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


MANAGERS = [
    {"manager": "kubectl", "operation": "Update", "time": T0,
     "fieldsV1": {"f:spec": {"f:containers": {'k:{"name":"c"}': {"f:image": {}}}}}},
    {"manager": "kubelet", "operation": "Update", "subresource": "status", "time": T1,
     "fieldsV1": {"f:status": {"f:phase": {}}}},
]  # fmt: skip

MANAGED = [copy.deepcopy(value) for value in SPECIMENS]
for specimen in MANAGED:
    specimen["metadata"]["managedFields"] = copy.deepcopy(MANAGERS)

EVERY = 9
"""Turns from one that is tried to the next: all of them take a minute."""


@pytest.mark.parametrize("hostile", HOSTILE, ids=repr)
def test_no_field_of_any_object_stops_an_explanation(hostile: Any, registry_of: Any) -> None:
    """Nor a blame, a lint, a description, the tale of the logs, or a report."""
    ways = [list(paths(value)) for value in MANAGED]
    for turn in range(HOSTILE.index(hostile), max(map(len, ways)), EVERY):
        objects = [
            with_at(value, way[turn % len(way)], hostile)
            for value, way in zip(MANAGED, ways, strict=True)
        ]
        registry = registry_of(*MANAGED[:4], *objects, clock())
        for value in MANAGED[:4]:
            name = value["metadata"]["name"]
            history = registry.history(registry.resolve("pods"), "n", name)
            for explanation in explain(registry, history):
                assert list(explanation_lines(explanation, name))
                assert explanation_json(explanation)["way"]
            assert blame_lines(registry.steps(history))
            item = registry.get(registry.resolve("pods"), "n", name)
            assert pod_logs(registry, item) is not None
        assert isinstance(list(lint(registry, None, None, unread=[])), list)
        around = Neighbours(registry, NOW_TIME)
        for value in objects:
            assert list(describe(value, around))


def test_a_report_of_hostile_objects(registry_of: Any) -> None:
    for turn, hostile in enumerate(HOSTILE):
        objects = [with_at(value, ("status",), hostile) for value in MANAGED if "status" in value]
        registry = registry_of(*MANAGED, *objects, clock())
        told = build(registry, title=str(turn), version="1", now=NOW_TIME, sources=())
        assert "</html>" in "".join(report_html(told))
        assert told.as_json()["findings"]
