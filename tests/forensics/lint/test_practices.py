"""Each practice on the smallest workload that breaks it, and on one that does not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from etcdpod.forensics.lint.lint import remarks
from etcdpod.forensics.lint.practices import PRACTICES, SECRET_NAME, tag
from etcdpod.forensics.lint.workload import TEMPLATE, Workload

PROBE = {"tcpSocket": {"port": 80}}
GOOD: dict[str, Any] = {
    "kind": "Deployment",
    "metadata": {"namespace": "ns", "name": "good"},
    "spec": {
        "replicas": 2,
        "template": {
            "spec": {
                "securityContext": {"runAsNonRoot": True},
                "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone"}],
                "containers": [
                    {
                        "name": "c",
                        "image": "registry.example:5000/app:1.2",
                        "readinessProbe": PROBE,
                        "livenessProbe": PROBE,
                        "resources": {
                            "requests": {"cpu": "1", "memory": "1Gi"},
                            "limits": {"cpu": "1", "memory": "1Gi"},
                        },
                        "env": [{"name": "LOG_LEVEL", "value": "info"}],
                    }
                ],
            }
        },
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good workload with one field set, or taken away by None."""
    thing = copy.deepcopy(GOOD)
    *way, last = path.split(".")
    node: Any = thing
    for name in way:
        node = node[int(name)] if name.isdecimal() else node.setdefault(name, {})
    if value is None:
        del node[last]
    else:
        node[last] = value
    return thing


def found(thing: dict[str, Any], template: tuple[str, ...] = TEMPLATE) -> list[tuple[str, str]]:
    return [(one.practice, one.breach.field) for one in remarks(Workload(thing, 7, template))]


POD = "spec.template.spec"
CONTAINER = f"{POD}.containers.0"
SHOWN = f"{POD}.containers[c]"


def test_nothing_to_say_of_a_good_one():
    assert found(GOOD) == []


