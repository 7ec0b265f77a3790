"""Writers against the API server's audit log, and lines of YAML against every revision."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from paths import SHOP

from etcdpod.history.blame import blame_lines
from etcdpod.history.clock.clock import Clock
from etcdpod.history.incarnations import steps as history_steps
from etcdpod.history.writers.attribute import annotate, writer_of
from etcdpod.history.writers.fields import entries, owners_of_changes, renewed
from etcdpod.session import Session, SourceOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.changes import Step, Writer

AUDIT = SHOP / "audit.jsonl"


@pytest.fixture(scope="module")
def audit() -> list[dict[str, Any]]:
    """What the API server answered about pods, in order."""
    if not AUDIT.exists():
        pytest.skip("the recorded incident is not in this checkout (../shared is absent)")
    lines = map(json.loads, AUDIT.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line["objectRef"].get("resource") == "pods"]


@pytest.fixture(scope="module")
def asked(audit: list[dict[str, Any]]) -> dict[int, str]:
    """The component behind each pod revision that an answer names; the first is the writer."""
    found: dict[int, str] = {}
    for line in audit:
        revision = (line.get("responseObject") or {}).get("metadata", {}).get("resourceVersion")
        if revision:
            found.setdefault(int(revision), line["userAgent"].split("/")[0])
    return found


def pod_steps(session: Session) -> Iterator[tuple[str, list[Step]]]:
    """The annotated history of every pod."""
    registry = session.registry
    clock, pods = Clock.from_registry(registry), registry.resolve("pods")
    keys = {record.key for record in registry.connector.records(b"/registry/pods/")}
    for key in sorted(keys):
        namespace, name = key.decode().split("/")[-2:]
        history = registry.history(pods, namespace, name)
        assert history is not None
        yield (
            f"{namespace}/{name}",
            list(annotate(registry.steps(history), clock, registry)),
        )


# Deletions of pods that controllers made: who asked for them is in no byte of etcd.
UNTOLD = {("shop/db-0", 745), ("shop/api-fcfcf9977-frwjl", 853), ("shop/db-1", 1317)}


@pytest.mark.parametrize(
    "name",
    ["demo", "demo-end", "mid-datadir", "end-datadir", "demo+demo-end", "mid-datadir+demo-end"],
)
def test_writers_are_those_of_the_audit_log(name: str, targets: Any, asked: dict[int, str]) -> None:
    judged, wrong = 0, []
    with Session.open(SourceOptions(targets=targets(name))) as session:
        for pod, steps in pod_steps(session):
            for step in steps:
                revision, writer = step.record.mod_revision, step.writer
                # A delete's answer carries the revision of the mark before it, if it made one.
                if revision not in asked or writer is None or step.event == "DELETED":
                    continue
                judged += 1
                if writer.component != asked[revision]:
                    wrong.append((pod, revision, writer, asked[revision]))
    assert judged > 90
    assert len(wrong) <= 0.04 * judged, wrong
    assert [entry for entry in wrong if entry[2].component != "unknown"] == []
    assert {(pod, revision) for pod, revision, _, _ in wrong} <= UNTOLD


def test_bindings_are_the_schedulers(audit: list[dict[str, Any]]) -> None:
    bound = {
        f"{line['objectRef']['namespace']}/{line['objectRef']['name']}"
        for line in audit
        if line["objectRef"].get("subresource") == "binding"
    }
    seen = set()
    with Session.open(SourceOptions(targets=("demo",))) as session:
        for pod, steps in pod_steps(session):
            for step in steps:
                writer = step.writer
                assert writer is not None
                if writer.subresource == "binding":
                    assert pod in bound
                    assert (writer.component, writer.certainty) == ("kube-scheduler", "certain")
                    seen.add(pod)
    assert len(seen) >= 20


def named(session: Session, pod: str) -> dict[int, Writer]:
    """The writers of one pod's revisions."""
    steps = dict(pod_steps(session))[pod]
    return {s.record.mod_revision: s.writer for s in steps if s.writer is not None}


def test_deletions_are_told_by_what_stands_around_them() -> None:
    with Session.open(SourceOptions(targets=("demo",))) as session:
        scaled = named(session, "shop/web-79f78d44fd-7zlw4")
        preempted = named(session, "shop/filler")
        forced = named(session, "shop/conf")
        held = named(session, "shop/held")
    assert (scaled[737].component, scaled[737].controller) == (
        "kube-controller-manager",
        "replicaset-controller",
    )
    assert "SuccessfulDelete" in scaled[737].evidence
    assert scaled[760].component == scaled[761].component == "kubelet"
    assert preempted[940].component == "kube-scheduler"
    assert "PreemptionByScheduler" in preempted[940].evidence
    # Who forced it is in no byte of etcd; but one client alone ever wrote these pods.
    for revision in (845, 846):
        assert (forced[revision].component, forced[revision].certainty) == ("kubectl", "likely")
        assert "the only one that wrote this object" in forced[revision].evidence
    assert (held[943].component, held[943].certainty) == ("kubectl", "likely")
    assert (held[958].component, held[958].certainty) == ("kubelet", "likely")


def test_who_deleted_a_pod_that_a_controller_made_is_not_claimed() -> None:
    with Session.open(SourceOptions(targets=("demo",))) as session:
        writer = named(session, "shop/db-0")[745]
    assert (writer.component, writer.certainty) == ("unknown", "unknown")
    assert "likely a client" in writer.evidence


