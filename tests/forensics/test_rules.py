"""The rules on what the recorded incident does not hold; objects as the API server stores them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from objects import (
    NOW,
    T0,
    T1,
    clock,
    condition,
    ended,
    event,
    node,
    pending,
    pod,
    waiting,
)

from etcdpod.forensics.diagnose.diagnose import diagnose
from etcdpod.forensics.diagnose.rule import ObjectRule, PodRule, RegistryRule
from etcdpod.forensics.diagnose.rules import RULES

if TYPE_CHECKING:
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.history.lives import Registry

Build = "Callable[..., Registry]"


def first(registry: Registry, kind: str = "Pod") -> Finding:
    return next(each for each in diagnose(registry) if each.object.kind == kind)


@pytest.mark.parametrize(
    ("message", "cause", "solution"),
    [
        ("pull access denied, repository does not exist or may require authorization: denied: x",
         "does not exist, or its registry refuses", "imagePullSecret"),
        ("failed to authorize: 401 Unauthorized", "refuses", "imagePullSecret"),
        ("toomanyrequests: You have reached your pull rate limit", "limits how often", "mirror"),
        ("dial tcp: lookup registry: no such host", "cannot be reached", "DNS"),
        ("no match for platform in manifest", "platform", "platform"),
        ("something new", "cannot be pulled", "read the message"),
    ],
)  # fmt: skip
def test_why_an_image_cannot_be_pulled(
    message: str, cause: str, solution: str, registry_of: Any
) -> None:
    found = first(registry_of(node(), pod(status=waiting("ErrImagePull", message)), clock()))
    assert found.rule == "ErrImagePull"
    assert cause in found.cause
    assert solution in found.solution


def test_a_pull_secret_that_is_missing_is_named(registry_of: Any) -> None:
    bad = pod(spec={"imagePullSecrets": [{"name": "reg"}]}, status=waiting("ImagePullBackOff"))
    found = first(registry_of(node(), bad, clock()))
    assert "imagePullSecret reg does not exist" in found.cause
    encrypted = {"/registry/secrets/n/reg": b"k8s:enc:aescbc:v1:key1:" + bytes(32)}
    found = first(registry_of(node(), bad, clock(), raw=encrypted))
    assert "does not exist" not in found.cause


def test_a_key_that_a_secret_lacks_is_named(registry_of: Any) -> None:
    reference = {"secretKeyRef": {"name": "db", "key": "password"}}
    bad = pod(
        spec={"containers": [{"name": "c", "env": [{"name": "P", "valueFrom": reference}]}]},
        status=waiting("CreateContainerConfigError", "couldn't find key password in Secret n/db"),
    )
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "n"},
        "data": {"user": "eA=="},
    }
    found = first(registry_of(node(), secret, bad, clock()))
    assert "Secret db has no key password" in found.cause
    assert any("env[P]" in item.field for item in found.evidence)


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [(127, "StartError", "not found"), (139, "Error", "SIGSEGV"), (2, "Error", "wrong use")],
)
def test_exit_codes_are_read(code: int, reason: str, words: str, registry_of: Any) -> None:
    bad = pod(status=waiting("CrashLoopBackOff"))
    bad["status"]["containerStatuses"][0] |= {
        "restartCount": 4,
        "lastState": ended(code, reason),
    }
    found = first(registry_of(node(), bad, clock()))
    assert found.rule == "CrashLoopBackOff"
    assert f"exit code {code}" in found.cause
    assert words in found.cause


def test_a_startup_probe_that_kills_is_the_cause(registry_of: Any) -> None:
    bad = pod(status=waiting("CrashLoopBackOff"))
    bad["spec"]["containers"][0]["startupProbe"] = {"httpGet": {"path": "/up", "port": 80}}
    bad["status"]["containerStatuses"][0] |= {"restartCount": 2, "lastState": ended(137)}
    told = event("Unhealthy", "Startup probe failed: timeout", bad, part="spec.containers{c}")
    killed = event("Killing", "Container c failed startup probe, will be restarted", bad, "Normal")
    found = first(registry_of(node(), bad, told, killed, clock()))
    assert found.rule == "Unhealthy"
    assert "startup probe fails: timeout" in found.cause
    assert {item.event for item in found.evidence} >= {"Unhealthy", "Killing"}


def test_a_container_that_came_back_long_ago_is_trusted_again(registry_of: Any) -> None:
    well = pod()
    well["status"]["containerStatuses"][0] |= {"restartCount": 9, "lastState": ended(1)}
    assert diagnose(registry_of(node(), well, clock())) == []
    late = "2026-01-01T10:59:50Z"
    well["status"]["containerStatuses"][0]["lastState"]["terminated"]["finishedAt"] = late
    found = first(registry_of(node(), well, clock()))
    assert (found.rule, found.severity) == ("CrashLoopBackOff", "warning")


def test_a_container_that_ends_every_half_hour_is_not_trusted(registry_of: Any) -> None:
    often = pod(metadata={"creationTimestamp": "2026-01-01T01:00:00Z"})
    often["status"]["containerStatuses"][0] |= {
        "restartCount": 20,
        "lastState": ended(137, "OOMKilled", finishedAt="2026-01-01T10:35:00Z"),
    }
    found = first(registry_of(node(), often, clock()))
    assert (found.rule, found.severity) == ("OOMKilled", "warning")
    often["status"]["containerStatuses"][0]["restartCount"] = 2
    assert diagnose(registry_of(node(), often, clock())) == []
    often["metadata"]["creationTimestamp"] = "2025-11-01T01:00:00Z"  # thrice in two months
    often["status"]["containerStatuses"][0]["restartCount"] = 3
    assert diagnose(registry_of(node(), often, clock())) == []


def test_scheduling_gates(registry_of: Any) -> None:
    gated = pending("", schedulingGates=[{"name": "example.com/wait"}])
    found = first(registry_of(node(), gated, clock()))
    assert found.rule == "SchedulingGated"
    assert "example.com/wait" in found.cause


@pytest.mark.parametrize(
    ("spec", "changes", "words"),
    [
        ({"nodeSelector": {"disk": "ssd"}}, {}, "lacks the label disk=ssd"),
        ({}, {"spec": {"taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]}},
         "has the taint k=v:NoSchedule"),
        ({}, {"spec": {"unschedulable": True}}, "is cordoned"),
        ({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [
                {"key": "zone", "operator": "NotIn", "values": ["a"]}]}]}}}}, {},
         "does not meet the pod's node affinity"),
        ({"containers": [{"name": "c", "resources": {"requests": {"memory": "8Gi"}}}]}, {},
         "has 4Gi memory in all, and the pod asks for 8Gi"),
    ],
)  # fmt: skip
def test_each_node_says_why_it_does_not_take_a_pod(
    spec: Any, changes: Any, words: str, registry_of: Any
) -> None:
    bad = pending("0/1 nodes are available: 1 something. preemption: 0/1 nodes …", **spec)
    found = first(registry_of(node(**changes), bad, clock()))
    assert found.rule == "FailedScheduling"
    assert words in found.cause


def test_the_evidence_is_by_what_refuses_a_pod_and_not_by_the_name_of_a_taint(
    registry_of: Any,
) -> None:
    taint = {"key": "cordoned.example/label", "value": "v", "effect": "NoSchedule"}
    bad = pending("0/1 nodes are available: 1 something. preemption: 0/1 nodes …")
    found = first(registry_of(node(spec={"taints": [taint]}), bad, clock()))
    shown = {item.field for item in found.evidence}
    assert "spec.taints" in shown
    assert shown.isdisjoint({"spec.unschedulable", "spec.nodeSelector"})


@pytest.mark.parametrize(
    "toleration",
    [
        {"operator": "Exists"},
        {"key": "k", "operator": "Exists"},
        {"key": "k", "value": "v"},
        {"key": "k", "value": "v", "effect": "NoSchedule"},
    ],
)
def test_a_tolerated_taint_is_no_reason(toleration: Any, registry_of: Any) -> None:
    tainted = node(spec={"taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]})
    bad = pending("0/1 nodes are available: 1 Too many pods.", tolerations=[toleration])
    found = first(registry_of(tainted, bad, clock()))
    assert "taint" not in found.cause


def test_an_unbound_claim(registry_of: Any) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "n", "creationTimestamp": T0},
        "spec": {"storageClassName": "fast"},
        "status": {"phase": "Pending"},
    }
    message = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": "data"}}
    registry = registry_of(node(), claim, pending(message, volumes=[volume]), clock())
    assert any(item.name == "data" for item in first(registry).evidence)
    assert "StorageClass fast does not exist" in first(registry, "PersistentVolumeClaim").cause


def test_a_quota_that_is_used_up(registry_of: Any) -> None:
    message = (
        'pods "web-1" is forbidden: exceeded quota: small, requested: pods=1, '
        "used: pods=3, limited: pods=3"
    )
    replica_set = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "web", "namespace": "n", "uid": "rs", "creationTimestamp": T0},
        "spec": {"replicas": 4},
        "status": {
            "replicas": 3,
            "conditions": [
                condition("ReplicaFailure", "True", reason="FailedCreate", message=message)
            ],
        },
    }
    found = first(registry_of(replica_set, clock()), "ReplicaSet")
    assert found.rule == "FailedCreate"
    assert "quota small is exhausted (asked pods=1, used pods=3, limit pods=3)" in found.cause


def test_taint_evictions_and_drains_name_their_cause(registry_of: Any) -> None:
    for reason, rule in (
        ("DeletionByTaintManager", "TaintManagerEviction"),
        ("EvictionByEvictionAPI", "EvictionByEvictionAPI"),
    ):
        gone = pod()
        gone["status"]["conditions"].append(condition("DisruptionTarget", "True", reason=reason))
        assert first(registry_of(node(), gone, clock())).rule == rule


def test_a_pod_whose_node_is_gone(registry_of: Any) -> None:
    lost = pod()
    lost["status"]["conditions"][3]["status"] = "False"
    assert first(registry_of(node("b"), lost, clock())).rule == "NodeLost"


def test_a_deletion_that_a_silent_node_does_not_finish(registry_of: Any) -> None:
    silent = node(status={"conditions": [condition("Ready", "Unknown", message="silent")]})
    stuck = pod(metadata={"deletionTimestamp": T1, "deletionGracePeriodSeconds": 5})
    found = first(registry_of(silent, stuck, clock()))
    assert found.rule == "Terminating"
    assert "its kubelet does not finish it (c still runs by its last report)" in found.cause
    assert "node a is not ready" in found.cause


def test_an_orderly_end_is_no_finding(registry_of: Any) -> None:
    ending = pod(
        metadata={"deletionTimestamp": "2026-01-01T11:00:20Z", "deletionGracePeriodSeconds": 30}
    )
    assert diagnose(registry_of(node(), ending, clock())) == []


def test_a_young_pod_is_given_time(registry_of: Any) -> None:
    young = pod(status=waiting("ContainerCreating"))
    young["metadata"]["creationTimestamp"] = "2026-01-01T10:59:58Z"
    young["status"]["conditions"][1]["lastTransitionTime"] = "2026-01-01T10:59:58Z"
    assert diagnose(registry_of(node(), young, clock())) == []
    old = pod(status=waiting("ContainerCreating"))
    found = first(registry_of(node(), old, clock()))
    assert (found.rule, found.severity) == ("NotReady", "warning")
    assert "node a has not started container c" in found.cause


def test_a_readiness_gate_that_is_not_met(registry_of: Any) -> None:
    gated = pod(spec={"readinessGates": [{"conditionType": "example.com/lb"}]})
    gated["status"]["conditions"][3]["status"] = "False"
    found = first(registry_of(node(), gated, clock()))
    assert "readiness gate example.com/lb" in found.cause


def test_a_service_without_endpoints(registry_of: Any) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "n"},
        "spec": {"selector": {"app": "wbe"}},
    }
    piece = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "web-1",
            "namespace": "n",
            "labels": {"kubernetes.io/service-name": "web"},
        },
        "endpoints": [],
    }
    found = first(registry_of(service, piece, clock()), "Service")
    assert "no pod has the labels app=wbe" in found.cause
    piece["endpoints"] = [{"addresses": ["10.0.0.1"], "conditions": {"ready": False}}]
    found = first(registry_of(service, piece, clock()), "Service")
    assert "the pods that it selects are not ready" in found.cause
    piece["endpoints"] = [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}]
    assert diagnose(registry_of(service, piece, clock())) == []


def test_a_namespace_that_does_not_end(registry_of: Any) -> None:
    blocked = condition(
        "NamespaceFinalizersRemaining", "True", reason="SomeFinalizersRemain",
        message="some content has finalizers remaining: x in 1 instance",
    )  # fmt: skip
    ending = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "old", "deletionTimestamp": T0},
        "status": {"phase": "Terminating", "conditions": [blocked]},
    }
    found = first(registry_of(ending, clock()), "Namespace")
    assert found.rule == "SomeFinalizersRemain"
    assert "finalizers remaining" in found.cause


def test_pressure_on_a_node(registry_of: Any) -> None:
    full = node()
    full["status"]["conditions"].append(condition("DiskPressure", "True", message="disk is full"))
    found = first(registry_of(full, clock()), "Node")
    assert (found.rule, found.severity) == ("DiskPressure", "warning")


def test_a_job_that_ran_too_long(registry_of: Any) -> None:
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j", "namespace": "n", "uid": "j"},
        "status": {"conditions": [condition("Failed", "True", reason="DeadlineExceeded")]},
    }
    found = first(registry_of(job, clock()), "Job")
    assert found.rule == "DeadlineExceeded"
    assert "activeDeadlineSeconds" in found.cause


def test_a_writer_in_a_hot_loop(registry_of: Any) -> None:
    def config(second: float) -> list[dict[str, Any]]:
        stamp = f"2026-01-01T11:00:{int(second):02}Z"
        value = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": "state",
                "namespace": "n",
                "creationTimestamp": NOW,
                "managedFields": [{"manager": "m", "operation": "Update", "time": stamp}],
            },
        }
        lease = clock()
        lease["spec"]["renewTime"] = f"2026-01-01T11:00:{second:09.6f}Z"
        return [value, lease]

    often = [each for number in range(60) for each in config(number / 4)]
    found = first(registry_of(*often), "ConfigMap")
    assert found.rule == "HotWriter"
    assert "times a second" in found.cause
    seldom = [each for number in range(50) for each in config(number)]
    seldom = [each for pair in range(0, 100, 4) for each in seldom[pair : pair + 2]]
    assert diagnose(registry_of(*seldom)) == []


def test_a_clock_that_is_off_is_a_finding_about_its_node(registry_of: Any) -> None:
    def renewal(name: str, second: int, ahead: int) -> dict[str, Any]:
        lease = clock()
        lease["metadata"] |= {
            "name": name,
            "managedFields": [
                {
                    "manager": "kubelet",
                    "operation": "Update",
                    "time": f"2026-01-01T11:00:{second:02}Z",
                }
            ],
        }
        own = second + ahead
        lease["spec"] = {
            "holderIdentity": name,
            "renewTime": f"2026-01-01T11:{own // 60:02}:{own % 60:02}.100000Z",
        }
        return lease

    renewals = [
        renewal(name, second, 90 if name == "b" else 0)
        for second in range(0, 50, 5)
        for name in ("a", "b", "c")
    ]
    (found,) = diagnose(registry_of(node("a"), node("b"), node("c"), *renewals))
    assert (found.rule, str(found.object)) == ("ClockSkew", "Node b")
    assert "node b is 89.6 s ahead of" in found.cause  # 90 s, known to a second: stamps are cut
    assert any(item.field == "spec.renewTime" for item in found.evidence)


def test_a_stuck_stateful_set_names_its_pod(registry_of: Any) -> None:
    owner = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "n", "uid": "sts"},
        "spec": {"replicas": 2},
        "status": {"readyReplicas": 1},
    }
    bad = pod("db-1", status=waiting("ErrImagePull", "not found"))
    reference = {"kind": "StatefulSet", "name": "db", "uid": "sts", "controller": True}
    bad["metadata"]["ownerReferences"] = [{"apiVersion": "apps/v1", **reference}]
    found = first(registry_of(node(), owner, bad, clock()), "StatefulSet")
    assert found.severity == "warning"
    assert "because of pod db-1" in found.cause


@pytest.mark.parametrize("hostile", [None, 7, "x", [], [None, 7], {"a": {"b": []}}])
@pytest.mark.parametrize("field", ["metadata", "spec", "status"])
def test_nothing_that_an_object_may_hold_stops_a_diagnosis(
    hostile: Any, field: str, registry_of: Any
) -> None:
    broken = pod("broken", status=waiting("CrashLoopBackOff"))
    if field == "metadata":
        broken["metadata"] |= {
            "ownerReferences": hostile,
            "finalizers": hostile,
            "deletionTimestamp": hostile,
            "annotations": hostile,
        }
    elif field == "spec":
        broken["spec"] |= {
            "containers": hostile,
            "volumes": hostile,
            "tolerations": hostile,
            "imagePullSecrets": hostile,
        }
    else:
        broken["status"] |= {"conditions": hostile, "containerStatuses": hostile}
    ill = pod("ill", status=waiting("ErrImagePull", "not found"))
    found = diagnose(registry_of(node(), broken, ill, clock()))
    assert any(each.object.name == "ill" for each in found)


def test_the_rules_are_one_list_in_which_pods_come_first() -> None:
    kinds = [type(rule) for rule in RULES]
    assert kinds == sorted(kinds, key=[PodRule, ObjectRule, RegistryRule].index)
    assert len(set(map(id, RULES))) == len(RULES)
