"""Verdicts on lives with known gaps, and objects made ready for applying."""

from __future__ import annotations

from typing import Any

import pytest

from etcdpod.forensics.recover import Completeness, Revisions, judge
from etcdpod.forensics.recover.apply_ready import apply_ready
from etcdpod.forensics.recover.order import apply_rank
from etcdpod.forensics.recover.recreated import made_by
from etcdpod.records import Origin, Provenance, Record, Revision, Trust

CARVED = Provenance("file", Origin.FREE_PAGE, trust=Trust.STALE_PAGE)
TREE = Provenance("file")


def put(main: int, version: int, create: int = 10, provenance: Provenance = CARVED) -> Record:
    return Record(b"k", Revision(main), False, create, version, 0, b"v", 1, provenance)


def delete(main: int) -> Record:
    return Record(b"k", Revision(main), True, 0, 0, 0, b"", 0, TREE)


def others(*mains: int) -> list[Record]:
    return [put(main, 1, main) for main in mains]


def test_a_whole_life_is_complete() -> None:
    life = [put(10, 1), put(11, 2), delete(12)]
    verdict = judge(life, Revisions(life, 12), ended=True)
    assert (verdict.completeness, verdict.kept, verdict.missing) == (Completeness.COMPLETE, 2, 0)
    assert verdict.end == 12


def test_a_gap_says_how_many_and_which_they_can_be() -> None:
    life = [put(10, 1), put(16, 4), delete(17)]
    verdict = judge(life, Revisions([*life, *others(11, 13, 15)], 17), ended=True)
    assert verdict.completeness is Completeness.GAPS
    (gap,) = verdict.gaps
    assert (gap.after, gap.before, gap.count, gap.candidates) == (10, 16, 2, (12, 14))
    assert gap.is_exact
    assert str(gap) == "revisions 12, 14 missing"


def test_candidates_beyond_the_missing_are_no_certainty() -> None:
    life = [put(10, 1), put(16, 3), delete(17)]
    (gap,) = judge(life, Revisions([*life, *others(11)], 17), ended=True).gaps
    assert gap.candidates == (12, 13, 14, 15)
    assert not gap.is_exact
    assert str(gap) == "1 revision missing between 10 and 16"


def test_a_long_gap_lists_no_numbers() -> None:
    life = [put(10, 1), put(5000, 90), delete(5001)]
    (gap,) = judge(life, Revisions(life, 5001), ended=True).gaps
    assert (gap.count, gap.candidates, gap.is_exact) == (88, (), False)


def test_last_words_are_the_only_ones() -> None:
    life = [put(20, 5), delete(21)]
    verdict = judge(life, Revisions(life, 21), ended=True)
    assert (verdict.completeness, verdict.missing) == (Completeness.LAST_REVISION, 4)
    assert verdict.gaps[0].after == 9  # from the create revision on


def test_before_a_deletion_nothing_counts_the_missing() -> None:
    """A tombstone has no version: only revisions that nothing accounts for leave a doubt."""
    life = [put(10, 1), put(11, 2), delete(15)]
    doubtful = judge(life, Revisions([*life, *others(12, 14)], 15), ended=True)
    assert doubtful.completeness is Completeness.GAPS
    assert (doubtful.gaps[0].count, doubtful.gaps[0].candidates) == (None, (13,))
    assert doubtful.missing == 0
    sure = judge(life, Revisions([*life, *others(12, 13, 14)], 15), ended=True)
    assert sure.completeness is Completeness.COMPLETE


def test_what_compaction_left_is_the_newest_up_to_it() -> None:
    life = [put(10, 1, provenance=TREE), delete(101)]
    revisions = Revisions(life, 101, compacted=100)
    assert judge(life, revisions, ended=True).completeness is Completeness.COMPLETE
    carved = [put(10, 1), delete(101)]
    assert judge(carved, revisions, ended=True).completeness is Completeness.GAPS


def test_a_deletion_that_is_not_kept_is_a_gap() -> None:
    life = [put(10, 1)]
    verdict = judge(life, Revisions(life, 12), ended=True)
    assert verdict.end is None
    assert verdict.gaps[0].before == 13


def test_only_a_tombstone_is_nothing() -> None:
    verdict = judge([delete(9)], Revisions([delete(9)], 9), ended=True)
    assert (verdict.completeness, verdict.kept, verdict.missing) == (Completeness.NOTHING, 0, 1)


# --- ready for applying ---------------------------------------------------------------------


def ready(value: dict[str, Any], *volumes: str) -> dict[str, Any]:
    return apply_ready(value, has_volume=lambda name: name in volumes)


