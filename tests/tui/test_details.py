"""What panes and screens say about one object, without a screen: history, events, bytes, words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from etcdpod.errors import NotFoundError, UsageError
from etcdpod.forensics.incident.lanes import node_lanes, pod_lanes
from etcdpod.records import Provenance, Record, Revision
from etcdpod.tui.cells import plain_text
from etcdpod.tui.export import Exportable, file_name, write_export
from etcdpod.tui.model.consumers import GROUPINGS, ConsumerRows, count, ordered
from etcdpod.tui.model.detail.panes import TABS
from etcdpod.tui.model.detail.raw import raw_lines
from etcdpod.tui.model.history.difference import VIEWS, Question, answer
from etcdpod.tui.model.history.export import history_export
from etcdpod.tui.model.history.object_history import Heading, headings, read_history, touching
from etcdpod.tui.model.history.rows import HistoryRows
from etcdpod.tui.model.incident import ORDERS, Lanes, changes_of, incident_export, reading
from etcdpod.tui.model.objects.export import object_export
from etcdpod.tui.model.sources import source_lines
from etcdpod.tui.model.viewed_object import ViewedObject, read_viewed

if TYPE_CHECKING:
    from pathlib import Path

    from etcdpod.tui.model.browser_state import BrowserState
    from etcdpod.tui.model.history.object_history import ObjectHistory

DB = b"/registry/pods/shop/db-0"
WEB = b"/registry/deployments/shop/web"


def subject(state: BrowserState, key: bytes, at: int | None = None) -> ViewedObject:
    namespace, name = key.decode().split("/")[-2:]
    kind = {"pods": "Pod", "deployments": "Deployment", "secrets": "Secret"}[
        key.decode().split("/")[2]
    ]
    return ViewedObject(state, key, at, namespace, name, kind)


def tab(state: BrowserState, name: str, key: bytes, at: int | None = None) -> str:
    return plain_text(TABS[name](subject(state, key, at)))


@pytest.fixture
def life(demo_state: BrowserState) -> ObjectHistory:
    life = read_history(demo_state.registry, DB)
    assert life is not None
    return life


# --- a life ------------------------------------------------------------------------------------


def test_a_life_is_the_history_with_its_incarnations_set_apart(life: ObjectHistory) -> None:
    assert [entry.revision for entry in life.entries] == [
        *(445, 453, 462, 514, 745, 764, 766, 767),
        *(768, 769, 773, 786),
    ]
    lines = headings(life, life.entries)
    assert [i for i, one in enumerate(lines) if isinstance(one, Heading)] == [0, 9]
    assert life.missing == ("nothing missing since create",)
    assert all(entry.step.object is None for entry in life.entries), "objects are not held"
    assert [m.revision for m in life.up_to(514)] == [445, 453, 462, 514]


def test_rows_of_a_life_name_time_writer_and_change(life: ObjectHistory) -> None:
    rows = HistoryRows(headings(life, life.entries), at=600)
    place = rows.position(453)
    cells = [cell.text for cell in rows.row(place)]
    assert cells[1] == "453"
    assert cells[2].startswith("20:24:25")
    assert cells[3] == "kube-scheduler (binding)"
    assert cells[5] == "scheduled → sim-0"
    assert rows.position(600) == rows.position(514)
    assert rows.position(None) == len(rows) - 1


def test_only_what_touched_a_field_can_be_shown(life: ObjectHistory) -> None:
    found = touching(life.entries, "status.conditions[Ready].status")
    revisions = {entry.revision for entry in found}
    assert {462, 514, 764, 773, 786} <= revisions
    assert revisions.isdisjoint({445, 745, 766, 768})


def test_what_people_wanted_is_set_apart_from_what_was_reported(demo_state: BrowserState) -> None:
    life = read_history(demo_state.registry, WEB)
    assert life is not None
    wanted = [(m.revision, m.who, m.what) for m in life.entries if m.by_intent]
    assert wanted == [
        (612, "kubectl-set", "web: image 2.4.0 → 2.4.1-typo"),
        (731, "kubectl", "web: image 2.4.1-typo → 2.4.0"),
    ]


def question(
    state: BrowserState, life: ObjectHistory, revision: int, before: int | None
) -> Question:
    by_revision = {entry.revision: entry for entry in life.entries}
    return Question(
        state.registry,
        life.key,
        by_revision[revision],
        None if before is None else by_revision[before],
        marked=False,
        noise=False,
        width=100,
    )


@pytest.mark.parametrize(
    ("view", "wanted"),
    [
        ("changes", ["- status.phase: Pending", "+ status.phase: Running"]),
        ("unified", ["-  phase: Pending", "+  phase: Running", "@@ "]),
        ("side by side", ["phase: Pending", "┃", "phase: Running"]),
        ("blame", ["453", "kube-scheduler (binding)", "nodeName: sim-0"]),
        ("object", ["resourceVersion: \"514\"", "phase: Running"]),
    ],
)  # fmt: skip
def test_every_view_of_a_difference(
    demo_state: BrowserState, life: ObjectHistory, view: str, wanted: list[str]
) -> None:
    text = plain_text(answer(question(demo_state, life, 514, 462), view))
    assert text.startswith("rev 514  MODIFIED  20:24:27")
    for piece in wanted:
        assert piece in text
    assert "managedFields" not in text.partition("\n\n")[2]


def test_a_blame_of_the_past_knows_nothing_of_later_writers(
    demo_state: BrowserState, life: ObjectHistory
) -> None:
    text = plain_text(answer(question(demo_state, life, 453, 445), "blame"))
    assert "462" not in text


def test_creation_and_deletion_show_the_object(
    demo_state: BrowserState, life: ObjectHistory
) -> None:
    created = plain_text(answer(question(demo_state, life, 445, None), "changes"))
    assert "kind: Pod" in created
    deleted = plain_text(answer(question(demo_state, life, 767, 766), "changes"))
    assert "deleted; its last state was" in deleted
    assert 'resourceVersion: "766"' in deleted


def test_all_views_answer_for_all_revisions(demo_state: BrowserState, life: ObjectHistory) -> None:
    for index, entry in enumerate(life.entries):
        before = life.entries[index - 1].revision if index else None
        for view in VIEWS:
            assert answer(question(demo_state, life, entry.revision, before), view)


# --- the pane ----------------------------------------------------------------------------------


def test_the_timeline_ends_at_the_moment_that_is_shown(demo_state: BrowserState) -> None:
    text = tab(demo_state, "Timeline", DB, 600)
    assert text.splitlines()[0].strip() == "8 later changes lie ahead (])"
    assert "Pending → Running" in text
    assert "767" not in text


def test_the_pane_tells_why(demo_state: BrowserState) -> None:
    text = tab(demo_state, "Why", b"/registry/pods/shop/orders")
    assert "init container init-db fails: exit code 1" in text
    assert "Press ! for all findings" in tab(demo_state, "Why", WEB)


def test_the_pane_describes_as_kubectl(demo_state: BrowserState) -> None:
    text = tab(demo_state, "Describe", DB, 600)
    assert "Name:             db-0" in text or "Name:" in text
    assert "Node:" in text
    assert "sim-0" in text


def test_events_are_those_about_the_object_up_to_the_moment(demo_state: BrowserState) -> None:
    text = tab(demo_state, "Events", b"/registry/pods/shop/web-79f78d44fd-7zlw4", 700)
    assert "Failed" in text
    assert "Scheduled" in text
    later = tab(demo_state, "Events", b"/registry/pods/shop/db-0", 300)
    assert later == "no event about it is kept up to here"


def test_raw_bytes_are_named_and_those_of_secrets_hidden(demo_state: BrowserState) -> None:
    text = tab(demo_state, "Raw", DB)
    assert "k8s\\0  v1 Pod" in text
    assert "1 metadata length-delimited" in text
    assert "1 name length-delimited 'db-0'" in text
    assert "6b 38 73 00" in text, "the magic, in hex"
    secret = b"/registry/secrets/shop/db-password"
    secret = next(
        (k for k in demo_state.ledger.keys if k.startswith(b"/registry/secrets/")), secret
    )
    assert "stay hidden" in tab(demo_state, "Raw", secret)
    assert "***" in tab(demo_state, "YAML", secret)


@pytest.mark.parametrize(
    "value",
    [b"", b"k8s\0", b"k8s\0\xff\xff\xff", b"\x00" * 40, b"{not json", b"k8s:enc:aescbc:v1:k:xx",
     b"k8s\0\x0a\x0d\x0a\x02v1\x12\x03Pod\x12\x05\x0a\x7f\x00\x00\x00\x1a\x00\x22\x00"],
)  # fmt: skip
def test_raw_bytes_of_any_kind_are_shown(demo_state: BrowserState, value: bytes) -> None:
    record = Record(
        key=b"/registry/pods/a/b",
        revision=Revision(5),
        tombstone=False,
        create_revision=5,
        version=1,
        lease=0,
        value=value,
        value_size=len(value),
        provenance=Provenance("test"),
    )
    lines = raw_lines(demo_state.registry.read(record), show_secrets=False)
    assert "bytes" in plain_text(lines)


def test_what_is_gone_is_shown_as_it_last_was(demo_state: BrowserState) -> None:
    gone = subject(demo_state, b"/registry/pods/shop/conf")
    item = read_viewed(gone)
    assert item is not None
    assert item.object is not None
    assert "kind: Pod" in plain_text(TABS["YAML"](gone))
    early = subject(demo_state, DB, 400)
    assert read_viewed(early) is None
    assert "does not exist" in plain_text(TABS["YAML"](early))


# --- reports -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lanes(demo_state: BrowserState) -> Lanes:
    return Lanes(pod_lanes(demo_state.registry), node_lanes(demo_state.registry))


def test_lanes_are_sorted_filtered_and_read(demo_state: BrowserState, lanes: Lanes) -> None:
    by_trouble = lanes.chosen(None, "", ORDERS[0])
    assert by_trouble[0].name == "auth-6444d9c494-wbvrm"
    assert by_trouble[-1].kind == "nodes"
    assert [lane.name for lane in lanes.chosen("jobs", "migr", "name")][:1] == ["migrate-9dfqh"]
    typo = lanes.chosen(None, "typo", "birth")[0]
    axis = demo_state.times.axis(300, 1050, 100)
    assert "image pull (ErrImagePull)" in plain_text([reading(typo, axis, 640)])
    assert "does not exist" in plain_text([reading(typo, axis, 1000)])
    assert changes_of(typo)[0] == 616
    assert {lane.namespace for lane in lanes.chosen("shop", "", "birth")[:-3]} == {"shop"}


def test_the_lanes_can_be_written(demo_state: BrowserState, lanes: Lanes) -> None:
    axis = demo_state.times.axis(300, 1050, 400)
    thing = incident_export(lanes.chosen(None, "", "birth"), axis, "demo <&>")
    svg = thing.formats[".svg"]()
    assert svg.startswith("<svg ")
    assert "demo &lt;&amp;&gt;" in svg
    assert "script" not in svg
    assert "web-79f78d44fd-7zlw4" in thing.formats[".txt"]()
    assert thing.formats[".md"]().startswith("## Pods over time")


def test_who_fills_the_database(demo_state: BrowserState) -> None:
    for grouping in GROUPINGS:
        found = count(demo_state, grouping)
        assert sum(one.revisions for one in found) == len(demo_state.ledger)
        rows = ConsumerRows(grouping, ordered(found, by_bytes=True), True)
        sizes = [one.bytes for one in rows.found]
        assert sizes == sorted(sizes, reverse=True)
        assert len(rows.row(0)) == len(rows.columns)
    writers = {one.name for one in count(demo_state, "writer")}
    assert {"kubelet", "kube-scheduler", "deployment-controller", "kubectl"} <= writers


def test_sources_and_their_reach_are_told(demo_state: BrowserState) -> None:
    text = plain_text(source_lines(demo_state, demo_state.session.info))
    complete = "complete: nothing compacted is missing"
    for piece in ("revisions kept", "1,049", complete, "none found"):
        assert piece in text


# --- export ------------------------------------------------------------------------------------


def test_an_object_is_written_as_its_ending_says(demo_state: BrowserState, tmp_path: Path) -> None:
    thing = object_export(subject(demo_state, DB, 514), "Timeline", "what the pane shows")
    assert thing.file_name == "pod-shop-db-0-rev514.yaml"
    assert json.loads(thing.formats[".json"]())["metadata"]["resourceVersion"] == "514"
    path = write_export(thing, tmp_path / "pod.yaml")
    assert 'resourceVersion: "514"' in path.read_text()
    with pytest.raises(UsageError, match="exists already"):
        write_export(thing, path)
    with pytest.raises(UsageError, match="cannot be written as"):
        write_export(thing, tmp_path / "pod.pdf")
    assert "what the pane shows" in thing.formats[".md"]()


def test_what_is_not_there_cannot_be_written(demo_state: BrowserState) -> None:
    with pytest.raises(NotFoundError):
        object_export(subject(demo_state, DB, 400), "Timeline", "").text()


def test_a_history_is_written(demo_state: BrowserState, life: ObjectHistory) -> None:
    thing = history_export(subject(demo_state, DB), life, "changes", "- a\n+ b")
    assert thing.text().count("\n| ") == len(life.entries) + 1
    assert json.loads(thing.formats[".json"]())[0]["revision"] == 445


def test_a_fence_cannot_be_closed_from_inside() -> None:
    from etcdpod.tui.export import fenced

    assert fenced("t", "a\n```\nb").splitlines()[2] == "````"


def test_names_of_files_hold_nothing_strange() -> None:
    assert file_name("../../etc", "pass\x1bwd", "", ending=".md") == "..-..-etc-pass-wd.md"
    assert isinstance(Exportable("a", "b", {".txt": lambda: "c"}).text(), str)
