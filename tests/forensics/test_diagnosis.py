"""Findings about the recorded incident: every failing pod its true cause, no healthy pod any."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from etcdpod.errors import CompactedError
from etcdpod.forensics.diagnose.diagnose import diagnose
from etcdpod.forensics.diagnose.model import SEVERITIES

if TYPE_CHECKING:
    from etcdpod.history.lives import Registry

# pod, a revision at which it suffers, the rule, and words of the true cause.
BEFORE_THE_MIDDLE = (
    ("shop/web-79f78d44fd-7zlw4", 720, "ErrImagePull", "web:2.4.1-typo does not exist"),
    ("shop/web-79f78d44fd-7zlw4", 700, "ImagePullBackOff", "web:2.4.1-typo does not exist"),
    ("shop/conf", 800, "CreateContainerConfigError", "ConfigMap missing does not exist"),
    ("shop/cart-678b77c888-gczq8", 600, "CrashLoopBackOff", "exit code 1"),
    ("shop/report-84bdd9c46d-4f2x9", 600, "OOMKilled", "memory limit of 128Mi"),
    ("shop/orders", 600, "Init:CrashLoopBackOff", "init container init-db"),
    ("shop/thumbs", 600, "Unhealthy", "liveness probe fails: HTTP probe failed"),
    ("shop/auth-6444d9c494-wbvrm", 600, "Unhealthy", "readiness probe fails"),
    ("shop/too-big", 600, "FailedScheduling", "the pod asks for 900"),
    ("shop/search", 600, "FailedCreatePodSandBox", "no IP addresses available"),
    ("shop/mailer", 600, "FailedMount", "ConfigMap mailer-config does not exist"),
    ("shop/cache", 700, "Evicted", "low on resource: memory"),
    ("shop/filler", 945, "Preempted", "room for one of higher priority"),
    ("shop/held", 1000, "Terminating", "finalizer example.com/guard"),
    ("shop/urgent", 940, "FailedScheduling", "1 Insufficient cpu"),
    ("jobs/nightly-98977", 700, "Error", "exit code 3"),
)
AT_THE_END = (
    ("shop/cart-678b77c888-gczq8", 1471, "CrashLoopBackOff", "restarted 9 times"),
    ("shop/report-84bdd9c46d-4f2x9", 1471, "OOMKilled", "restarted 9 times"),
    ("shop/orders", 1471, "Init:CrashLoopBackOff", "init container init-db"),
    ("shop/thumbs", 1471, "Unhealthy", "liveness probe fails"),
    ("shop/auth-6444d9c494-wbvrm", 1471, "Unhealthy", "connection refused"),
    ("shop/too-big", 1471, "FailedScheduling", "hollow-0 has 1 cpu in all"),
    ("shop/search", 1471, "FailedCreatePodSandBox", "network (CNI)"),
    ("shop/mailer", 1471, "FailedMount", "ConfigMap mailer-config does not exist"),
    ("shop/cache", 1471, "Evicted", "low on resource: memory"),
    ("shop/db-0", 1471, "NodeNotReady", "its node sim-0 is not ready"),
    ("shop/db-1", 1200, "NodeNotReady", "its node sim-0 is not ready"),
    ("shop/web-bb8d5b56d-545jh", 1471, "NodeNotReady", "its node sim-0 is not ready"),
    ("shop/web-56c6b8b87-5bp66", 1471, "FailedScheduling", "sim-0 has the taint"),
    ("shop/auth-75b7946768-9pdk6", 1471, "FailedScheduling", "hollow-1 has the taint"),
    ("shop/held", 1300, "Terminating", "finalizer example.com/guard"),
)
HEALTHY = {
    "shop/api-fcfcf9977-k5pq8",
    "shop/api-fcfcf9977-l4bdq",
    "shop/api-fcfcf9977-t9tj5",
    "shop/api-fcfcf9977-tb962",
    "shop/api-fcfcf9977-frwjl",
    "jobs/migrate-9dfqh",
}


def findings_of(registry: Registry, pod: str, at: int) -> list[Any]:
    namespace, name = pod.split("/")
    return [
        finding
        for finding in diagnose(registry, at=at)
        if (finding.object.kind, finding.object.namespace, finding.object.name)
        == ("Pod", namespace, name)
    ]


@pytest.mark.parametrize(("pod", "at", "rule", "words"), BEFORE_THE_MIDDLE)
def test_each_failing_pod_has_its_true_cause_first(
    pod: str, at: int, rule: str, words: str, demo: Registry
) -> None:
    first = findings_of(demo, pod, at)[0]
    assert first.rule == rule
    assert words in first.cause


@pytest.mark.parametrize(("pod", "at", "rule", "words"), AT_THE_END)
def test_each_failing_pod_has_its_true_cause_first_at_the_end(
    pod: str, at: int, rule: str, words: str, demo_end: Registry
) -> None:
    first = findings_of(demo_end, pod, at)[0]
    assert first.rule == rule
    assert words in first.cause


def test_the_same_is_told_by_a_data_directory_of_before_its_compaction(whole: Registry) -> None:
    for pod, at, rule, words in BEFORE_THE_MIDDLE[:4]:
        first = findings_of(whole, pod, at)[0]
        assert first.rule == rule
        assert words in first.cause


def test_healthy_pods_have_no_finding(demo: Registry, demo_end: Registry) -> None:
    for registry, revisions in ((demo, range(400, 1050, 50)), (demo_end, range(920, 1471, 50))):
        for at in revisions:
            accused = {
                f"{finding.object.namespace}/{finding.object.name}"
                for finding in diagnose(registry, at=at)
                if finding.object.kind == "Pod"
            }
            assert not accused & HEALTHY
            if at < 1113:  # until their node fell silent
                assert not any(name.startswith(("shop/web-bb8d", "shop/db-")) for name in accused)


def test_every_finding_rests_on_evidence_that_is_there(demo: Registry, demo_end: Registry) -> None:
    from etcdpod.kube.model.paths import parse_path, value_at

    for registry, at in ((demo, 720), (demo_end, 1471)):
        found = diagnose(registry, at=at)
        assert len(found) > 12
        for finding in found:
            assert finding.evidence
            for item in finding.evidence:
                resource = registry.resolve("events" if item.event else item.kind)
                namespace = item.namespace if resource.namespaced else None
                key = registry.keys(resource, namespace, item.name)[0]
                (stored,) = [
                    record
                    for record in registry.connector.history(key)
                    if record.mod_revision == item.revision
                ]
                value = registry.read(stored).object
                assert value is not None
                if item.event:
                    assert value["reason"] == item.event
                else:
                    held, seen = value_at(value, parse_path(item.field))
                    assert held is not (item.says == "absent")
                    assert not isinstance(seen, str) or item.says.startswith(seen[:100])


def test_the_node_and_the_workloads_are_told_beside_their_pods(demo_end: Registry) -> None:
    found = {str(each.object): each for each in diagnose(demo_end)}
    node = found["Node sim-0"]
    assert (node.rule, node.severity) == ("NodeNotReady", "critical")
    assert "Lease is renewed again" in node.cause
    assert "web-56c6b8b87" in found["Deployment shop/web"].cause
    assert found["StatefulSet shop/db"].severity == "critical"


def test_a_bad_rollout_that_leaves_the_old_pods_is_a_warning(demo: Registry) -> None:
    found = {str(each.object): each for each in diagnose(demo, at=720)}
    web = found["Deployment shop/web"]
    assert (web.rule, web.severity) == ("RolloutStuck", "warning")
    assert "web:2.4.1-typo does not exist" in web.cause
    assert "rollout undo" in web.solution


def test_the_worst_comes_first_and_then_what_broke_first(demo_end: Registry) -> None:
    found = diagnose(demo_end)
    places = [SEVERITIES.index(each.severity) for each in found]
    assert places == sorted(places)
    errors = [each.since for each in found if each.severity == "error"]
    assert errors == sorted(errors)


def test_a_namespace_is_enough(demo_end: Registry) -> None:
    whole = diagnose(demo_end)
    part = diagnose(demo_end, "shop")
    assert [each.object for each in part] == [
        each.object for each in whole if each.object.namespace in ("", "shop")
    ]
    assert {each.object.kind for each in diagnose(demo_end, "default")} == {"Node"}


def test_json_is_as_promised(demo: Registry) -> None:
    for finding in diagnose(demo, at=720):
        value = json.loads(json.dumps(finding.as_json()))
        assert set(value) == {
            "rule", "severity", "object", "cause", "evidence", "solution", "nextCheck", "since",
        }  # fmt: skip
        assert set(value["object"]) == {"kind", "namespace", "name"}
        for item in value["evidence"]:
            assert {"kind", "namespace", "name", "revision", "value"} < set(item)
            assert ("field" in item) is not ("event" in item)


def test_what_was_compacted_is_not_made_up(demo_end: Registry) -> None:
    with pytest.raises(CompactedError):
        diagnose(demo_end, at=720)