def test_a_namespace_takes_its_pods_with_it() -> None:
    with Session.open(SourceOptions(targets=("demo-end",))) as session:
        job = named(session, "jobs/nightly-98977")
        held = named(session, "shop/held")
    assert {job[revision].controller for revision in (1344, 1345)} == {"namespace-controller"}
    assert (held[1321].component, held[1321].certainty) == ("kubectl", "likely")
    assert "example.com/guard" in held[1321].evidence


# --- managedFields ------------------------------------------------------------------------------


def pod(managers: list[dict[str, Any]], **status: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "n", "uid": "u", "managedFields": managers},
        "spec": {"nodeName": "a", "containers": [{"name": "c", "image": "x:1"}]},
        "status": status,
    }


def entry(manager: str, time: str, fields: dict[str, Any], subresource: str = "") -> dict[str, Any]:
    found = {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields}
    return {**found, "subresource": subresource} if subresource else found


PHASE = {"f:status": {"f:phase": {}}}
IMAGE = {"f:spec": {"f:containers": {'k:{"name":"c"}': {".": {}, "f:image": {}}}}}


def test_an_entry_whose_time_moved_is_the_writer() -> None:
    before = pod([entry("helm", "T1", IMAGE), entry("kubelet", "T1", PHASE, "status")], phase="A")
    after = pod([entry("helm", "T1", IMAGE), entry("kubelet", "T2", PHASE, "status")], phase="B")
    assert [found.manager for found in renewed(before, after)] == ["kubelet"]


def test_two_writes_in_one_second_are_told_by_the_owner_of_the_change() -> None:
    managers = [entry("helm", "T1", IMAGE), entry("kubelet", "T1", PHASE, "status")]
    before, after = pod(managers, phase="A"), pod(managers, phase="B")
    assert renewed(before, after) == []
    assert [found.manager for found in owners_of_changes(before, after)] == ["kubelet"]
    after = pod(managers, phase="A")
    after["spec"]["containers"][0]["image"] = "x:2"
    assert [found.manager for found in owners_of_changes(before, after)] == ["helm"]


@pytest.mark.parametrize(
    "broken",
    [
        "x",
        [1, None],
        [{"manager": 5, "fieldsV1": "?"}],
        [{"manager": "m", "fieldsV1": {"f:spec": {"k:{": {}, "v:1": {}, "i:9": {}, "": {}}}}],
    ],
)
def test_broken_managed_fields_are_no_evidence_and_no_crash(broken: Any) -> None:
    value = pod([], phase="A")
    value["metadata"]["managedFields"] = broken
    other = pod([], phase="B")
    other["metadata"]["managedFields"] = broken
    assert isinstance(entries(value), list)
    assert owners_of_changes(value, other) == []


# --- lines --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pods/shop/db-0", "pods/shop/web-bb8d5b56d-545jh"])
def test_each_line_was_set_where_its_text_first_stood(name: str, shop: Any) -> None:
    """A line that stands in every revision since its origin, and not right before it."""
    pytest.importorskip("etcdpod.kubectl.formats.yaml")
    from etcdpod.kubectl.formats.yaml import dumps

    recorded = shop[name]
    steps = list(history_steps(recorded.records, recorded.decode))
    lives = [step.record.mod_revision for step in steps if step.event == "ADDED"]
    texts: dict[int, list[str]] = {}
    for step in steps:
        if step.event != "DELETED" and step.record.mod_revision >= lives[-1]:
            value = dict(step.object or {})
            value["metadata"] = {k: v for k, v in value["metadata"].items() if k != "managedFields"}
            texts[step.record.mod_revision] = dumps(value).splitlines()
    found = blame_lines(iter(steps))
    assert [line.text for line in found] == texts[max(texts)]
    bare = {at: [without_dash(line) for line in lines] for at, lines in texts.items()}
    unique = [line for line in found if bare[max(texts)].count(without_dash(line.text)) == 1]
    leaves = [line for line in unique if not line.text.endswith(":")]
    assert len(leaves) > 50
    for line in leaves:
        origin, text = line.origin, without_dash(line.text)
        assert origin is not None
        assert origin.exact
        assert all(text in bare[at] for at in bare if at >= origin.revision), line
        before = [at for at in bare if at < origin.revision]
        assert not before or text not in bare[max(before)], line


def without_dash(line: str) -> str:
    """A line without the sign of a list's member, which goes to whichever field comes first."""
    indent = len(line) - len(line.lstrip())
    return (
        line[:indent] + line[indent:].replace("- ", "  ", 1) if line.lstrip()[:2] == "- " else line
    )


def test_a_line_from_before_the_compaction_names_the_owner_of_the_field() -> None:
    pytest.importorskip("etcdpod.kubectl.formats.yaml")
    with Session.open(SourceOptions(targets=("demo-end",), only_vouched=True)) as session:
        steps = dict(pod_steps(session))["shop/search"]
        lines = {line.text.strip(): line.origin for line in blame_lines(iter(steps))}
    image = lines["imagePullPolicy: IfNotPresent"]
    assert image is not None
    assert not image.exact
    assert image.writer is not None
    assert (image.writer.component, image.writer.certainty) == ("kubectl", "likely")
    node = lines["nodeName: sim-0"]
    assert node is not None
    assert node.writer is not None
    assert node.writer.component == "unknown"


def test_a_value_that_cannot_be_read_has_no_writer(shop: Any) -> None:
    from dataclasses import replace

    from etcdpod.records import Undecodable

    recorded = shop["pods/shop/db-0"]
    step = next(history_steps(recorded.records, recorded.decode))
    broken = replace(step, object=None, problem=Undecodable("torn", b""))
    writer = writer_of(None, broken)
    assert (writer.component, writer.certainty) == ("unknown", "unknown")
    assert "torn" in writer.evidence
