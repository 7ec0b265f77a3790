"""Lanes against the recorded incident: what a watch saw is what the lanes must show."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from paths import SHOP

from etcdpod.forensics.incident.lanes import LaneBuilder
from etcdpod.forensics.incident.model import (
    Axis,
    Lane,
    LaneSpan,
    LaneState,
    Mark,
    MarkKind,
    rising,
)
from etcdpod.forensics.incident.silence import Renewal, Silence, silences, with_silences
from etcdpod.forensics.incident.state import pod_state
from etcdpod.forensics.incident.svg import lanes_svg
from etcdpod.forensics.incident.text import cells, draw_lanes, ruler
from etcdpod.records import Provenance, Record, Revision

WATCH = SHOP / "watch.jsonl"
LAST = 1474


def record(revision: int, created: int, *, tombstone: bool = False) -> Record:
    return Record(
        key=b"/registry/pods/shop/a",
        revision=Revision(revision),
        tombstone=tombstone,
        create_revision=0 if tombstone else created,
        version=0,
        lease=0,
        value=b"",
        value_size=0,
        provenance=Provenance("test"),
    )


@pytest.fixture(scope="module")
def watched() -> list[dict[str, Any]]:
    if not WATCH.exists():
        pytest.skip("the recorded incident is not beside this checkout")
    with WATCH.open() as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def lanes(watched: list[dict[str, Any]]) -> dict[str, Lane]:
    builders: dict[str, LaneBuilder] = {}
    created: dict[str, int] = {}
    for event in watched:
        found = event["object"]
        if found["kind"] != "Pod":
            continue
        name, revision = found["metadata"]["name"], int(found["metadata"]["resourceVersion"])
        builder = builders.setdefault(name, LaneBuilder("pods", "shop", name))
        if event["type"] == "ADDED":
            created[name] = revision
        gone = event["type"] == "DELETED"
        builder.add(record(revision, created[name], tombstone=gone), None if gone else found)
    return {name: builder.lane(LAST) for name, builder in builders.items()}


def states(lane: Lane) -> list[tuple[int, LaneState]]:
    return [(span.start, span.state) for span in lane.spans]


def test_a_bad_rollout_waits_for_its_image_until_it_is_deleted(lanes: dict[str, Lane]) -> None:
    lane = lanes["web-79f78d44fd-7zlw4"]
    assert states(lane) == [
        (616, LaneState.PENDING),
        (623, LaneState.CREATING),
        (629, LaneState.IMAGE_PULL),
        (657, LaneState.IMAGE_PULL),
        (670, LaneState.IMAGE_PULL),
        (692, LaneState.IMAGE_PULL),
        (720, LaneState.IMAGE_PULL),
        (737, LaneState.TERMINATING),
    ]
    assert lane.marks == (Mark(761, MarkKind.GONE, "deleted"),)
    assert lane.first_trouble == 629
    assert lane.span_at(640) == LaneSpan(629, 657, LaneState.IMAGE_PULL, "ErrImagePull")
    assert lane.span_at(761) is None
    assert lane.note == "web: registry.example/shop/web:2.4.1-typo"


def test_a_reborn_pod_has_two_lives_in_one_lane_and_is_lost_with_its_node(
    lanes: dict[str, Lane],
) -> None:
    assert states(lanes["db-0"]) == [
        (445, LaneState.PENDING),
        (462, LaneState.CREATING),
        (514, LaneState.READY),
        (745, LaneState.TERMINATING),
        (768, LaneState.PENDING),
        (773, LaneState.CREATING),
        (786, LaneState.READY),
        (1127, LaneState.NODE_LOST),
    ]


def test_every_restart_of_a_crash_loop_is_marked_with_its_exit(lanes: dict[str, Lane]) -> None:
    restarts = [mark for mark in lanes["orders"].marks if mark.kind is MarkKind.RESTART]
    assert len(restarts) == 25
    assert restarts[-1] == Mark(1474, MarkKind.RESTART, "init-db: restart 25 after Error (1)")
    assert {span.state for span in lanes["orders"].spans} == {
        LaneState.PENDING,
        LaneState.INIT,
        LaneState.BACK_OFF,
    }


def test_other_fates_have_their_own_states(lanes: dict[str, Lane]) -> None:
    last = {name: lane.spans[-1].state for name, lane in lanes.items()}
    assert last["too-big"] is LaneState.UNSCHEDULABLE
    assert last["cache"] is LaneState.FAILED
    assert last["auth-6444d9c494-wbvrm"] is LaneState.NOT_READY
    assert LaneState.WAITING in {span.state for span in lanes["conf"].spans}
    assert LaneState.SUCCEEDED in {span.state for span in lanes["migrate-9dfqh"].spans}
    assert lanes["cache"].spans[-1].reason == "Evicted"
    assert lanes["urgent"].note == "", "it was scheduled in the end"


def test_what_compaction_took_is_a_gap_and_not_a_state() -> None:
    builder = LaneBuilder("pods", "shop", "a")
    builder.add(record(900, 300), {"status": {"phase": "Succeeded"}})
    assert builder.lane(1000).spans == (
        LaneSpan(300, 900, LaneState.NOT_KEPT),
        LaneSpan(900, 1001, LaneState.SUCCEEDED, "Completed"),
    )


def test_a_life_whose_deletion_was_not_kept_ends_where_the_next_begins() -> None:
    builder = LaneBuilder("pods", "shop", "a")
    builder.add(record(10, 10), {"spec": {"nodeName": "n1"}, "status": {"phase": "Succeeded"}})
    builder.add(record(20, 20), {"spec": {"nodeName": "n2"}, "status": {"phase": "Succeeded"}})
    lane = builder.lane(30)
    assert [(span.start, span.end) for span in lane.spans] == [(10, 20), (20, 31)]
    assert lane.marks == (Mark(20, MarkKind.MOVED, "n1 → n2"),)


def test_an_undecodable_revision_is_shown_as_such() -> None:
    builder = LaneBuilder("pods", "shop", "a")
    builder.add(record(10, 10), None)
    assert builder.lane(11).spans == (LaneSpan(10, 12, LaneState.UNREADABLE),)


def test_a_lane_can_be_taken_again_after_more_was_read() -> None:
    builder = LaneBuilder("pods", "shop", "a")
    builder.add(record(10, 10), {"status": {"phase": "Succeeded"}})
    assert builder.lane(11).spans[-1].end == 12
    assert builder.lane(20).spans == (LaneSpan(10, 21, LaneState.SUCCEEDED, "Completed"),)


@pytest.mark.parametrize(
    ("pod", "state"),
    [
        ({}, LaneState.PENDING),
        ({"status": {"phase": "Unknown"}}, LaneState.UNKNOWN),
        ({"metadata": [], "spec": "x", "status": [1, {}]}, LaneState.PENDING),
        ({"status": {"containerStatuses": [7, {"state": "x"}]}}, LaneState.NOT_READY),
        (
            {
                "spec": {"initContainers": [{"name": "mesh", "restartPolicy": "Always"}]},
                "status": {
                    "initContainerStatuses": [{"name": "mesh", "state": {"running": {}}}],
                    "containerStatuses": [{"name": "a", "state": {"running": {}}}],
                    "conditions": [{"type": "Ready", "status": "True"}],
                },
            },
            LaneState.READY,
        ),
        (
            {
                "spec": {"readinessGates": [{"conditionType": "gate"}]},
                "status": {
                    "containerStatuses": [{"name": "a", "state": {"running": {}}}],
                    "conditions": [
                        {"type": "Ready", "status": "False"},
                        {"type": "ContainersReady", "status": "True"},
                    ],
                },
            },
            LaneState.NOT_READY,
        ),
    ],
    ids=[
        "empty",
        "phase Unknown",
        "no pod at all",
        "odd parts",
        "a sidecar does not keep a pod in init",
        "a closed gate",
    ],
)
def test_states_that_are_easily_mistaken(pod: dict[str, Any], state: LaneState) -> None:
    assert pod_state(pod)[0] is state


def test_the_silence_of_a_node_is_found_in_its_lease(watched: list[dict[str, Any]]) -> None:
    renewals = [
        Renewal(
            int(event["object"]["metadata"]["resourceVersion"]),
            datetime.fromisoformat(event["object"]["spec"]["renewTime"]),
        )
        for event in watched
        if event["object"]["kind"] == "Lease" and event["object"]["metadata"]["name"] == "sim-0"
    ]
    (silence,) = silences(renewals, 40)
    assert (silence.start, silence.end, round(silence.seconds)) == (922, 1232, 80)


def test_silence_covers_what_claims_to_be_ready_only() -> None:
    lane = Lane(
        "nodes",
        "",
        "a",
        (LaneSpan(1, 50, LaneState.READY), LaneSpan(50, 100, LaneState.NODE_LOST, "Unknown")),
    )
    quiet = with_silences(lane, [Silence(40, 70, 80.0)])
    assert [(span.start, span.end, span.state) for span in quiet.spans] == [
        (1, 40, LaneState.READY),
        (40, 50, LaneState.SILENT),
        (50, 100, LaneState.NODE_LOST),
    ]
    assert quiet.note == "silent for 80 s"


def test_an_axis_lays_revisions_out_by_time() -> None:
    axis = Axis(1, 100, 100, ((1, 1000.0), (50, 1010.0), (100, 1100.0)))
    assert axis.position(1) == 0
    assert axis.position(50) < 15, "half of the revisions came in a tenth of the time"
    assert axis.revision_at(axis.position(70)) <= 70 < axis.revision_at(axis.position(70) + 1)
    moment = axis.moment(50)
    assert moment is not None
    assert moment.timestamp() == 1010.0


def test_an_axis_without_times_counts_revisions() -> None:
    axis = Axis(1, 100, 50)
    assert [axis.position(revision) for revision in (1, 3, 51, 100)] == [0, 1, 25, 49]
    assert axis.moment(5) is None
    assert ruler(axis).startswith("╷1 ")


def test_samples_of_a_clock_that_is_off_do_not_turn_time_back() -> None:
    assert rising([(1, 10.0), (2, 999.0), (3, 11.0), (4, 12.0)]) == (
        (1, 10.0),
        (3, 11.0),
        (4, 12.0),
    )


def test_trouble_that_is_shorter_than_a_column_is_still_seen() -> None:
    lane = Lane(
        "pods",
        "shop",
        "a",
        (
            LaneSpan(1, 50, LaneState.READY),
            LaneSpan(50, 51, LaneState.IMAGE_PULL),
            LaneSpan(51, 101, LaneState.READY),
        ),
    )
    picture = "".join(cell.glyph for cell in cells(lane, Axis(1, 100, 10)))
    assert picture == "━━━━p━━━━━"


def test_the_picture_has_a_ruler_names_notes_and_a_legend() -> None:
    lane = Lane(
        "pods",
        "shop",
        "web\x1b[31m",
        (LaneSpan(10, 60, LaneState.READY),),
        (Mark(60, MarkKind.GONE, "deleted"),),
        "a note",
    )
    lines = list(draw_lanes([lane], Axis(1, 100, 20, ((1, 0.0), (100, 100.0)))))
    assert lines == [
        "          ╷00:00:00",
        "web^[[31m  ━━━━━━━━━━×          a note",
        "          ━ ready  × deleted",
    ]


def test_everything_in_the_drawn_picture_lies_within_it() -> None:
    """Also a legend of every state, and a note that is longer than the margin."""
    spans = tuple(LaneSpan(at, at + 5, state) for at, state in enumerate(LaneState, start=10))
    marks = (Mark(20, MarkKind.RESTART, "again"), Mark(90, MarkKind.GONE, "deleted"))
    lane = Lane("pods", "shop", "web", spans, marks, "a note that says much more " * 9)
    drawn = ElementTree.fromstring(lanes_svg([lane], Axis(1, 100, 300, ())))
    width, height = int(drawn.get("width")), int(drawn.get("height"))
    words = [each for each in drawn.iter() if each.tag.endswith("}text")]
    assert {state.label for state in LaneState} <= {each.text for each in words}
    for word in words:
        shown = (word.text or "") + "".join(child.tail or "" for child in word)
        assert float(word.get("x")) + len(shown) * 7.2 <= width
        assert float(word.get("y")) <= height
    (note,) = [each for each in words if any(child.tag.endswith("}title") for child in each)]
    assert note[0].text == lane.note
    assert (note[0].tail or "").endswith("…")


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (2, ["20:30:00", "21:00:00"]),
        (60, ["11-23 00:00", "11-24 00:00"]),
        (24 * 60, ["12-", "01-"]),
    ],
)
def test_a_ruler_over_days_tells_the_dates(hours: int, told: list[str]) -> None:
    start = datetime(2026, 11, 22, 20, 10, tzinfo=UTC)
    end = start + timedelta(hours=hours)
    axis = Axis(1, 1000, 100, ((1, start.timestamp()), (1000, end.timestamp())))
    line = ruler(axis)
    assert len(line) == 100
    assert all(piece in line for piece in told), line
    dates = [word for word in line.split() if word.startswith("╷1") and "-" in word]
    assert len(dates) == len(set(dates))
