"""Summaries: what an engineer would have written, for the whole recorded incident."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etcdpod.history.diff.objects import changes
from etcdpod.history.incarnations import steps
from etcdpod.history.summary import (
    SUMMARISERS,
    describe,
    summarise,
    summarise_creation,
    summarise_deletion,
)

GOLDEN: dict[str, dict[int, str]] = {
    "pods/shop/db-0": {
        445: "created (2 containers, nodeSelector tier=sim)",
        453: "scheduled → sim-0",
        462: "ContainerCreating pg, exporter",
        514: "Pending → Running · ready 0/2 → 2/2 · ip 10.88.182.187",
        745: "deletion asked, grace 3 s",
        764: "pg, exporter terminated (Completed, 0) · "
        "condition Ready True → False (ContainersNotReady)",
        766: "grace 3 s → 0",
        767: "DELETED",
        768: "created (2 containers, nodeSelector tier=sim) · same spec as the life before",
        769: "scheduled → sim-0",
        773: "ContainerCreating pg, exporter",
        786: "Pending → Running · ready 0/2 → 2/2 · ip 10.88.202.168",
        1127: "condition Ready True → False (ContainersNotReady)",
    },
    "pods/shop/web-79f78d44fd-7zlw4": {
        616: "created (1 container, image registry.example/shop/web:2.4.1-typo, "
        "nodeSelector tier=sim)",
        617: "scheduled → sim-0",
        623: "ContainerCreating web",
        629: "web: waiting ContainerCreating → ErrImagePull",
        657: "web: waiting ErrImagePull → ImagePullBackOff",
        670: "web: waiting ImagePullBackOff → ErrImagePull",
        692: "web: waiting ErrImagePull → ImagePullBackOff",
        720: "web: waiting ImagePullBackOff → ErrImagePull",
        737: "deletion asked, grace 5 s",
        760: "grace 5 s → 0",
        761: "DELETED",
    },
    "pods/shop/cart-678b77c888-gczq8": {
        398: "Pending → Running · ready 0/1 → 1/1 · ip 10.88.197.203",
        422: "cart terminated (Error, 1) · condition Ready True → False (ContainersNotReady)",
        430: "container cart: restarts 0 → 1, Error (1), CrashLoopBackOff 10s",
        560: "cart running · ready 0/1 → 1/1",
        894: "container cart: restarts 3 → 4, Error (1), CrashLoopBackOff 80s",
    },
    "pods/shop/report-84bdd9c46d-4f2x9": {
        888: "report terminated (OOMKilled, 137) · "
        "condition Ready True → False (ContainersNotReady)",
        902: "container report: restarts 3 → 4, OOMKilled (137), CrashLoopBackOff 80s",
    },
    "pods/shop/orders": {
        483: "created (1 container, image registry.example/shop/orders:1, 1 init container, "
        "nodeSelector tier=sim)",
        492: "PodInitializing init container init-db, orders",
        503: "init container init-db running",
        536: "init container init-db: restarts 0 → 1, Error (1), CrashLoopBackOff 10s",
        575: "init container init-db running",
    },
    "pods/shop/too-big": {
        467: "unschedulable: 0/3 nodes are available: 3 Insufficient cpu",
        849: "still unschedulable: 0/3 nodes are available: 1 node(s) had untolerated taint(s), "
        "2 Insufficient cpu",
        1118: "still unschedulable: 0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had "
        "untolerated taint(s)",
    },
    "pods/shop/cache": {
        601: "Running → Failed (Evicted: The node was low on resource: memory. Threshold "
        "quantity: 100Mi, available: 12M…) · cache terminated (Error, 137) · condition Ready "
        "True → False (PodFailed) · condition DisruptionTarget True (TerminationByKubelet)",
        945: "ephemeral container debugger-jclvx added (image busybox)",
    },
    "pods/shop/conf": {
        508: "conf: waiting ContainerCreating → CreateContainerConfigError",
        845: "deletion asked, grace 0 s",
    },
    "pods/shop/held": {
        943: "deletion asked, grace 30 s, held by finalizer example.com/guard",
        1321: "DELETED · finalizer example.com/guard was still set",
    },
    "pods/shop/filler": {939: "condition DisruptionTarget True (PreemptionByScheduler)"},
    "pods/shop/urgent": {954: "scheduled → sim-0 · nomination cleared"},
    "pods/jobs/migrate-9dfqh": {
        539: "Running → Succeeded · mig terminated (Completed, 0) · condition Ready True → False "
        "(PodCompleted)",
        552: "finalizer batch.kubernetes.io/job-tracking removed",
    },
    "pods/shop/search": {729: "annotation note=paged 20:25 added"},
    "pods/shop/mailer": {730: "label triage=yes added"},
    "nodes/sim-0": {
        212: "first status: Ready True, kubelet v1.36.2, taints "
        "node.kubernetes.io/not-ready:NoSchedule · addresses InternalIP 192.0.2.77, Hostname sim-0",
        254: "taint removed node.kubernetes.io/not-ready:NoSchedule",
        255: "label beta.kubernetes.io/arch=amd64 added · label beta.kubernetes.io/os=linux added",
        1113: "condition Ready True → Unknown (NodeStatusUnknown) · conditions DiskPressure, "
        "MemoryPressure, PIDPressure False → Unknown (NodeStatusUnknown)",
        1116: "taint added node.kubernetes.io/unreachable:NoSchedule",
        1132: "taint added node.kubernetes.io/unreachable:NoExecute",
    },
    "deployments/shop/web": {
        302: "created (replicas 3, 1 container, image registry.example/shop/web:2.4.0, "
        "nodeSelector tier=sim)",
        305: "revision 1 · condition Progressing True (NewReplicaSetCreated)",
        390: "available 0/3 → 1/3",
        612: "web: image 2.4.0 → 2.4.1-typo",
        615: "rolled to revision 2 · condition Progressing: NewReplicaSetAvailable → "
        "NewReplicaSetCreated",
        624: "updated 1/3, available 3 · condition Progressing: NewReplicaSetCreated → "
        "ReplicaSetUpdated",
        731: "web: image 2.4.1-typo → 2.4.0",
        734: "rolled to revision 3",
        1121: "available 3/3 → 2/3 · condition Available True → False (MinimumReplicasUnavailable)",
        1416: "web: env LOG_LEVEL info → debug",
    },
    "deployments/shop/api": {821: "replicas 2 → 4", 827: "unavailable 0 → 2"},
    "deployments/shop/auth": {
        805: "condition Progressing True → False (ProgressDeadlineExceeded)",
        1404: "restart asked at 20:27:27",
    },
    "replicasets/shop/web-79f78d44fd": {735: "replicas 1 → 0", 739: "generation 2 observed"},
    "statefulsets/shop/db": {
        448: "update revision db-84f868f4fd",
        517: "available 0/2 → 1/2",
    },
    "jobs/jobs/migrate": {
        451: "active 0 → 1 · started 20:24:25",
        554: "succeeded 0 → 1 · condition Complete True (CompletionsReached) · "
        "pods being counted 1 → 0",
    },
    "leases/kube-node-lease/sim-0": {
        215: "created (held by sim-0, for 40 s)",
        428: "renewed 20:24:22.0 (+10.0 s)",
        1232: "renewed 20:26:52.2 (+80.0 s)",
    },
    "namespaces/jobs": {1320: "deletion asked · Active → Terminating"},
    "secrets/shop/db": {300: "created (type Opaque, 1 key)"},
    "events/shop/web-79f78d44fd-7zlw4.9e97353ad50a7a8f": {671: "count 1 → 2"},
    "events/shop/too-big.18ea77c078a2216a": {541: "count 1 → 2"},
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_incident_is_told_as_an_engineer_would(name: str, shop: dict[str, Any]) -> None:
    recorded = shop[name]
    found = {
        step.record.mod_revision: " · ".join(step.summary)
        for step in steps(recorded.records, recorded.decode)
    }
    assert {revision: found[revision] for revision in GOLDEN[name]} == GOLDEN[name]


def test_no_revision_of_the_incident_is_without_a_word_or_told_by_path(
    shop: dict[str, Any],
) -> None:
    by_path = []
    for name, recorded in shop.items():
        for step in steps(recorded.records, recorded.decode):
            assert step.summary, (name, step.record.revision)
            assert all(0 < len(text) < 400 for text in step.summary), step.summary
            by_path += [text for text in step.summary if text.startswith(("status.", "spec."))]
    assert by_path == [
        "status.resources.limits removed (was memory 128Mi)",
        "status.resources.requests.cpu removed (was 50m)",
    ]


def sentences(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    return summarise(before, after, changes(before, after))


def of_kind(kind: str, api_version: str = "v1", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, **fields}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            of_kind("Pod", spec={"containers": [{"name": "web", "image": "r.io/a/web:1"}]}),
            of_kind("Pod", spec={"containers": [{"name": "web", "image": "s.io/a/web:1"}]}),
            ("web: image r.io/a/web:1 → s.io/a/web:1",),
            id="an image from elsewhere is named whole",
        ),
        pytest.param(
            of_kind("Pod", spec={"containers": [{"name": "w", "image": "r:5000/w"}]}),
            of_kind("Pod", spec={"containers": [{"name": "w", "image": "r:5000/w:2"}]}),
            ("w: image r:5000/w → r:5000/w:2",),
            id="a port is not a tag",
        ),
        pytest.param(
            of_kind("Pod", spec={"containers": [{"name": "w", "image": "w@sha256:" + "a" * 64}]}),
            of_kind("Pod", spec={"containers": [{"name": "w", "image": "w@sha256:" + "b" * 64}]}),
            (f"w: image @sha256:{'a' * 12} → @sha256:{'b' * 12}",),
            id="digests are shortened",
        ),
        pytest.param(
            of_kind("Pod", spec={"activeDeadlineSeconds": 5}, status={"phase": "Running"}),
            of_kind("Pod", spec={"activeDeadlineSeconds": 9}, status={"phase": "Failed"}),
            ("Running → Failed", "spec.activeDeadlineSeconds 5 → 9"),
            id="what no word is known for is told by path",
        ),
        pytest.param(
            of_kind("Pod", metadata={"finalizers": ["a", "example.com/hold"]}),
            of_kind("Pod", metadata={"finalizers": ["a"]}),
            ("finalizer example.com/hold removed",),
            id="finalizer",
        ),
        pytest.param(
            of_kind("Lease", "coordination.k8s.io/v1", spec={"holderIdentity": "a"}),
            of_kind("Lease", "coordination.k8s.io/v1", spec={"holderIdentity": "b"}),
            ("holder a → b",),
            id="lease holder",
        ),
        pytest.param(
            of_kind("ConfigMap", data={"level": "info", "app.conf": "a\nb", "gone": "x"}),
            of_kind("ConfigMap", data={"level": "debug", "app.conf": "a\nc", "new": "y"}),
            (
                "key new added",
                "key app.conf changed (3 characters → 3)",
                "key level info → debug",
                "key gone removed",
            ),
            id="configmap",
        ),
        pytest.param(
            of_kind("Secret", data={"password": "aHVudGVyMg=="}),
            of_kind("Secret", data={"password": "c3dvcmRmaXNo", "user": "YWRtaW4="}),
            ("key user added", "key password changed"),
            id="secret",
        ),
        pytest.param(
            of_kind("Node", spec={}),
            of_kind("Node", spec={"unschedulable": True, "taints": [
                {"key": "k", "value": "v", "effect": "NoSchedule"}]}),
            ("taint added k=v:NoSchedule", "cordoned"),
            id="cordon",
        ),
        pytest.param(
            of_kind("Service", spec={"type": "ClusterIP", "selector": {"app": "a"},
                                     "ports": [{"port": 80, "targetPort": 80}]}),
            of_kind("Service", spec={"type": "NodePort", "selector": {"app": "b"},
                                     "ports": [{"port": 80, "targetPort": 8080, "nodePort": 3}]}),
            ("type ClusterIP → NodePort", "selector app=a → app=b",
             "ports 80/TCP → 80→8080/TCP (node 3)"),
            id="service",
        ),
        pytest.param(
            of_kind("EndpointSlice", "discovery.k8s.io/v1", endpoints=[
                {"addresses": ["10.0.0.1"], "conditions": {"ready": True}},
                {"addresses": ["10.0.0.2"]}]),
            of_kind("EndpointSlice", "discovery.k8s.io/v1", endpoints=[
                {"addresses": ["10.0.0.1"], "conditions": {"ready": False}},
                {"addresses": ["10.0.0.3"]}]),
            ("10.0.0.3 added (ready)", "10.0.0.1 ready → not ready", "10.0.0.2 removed"),
            id="endpoints",
        ),
        pytest.param(
            of_kind("PersistentVolumeClaim", spec={}, status={"phase": "Pending"}),
            of_kind("PersistentVolumeClaim", spec={"volumeName": "pv-1"},
                    status={"phase": "Bound", "capacity": {"storage": "1Gi"}}),
            ("Pending → Bound", "volume none → pv-1", "size 1Gi"),
            id="claim",
        ),
        pytest.param(
            of_kind("DaemonSet", "apps/v1", status={"numberReady": 1}),
            of_kind("DaemonSet", "apps/v1", status={"numberReady": 2, "observedGeneration": 3}),
            ("ready 1 → 2",),
            id="daemonset",
        ),
        pytest.param(
            of_kind("Widget", "example.com/v1", spec={"size": 1},
                    status={"conditions": [{"type": "Ready", "status": "False"}]}),
            of_kind("Widget", "example.com/v1", spec={"size": 2}, status={
                "conditions": [{"type": "Ready", "status": "True", "reason": "Done"}]}),
            ("condition Ready False → True (Done)", "spec.size 1 → 2"),
            id="custom resource",
        ),
        pytest.param(
            of_kind("Widget", "example.com/v1", spec={}),
            of_kind("Widget", "example.com/v1", spec=dict.fromkeys("abcdefgh", 1)),
            ("spec.a added (1)", "spec.b added (1)", "spec.c added (1)", "+5 more"),
            id="many changes are counted",
        ),
    ],
)  # fmt: skip
def test_kinds_find_words_for_themselves(
    before: dict[str, Any], after: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert sentences(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            {"metadata": {"resourceVersion": "1", "managedFields": [{"manager": "a"}]}},
            {"metadata": {"resourceVersion": "2", "managedFields": []}},
            "no visible change (managedFields only)",
        ),
        (
            {"status": {"conditions": [{"type": "Ready", "lastHeartbeatTime": "1"}]}},
            {"status": {"conditions": [{"type": "Ready", "lastHeartbeatTime": "2"}]}},
            "no visible change (status.conditions[Ready].lastHeartbeatTime only)",
        ),
        (
            {"metadata": {"resourceVersion": "1"}},
            {"metadata": {"resourceVersion": "2"}},
            "written again, nothing changed",
        ),
        (
            {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}},
            {"spec": {"containers": [{"name": "b"}, {"name": "a"}]}},
            "no visible change (order of list members only)",
        ),
    ],
)
def test_a_revision_without_visible_change_says_why_it_is_there(
    before: dict[str, Any], after: dict[str, Any], expected: str
) -> None:
    assert sentences(before, after) == (expected,)
    loud = changes(before, after, noise=True)
    assert summarise(before, after, loud) == (expected,)


def test_a_new_life_is_compared_with_the_one_before() -> None:
    def pod(image: str, node: str) -> dict[str, Any]:
        return of_kind(
            "Pod", spec={"containers": [{"name": "pg", "image": image}], "nodeName": node}
        )

    assert summarise_creation(pod("pg:16", ""), pod("pg:16", "sim-0"))[1] == (
        "same spec as the life before"
    )
    assert summarise_creation(pod("pg:17", ""), pod("pg:16", "sim-0"))[1] == (
        "unlike the life before: spec.containers[pg].image pg:16 → pg:17"
    )
    secret = summarise_creation(of_kind("Secret", data={"k": "v1"}), of_kind("Secret", data={}))
    assert secret == ("created (1 key)", "other data than the life before")


def test_a_deletion_that_nobody_asked_for_is_noted_for_pods() -> None:
    assert summarise_deletion(of_kind("Pod", metadata={})) == (
        "DELETED",
        "no deletion had been asked for",
    )
    assert summarise_deletion(of_kind("Pod", metadata={"deletionTimestamp": "x"})) == ("DELETED",)
    assert summarise_deletion(of_kind("Event", metadata={})) == ("DELETED",)
    assert summarise_deletion(None) == ("DELETED",)


def test_no_secret_value_is_ever_quoted() -> None:
    def secret(value: str) -> dict[str, Any]:
        return of_kind(
            "Secret",
            metadata={
                "annotations": {
                    "kubectl.kubernetes.io/last-applied-configuration": f'{{"data":"{value}"}}',
                    "copy": value,
                }
            },
            data={"k": value},
            stringData={"k": value},
            type="Opaque",
        )

    old, new = secret("hunter2"), secret("swordfish")
    said = [
        *sentences(old, new),
        *summarise_creation(new),
        *summarise_creation(new, old),
        *summarise_deletion(new),
        *describe(new),
        *sentences(of_kind("Secret"), new),
        *sentences(old, of_kind("Secret")),
    ]
    assert not [text for text in said if "hunter2" in text or "swordfish" in text]
    assert "annotation copy changed" in said


def test_every_kind_is_in_one_row_only() -> None:
    kinds = [kind for row in SUMMARISERS for kind in row.kinds]
    assert len(kinds) == len(set(kinds))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 300), st.text(max_size=5)),
    lambda children: st.one_of(
        st.lists(children, max_size=3),
        st.dictionaries(st.text(max_size=3), children, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["name", "type", "status", "state", "waiting", "conditions", "containers", "spec"]
            ),
            children,
            max_size=4,
        ),
    ),
    max_leaves=10,
)
SECTIONS = st.dictionaries(
    st.sampled_from(
        [
            "annotations", "finalizers", "labels", "ownerReferences", "deletionTimestamp",
            "conditions", "containerStatuses", "phase", "containers", "template", "taints",
            "nodeInfo", "addresses", "replicas", "renewTime", "ports", "selector", "images",
        ]
    ),
    JSON,
    max_size=4,
)  # fmt: skip
KINDS = st.sampled_from([("", ""), *sorted(kind for row in SUMMARISERS for kind in row.kinds)])


@settings(max_examples=300, deadline=None)
@given(KINDS, st.tuples(SECTIONS, SECTIONS), st.tuples(SECTIONS, SECTIONS), JSON)
def test_an_object_of_any_shape_is_told_without_failing(
    kind: tuple[str, str], one: tuple[Any, Any], other: tuple[Any, Any], odd: Any
) -> None:
    api_version = f"{kind[0]}/v1" if kind[0] else "v1"
    before, after = (
        of_kind(
            kind[1], api_version, metadata=sections[0], spec=sections[1], status=sections[1],
            data=odd, subsets=odd, series=odd,
        )
        for sections in (one, other)
    )  # fmt: skip
    for text in (
        *sentences(before, after),
        *sentences({**before, "spec": odd, "metadata": odd, "status": odd}, after),
        *summarise_creation(after, before),
        *summarise_deletion(after),
        *describe(after),
    ):
        assert isinstance(text, str)
        assert "\n" not in text
    assert len(sentences(before, after)) <= 9