def managed(**fields: Any) -> list[dict[str, Any]]:
    return [{"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": fields}}]


def service(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}


def test_an_allotted_cluster_ip_goes_and_a_chosen_one_stays() -> None:
    allotted = service(clusterIP="10.96.0.7", clusterIPs=["10.96.0.7"], selector={"a": "b"})
    assert ready(allotted)["spec"] == {"selector": {"a": "b"}}
    chosen = service(clusterIP="10.96.0.10", clusterIPs=["10.96.0.10"])
    chosen["metadata"]["managedFields"] = managed(**{"f:clusterIP": {}, "f:clusterIPs": {}})
    assert ready(chosen)["spec"]["clusterIP"] == "10.96.0.10"
    assert ready(service(clusterIP="None", clusterIPs=["None"]))["spec"]["clusterIP"] == "None"


def test_node_ports_as_cluster_ips() -> None:
    ports = [{"port": 80, "nodePort": 31000}, {"port": 443, "nodePort": 31001, "protocol": "TCP"}]
    value = service(ports=ports)
    member = {'k:{"port":443,"protocol":"TCP"}': {"f:nodePort": {}}}
    value["metadata"]["managedFields"] = managed(**{"f:ports": member})
    assert [port.get("nodePort") for port in ready(value)["spec"]["ports"]] == [None, 31001]


def test_a_service_of_another_group_is_left_alone() -> None:
    knative = service(clusterIP="mine", template={"spec": {"containers": []}})
    knative["apiVersion"] = "serving.knative.dev/v1"
    assert ready(knative)["spec"] == knative["spec"]


@pytest.mark.parametrize("name", ["kube-api-access-x7k2p", "default-token-h8s2x"])
def test_the_token_volume_goes_and_other_volumes_stay(name: str) -> None:
    path = "/var/run/secrets/kubernetes.io/serviceaccount"
    token, data = {"name": name, "mountPath": path}, {"name": "data", "mountPath": "/data"}
    source = "projected" if name.startswith("kube") else "secret"
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {
            "initContainers": [{"name": "i", "volumeMounts": [token]}],
            "containers": [{"name": "c", "volumeMounts": [data, token]}],
            "volumes": [{"name": "data", "emptyDir": {}}, {"name": name, source: {}}],
            "serviceAccount": "default",
            "serviceAccountName": "default",
            "priority": 0,
            "nodeName": "node-1",
        },
    }
    assert ready(pod)["spec"] == {
        "initContainers": [{"name": "i"}],
        "containers": [{"name": "c", "volumeMounts": [data]}],
        "volumes": [{"name": "data", "emptyDir": {}}],
        "serviceAccountName": "default",
    }


def test_a_node_that_was_chosen_stays() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "managedFields": managed(**{"f:nodeName": {}})},
        "spec": {"containers": [], "nodeName": "node-1"},
    }
    assert ready(pod)["spec"]["nodeName"] == "node-1"


def test_claims_keep_their_volume_only_if_it_is_there() -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": "data",
            "annotations": {"pv.kubernetes.io/bind-completed": "yes"},
            "finalizers": ["kubernetes.io/pvc-protection", "foregroundDeletion"],
        },
        "spec": {"volumeName": "pvc-1"},
    }
    assert ready(claim, "pvc-1")["spec"] == {"volumeName": "pvc-1"}
    assert ready(claim)["spec"] == {}
    assert ready(claim)["metadata"] == {
        "name": "data",
        "finalizers": ["kubernetes.io/pvc-protection"],
    }
    assert claim["spec"] == {"volumeName": "pvc-1"}  # the object given is never changed


def test_order_puts_what_others_need_first() -> None:
    kinds = [
        ("v1", "Pod"),
        ("example.com/v1", "Widget"),
        ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
        ("apps/v1", "Deployment"),
        ("v1", "ConfigMap"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("v1", "ServiceAccount"),
        ("v1", "Namespace"),
    ]
    values = [{"apiVersion": version, "kind": kind} for version, kind in kinds]
    assert [value["kind"] for value in sorted(values, key=apply_rank)] == [
        *("Namespace", "CustomResourceDefinition", "ServiceAccount", "ConfigMap", "Deployment"),
        *("Pod", "Widget", "ValidatingWebhookConfiguration"),
    ]


def test_who_makes_it_again() -> None:
    owner = [{"kind": "ReplicaSet", "name": "web-1", "controller": True}]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "ownerReferences": owner}}
    assert made_by(pod) == "made by ReplicaSet web-1"
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}}
    assert made_by(event)
    assert made_by({**event, "apiVersion": "example.com/v1"}) == ""
    assert made_by({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}}) == ""