@pytest.mark.parametrize(
    ("path", "value", "practice", "field"),
    [
        (
            f"{CONTAINER}.resources",
            {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {}},
            None,
            None,
        ),
        (f"{CONTAINER}.resources.limits.memory", None, "missing-limits", "resources.limits.memory"),
        (f"{CONTAINER}.resources.limits.cpu", None, "missing-limits", "resources.limits.cpu"),
        (f"{CONTAINER}.readinessProbe", None, "missing-readiness-probe", "readinessProbe"),
        (f"{CONTAINER}.livenessProbe", None, "missing-liveness-probe", "livenessProbe"),
        (f"{CONTAINER}.image", "registry.example:5000/app", "latest-tag", "image"),
        (
            f"{CONTAINER}.securityContext",
            {"privileged": True},
            "privileged",
            "securityContext.privileged",
        ),
        (
            f"{CONTAINER}.securityContext",
            {"runAsUser": 0},
            "runs-as-root",
            "securityContext.runAsUser",
        ),
        (
            f"{CONTAINER}.env",
            [{"name": "DB_PASSWORD", "value": "hunter2"}],
            "secret-in-env",
            "env[DB_PASSWORD].value",
        ),
        (
            f"{CONTAINER}.env",
            [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
            "secret-in-env",
            "env[P].valueFrom.secretKeyRef",
        ),
        (
            f"{CONTAINER}.envFrom",
            [{"secretRef": {"name": "s"}}],
            "secret-in-env",
            "envFrom[0].secretRef",
        ),
    ],
)
def test_a_container_that_breaks_one(path, value, practice, field):
    expected = [] if practice is None else [(practice, f"{SHOWN}.{field}")]
    assert found(changed(path, value)) == expected


@pytest.mark.parametrize(
    ("path", "value", "practice", "field"),
    [
        ("spec.replicas", 1, "single-replica", "spec.replicas"),
        (
            f"{POD}.topologySpreadConstraints",
            None,
            "no-spread",
            f"{POD}.topologySpreadConstraints",
        ),
        (f"{POD}.hostNetwork", True, "host-namespaces", f"{POD}.hostNetwork"),
        (f"{POD}.hostPID", True, "host-namespaces", f"{POD}.hostPID"),
        (f"{POD}.hostIPC", True, "host-namespaces", f"{POD}.hostIPC"),
        (
            f"{POD}.securityContext",
            {"runAsUser": 0},
            "runs-as-root",
            f"{POD}.securityContext.runAsUser",
        ),
        (
            f"{POD}.securityContext",
            {},
            "runs-as-root",
            f"{SHOWN}.securityContext.runAsNonRoot",
        ),
    ],
)
def test_a_workload_that_breaks_one(path, value, practice, field):
    assert found(changed(path, value)) == [(practice, field)]


def test_requests_are_missed_where_no_limit_stands_for_them():
    thing = changed(f"{CONTAINER}.resources", {"limits": {"memory": "1Gi"}})
    assert ("missing-requests", f"{SHOWN}.resources.requests.cpu") in found(thing)
    assert ("missing-requests", f"{SHOWN}.resources.requests.memory") not in found(thing)


def test_one_anti_affinity_spreads_too():
    thing = changed(f"{POD}.topologySpreadConstraints", None)
    thing["spec"]["template"]["spec"]["affinity"] = {"podAntiAffinity": {"x": []}}
    assert found(thing) == []


def test_the_value_of_a_secret_is_never_told():
    thing = changed(f"{CONTAINER}.env", [{"name": "API_KEY", "value": "hunter2"}])
    (remark,) = remarks(Workload(thing, 7, TEMPLATE))
    assert remark.severity == "error"
    assert "hunter2" not in str(remark.as_json())


def test_a_pod_that_nothing_owns():
    spec = GOOD["spec"]["template"]["spec"]
    pod = {"kind": "Pod", "metadata": {"namespace": "ns", "name": "p"}, "spec": spec}
    assert found(pod, ()) == [("bare-pod", "metadata.ownerReferences")]
    owner = {"kind": "Rollout", "name": "r", "uid": "u", "controller": True}
    pod["metadata"]["ownerReferences"] = [owner]
    assert found(pod, ()) == []


def test_what_runs_to_an_end_needs_no_probes():
    job = changed(f"{CONTAINER}.readinessProbe", None)
    del job["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]
    job["kind"] = "Job"
    del job["spec"]["replicas"]
    assert found(job) == []


def test_init_containers_have_no_probes_and_sidecars_do():
    thing = copy.deepcopy(GOOD)
    plain = {"name": "i", "image": "a:1"}
    sidecar = {**GOOD["spec"]["template"]["spec"]["containers"][0], "name": "s"}
    del sidecar["livenessProbe"]
    sidecar["restartPolicy"] = "Always"
    thing["spec"]["template"]["spec"]["initContainers"] = [plain, sidecar]
    path = f"{POD}.initContainers[s].livenessProbe"
    assert found(thing) == [("missing-liveness-probe", path)]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("app", "latest"),
        ("app:latest", "latest"),
        ("localhost:5000/app", "latest"),
        ("localhost:5000/app:3", "3"),
        ("app@sha256:abc", ""),
        ("app:latest@sha256:abc", ""),
    ],
)
def test_tags(image, expected):
    assert tag(image) == expected


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        ("PASSWORD", True),
        ("PGPASSWORD", True),
        ("db_password", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("GITHUB_TOKEN", True),
        ("PASSWORD_FILE", False),
        ("TOKEN_URL", False),
        ("TOKENIZER", False),
        ("KEYBOARD", False),
    ],
)
def test_names_of_secrets(name, is_secret):
    assert bool(SECRET_NAME.search(name)) == is_secret


def test_names_are_unique():
    names = [practice.name for practice in PRACTICES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("spec", [None, [], "x", {"containers": "x"}, {"containers": [1, None]}])
def test_what_is_no_specification_is_no_error(spec):
    thing = {"kind": "Deployment", "metadata": None, "spec": {"template": {"spec": spec}}}
    assert isinstance(found(thing), list)
