"""Writers in other clusters: other clients, other distributions, releases without managers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from etcdpod.history.incarnations import steps
from etcdpod.history.writers.attribute import annotate
from etcdpod.history.writers.context import Witness
from etcdpod.history.writers.deletions import requested
from etcdpod.history.writers.write import Write
from etcdpod.records import Provenance, Record, Revision

if TYPE_CHECKING:
    from etcdpod.changes import Writer


def writers(*values: dict[str, Any] | None) -> list[Writer]:
    """Who wrote each revision of one key; None stands for its deletion."""
    records, objects = [], {}
    for version, value in enumerate(values, start=1):
        record = Record(
            key=b"/registry/pods/n/p", revision=Revision(100 + version), tombstone=value is None,
            create_revision=0 if value is None else 101, version=0 if value is None else version,
            lease=0, value=b"", value_size=0, provenance=Provenance("memory"),
        )  # fmt: skip
        records.append(record)
        objects[record.revision] = value or {}
    bare = steps(records, lambda record: objects[record.revision], compact_revision=0)
    found = [step.writer for step in annotate(bare)]
    assert all(writer is not None for writer in found)
    return [writer for writer in found if writer is not None]


def entry(manager: str, fields: dict[str, Any], time: str = "T1", **more: str) -> dict[str, Any]:
    found = {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields}
    return {**found, **more}


SPEC: dict[str, Any] = {"f:spec": {"f:containers": {}}}
STATUS: dict[str, Any] = {"f:status": {"f:containerStatuses": {}}}


def pod(*managers: dict[str, Any], **more: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": "p", "namespace": "n", "uid": "u"}
    if managers:
        metadata["managedFields"] = list(managers)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {}, **more}


def owned(value: dict[str, Any], kind: str = "ReplicaSet") -> dict[str, Any]:
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": "o", "uid": "o", "controller": True}
    return {**value, "metadata": {**value["metadata"], "ownerReferences": [reference]}}


@pytest.mark.parametrize(
    ("manager", "component"),
    [
        ("kubectl-client-side-apply", "kubectl"), ("kubectl-edit", "kubectl"),
        ("kubectl-rollout", "kubectl"), ("kubectl-create", "kubectl"), ("kubectl", "kubectl"),
        ("kubectl.exe", "kubectl"), ("argocd-controller", "argocd-controller"), ("helm", "helm"),
        ("Go-http-client", "Go-http-client"), ("HashiCorp", "HashiCorp"),
        ("cilium-agent", "cilium-agent"), ("karpenter", "karpenter"), ("keda", "keda"),
        ("node-fetch", "node-fetch"), ("kubelet", "kubelet"), ("kubelet.exe", "kubelet"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("operation", ["Update", "Apply"])
def test_a_client_is_called_as_it_calls_itself(
    manager: str, component: str, operation: str
) -> None:
    (writer,) = writers(pod(entry(manager, SPEC, operation=operation)))
    assert (writer.component, writer.certainty) == (component, "certain")
    assert (writer.manager, writer.operation) == (manager, operation)


def test_entries_of_before_1_22_name_no_subresource() -> None:
    made = owned(pod(entry("kube-controller-manager", SPEC)))
    started = owned(pod(entry("kube-controller-manager", SPEC), entry("kubelet", STATUS, "T2")))
    started["status"] = {"containerStatuses": [{"name": "c"}]}
    created, reported = writers(made, started)
    assert (created.component, created.controller) == (
        "kube-controller-manager", "replicaset-controller",
    )  # fmt: skip
    assert (reported.component, reported.certainty) == ("kubelet", "certain")


@pytest.mark.parametrize("program", ["k3s", "kubelite", "hyperkube"])
def test_where_one_program_is_all_components_the_part_tells(program: str) -> None:
    spec, both = entry(program, SPEC), entry(program, STATUS, "T2", subresource="status")
    made, bound = owned(pod(spec)), owned(pod(spec, spec={"nodeName": "a"}))
    started = owned(pod(spec, both, spec={"nodeName": "a"}))
    started["status"] = {"containerStatuses": [{"name": "c"}]}
    created, placed, reported = writers(made, bound, started)
    assert (created.component, created.controller, created.certainty) == (
        "kube-controller-manager", "replicaset-controller", "likely",
    )  # fmt: skip
    assert (reported.component, reported.subresource, reported.certainty) == (
        "kubelet", "status", "likely",
    )  # fmt: skip
    assert reported.manager == program
    assert placed.component == "kube-scheduler"
    (bare,) = writers(pod(spec))
    assert (bare.component, bare.certainty) == (program, "likely")


def test_a_release_without_managers_is_told_by_the_parts_alone() -> None:
    made, bound = owned(pod()), owned(pod(spec={"nodeName": "a"}))
    started = owned(pod(spec={"nodeName": "a"}, status={"containerStatuses": [{"name": "c"}]}))
    odd = owned(pod(spec={"nodeName": "a", "x": 1}, status=started["status"]))
    found = writers(made, bound, started, odd, None)
    assert [writer.component for writer in found] == [
        "kube-controller-manager", "kube-scheduler", "kubelet", "unknown", "unknown",
    ]  # fmt: skip
    assert all(writer.certainty != "certain" for writer in found)
    assert all(writer.evidence for writer in found)


@pytest.mark.parametrize(
    ("value", "after", "component", "controller"),
    [
        ({"kind": "Lease", "metadata": {"name": "a", "namespace": "kube-node-lease"}},
         {"spec": {"renewTime": "T"}}, "kubelet", ""),
        ({"kind": "Lease", "metadata": {"name": "kube-scheduler", "namespace": "kube-system"}},
         {"spec": {"renewTime": "T"}}, "kube-scheduler", ""),
        ({"kind": "Node", "metadata": {"name": "a"}}, {"status": {"images": []}}, "kubelet", ""),
        ({"kind": "Node", "metadata": {"name": "a"}},
         {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}},
         "kube-controller-manager", "node-lifecycle-controller"),
        ({"kind": "Endpoints", "metadata": {"name": "s", "namespace": "n"}}, {"subsets": []},
         "kube-controller-manager", "endpoints-controller"),
        ({"kind": "ReplicaSet", "metadata": {"name": "r", "namespace": "n"}},
         {"status": {"replicas": 1}}, "kube-controller-manager", "replicaset-controller"),
    ],
)  # fmt: skip
def test_other_kinds_without_managers(
    value: dict[str, Any], after: dict[str, Any], component: str, controller: str
) -> None:
    _, writer = writers(value, {**value, **after})
    assert (writer.component, writer.controller, writer.certainty) == (
        component, controller, "likely",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "component"),
    [
        ("kubelet", "kubelet"), ("default-scheduler", "kube-scheduler"),
        ("volcano-scheduler", "volcano-scheduler"),
        ("cronjob-controller", "kube-controller-manager"),
        ("cluster-autoscaler", "cluster-autoscaler"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["reportingComponent", "source"])
def test_an_event_without_managers_names_who_tells_it(
    said: str, component: str, field: str
) -> None:
    value = {"kind": "Event", "metadata": {"name": "p.1", "namespace": "n"}}
    value[field] = {"component": said} if field == "source" else said
    (writer,) = writers(value)
    assert (writer.component, writer.certainty) == (component, "likely")


def test_a_scheduler_of_ones_own_is_not_kubernetes() -> None:
    made = pod(entry("kubectl", SPEC), spec={"schedulerName": "volcano"})
    _, placed = writers(made, pod(entry("kubectl", SPEC), spec={**made["spec"], "nodeName": "a"}))
    assert (placed.component, placed.subresource) == ("volcano", "binding")


def test_the_one_program_is_no_client_that_deletes() -> None:
    made = pod(entry("k3s", SPEC), entry("helm", SPEC))
    marked = replace_metadata(made, deletionTimestamp="T", deletionGracePeriodSeconds=30)
    _, asked = writers(made, marked)
    assert (asked.component, asked.certainty) == ("helm", "likely")
    assert replace(asked, evidence="").manager == ""


class Told:
    """Surroundings of which only some events are known."""

    def __init__(self, *events: tuple[int, str, str]) -> None:
        self._events = [
            Witness(revision, reason, message, "somebody") for revision, reason, message in events
        ]

    def events(self, namespace: str, name: str) -> list[Witness]:
        return self._events

    def namespace_is_ending(self, name: str, revision: int) -> bool:
        return False

    def exists(self, resource: str, namespace: str | None, name: str, revision: int) -> bool:
        return True


@pytest.mark.parametrize(
    ("reason", "message", "component", "controller"),
    [
        ("Preempted", "Preempted by n/urgent on node a", "kube-scheduler", ""),
        ("TaintManagerEviction", "Marking for deletion Pod n/p", "kube-controller-manager",
         "taint-eviction-controller"),
        ("NodeControllerEviction", "Marking for deletion Pod p from Node a",
         "kube-controller-manager", "node-lifecycle-controller"),
        ("TaintManagerEviction", "Cancelling deletion of Pod n/p", "unknown", ""),
    ],
)  # fmt: skip
def test_an_event_of_an_older_release_tells_who_takes_a_pod(
    reason: str, message: str, component: str, controller: str
) -> None:
    made = pod(spec={"nodeName": "a"})
    marked = replace_metadata(made, deletionTimestamp="T", deletionGracePeriodSeconds=30)
    write = Write(
        "MODIFIED", 102, 2, made, marked, 0, None, cast("Any", Told((103, reason, message)))
    )
    writer = requested(write)
    assert (writer.component, writer.controller) == (component, controller)
    assert writer.certainty == ("unknown" if component == "unknown" else "likely")


@pytest.mark.parametrize("kind", ["ConfigMap", "Endpoints"])
@pytest.mark.parametrize(
    ("name", "component"), [("kube-controller-manager", "kube-controller-manager"),
                            ("some-operator", "unknown")],
)  # fmt: skip
def test_a_lock_of_before_leases_is_its_leaders(kind: str, name: str, component: str) -> None:
    annotation = "control-plane.alpha.kubernetes.io/leader"
    lock = {"kind": kind, "metadata": {"name": name, "namespace": "kube-system"}}
    held = replace_metadata(lock, annotations={annotation: '{"renewTime":"T1"}'})
    again = replace_metadata(lock, annotations={annotation: '{"renewTime":"T2"}'})
    made, renewed = writers(held, again)
    assert made.component == renewed.component == component
    assert renewed.controller == ""


def test_a_job_that_was_to_be_kept_for_a_time() -> None:
    job = {"kind": "Job", "metadata": {"name": "j", "namespace": "n"},
           "spec": {"ttlSecondsAfterFinished": 60},
           "status": {"conditions": [{"type": "Complete", "status": "True"}]}}  # fmt: skip
    _, gone = writers(job, None)
    assert (gone.component, gone.controller) == (
        "kube-controller-manager", "ttl-after-finished-controller",
    )  # fmt: skip


def replace_metadata(value: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**value, "metadata": {**value["metadata"], **changes}}
