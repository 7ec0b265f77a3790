"""A pod's way, against the times at which a watch saw it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from paths import SHOP

from etcdpod.forensics.explain.lifecycle import Life, lives
from etcdpod.kubectl.tables.pod import summarise

if TYPE_CHECKING:
    from etcdpod.history.lives import Registry

LATE = timedelta(seconds=0.1)
"""How long after its write a watch may have received an event."""


def ways(registry: Registry, pod: str) -> list[Life]:
    history = registry.history(registry.resolve("pods"), *pod.split("/"))
    assert history is not None
    return lives(registry.steps(history))


def names(life: Life) -> list[tuple[str, int]]:
    return [(each.name, each.revision) for each in life.milestones]


def test_a_pod_that_runs_passes_every_stage(whole: Registry) -> None:
    first, second = ways(whole, "shop/db-0")
    assert names(first) == [
        ("created", 445),
        ("scheduled", 453),
        ("sandbox", 514),
        ("images", 514),
        ("started", 514),
        ("ready", 514),
        ("terminating", 745),
        ("not ready", 764),
        ("stopped", 764),
        ("gone", 767),
    ]
    assert names(second)[:2] == [("created", 768), ("scheduled", 769)]
    assert second.milestones[-1].name == "node lost"
    assert first.is_over
    assert not second.is_over
    assert first.uid != second.uid


def test_each_step_has_its_writer(whole: Registry) -> None:
    (life,) = ways(whole, "shop/web-79f78d44fd-7zlw4")
    writers = {each.name: each.writer for each in life.milestones}
    assert writers["created"].controller == "replicaset-controller"
    assert writers["scheduled"].component == "kube-scheduler"
    assert writers["sandbox"].component == "kubelet"
    assert writers["terminating"].controller == "replicaset-controller"


@pytest.mark.parametrize(
    ("pod", "stage"),
    [
        ("shop/web-79f78d44fd-7zlw4", "images"),
        ("shop/too-big", "scheduled"),
        ("shop/search", "sandbox"),
        ("shop/mailer", "sandbox"),
        ("shop/orders", "initialized"),
        ("shop/conf", "images"),
        ("shop/auth-6444d9c494-wbvrm", "ready"),
        ("shop/api-fcfcf9977-tb962", None),
    ],
)
def test_where_a_pod_got_stuck(pod: str, stage: str | None, whole: Registry) -> None:
    stuck = ways(whole, pod)[-1].stuck_at
    assert (stuck.name if stuck else None) == stage


def test_restarts_tell_how_the_run_before_ended(whole: Registry) -> None:
    (life,) = ways(whole, "shop/report-84bdd9c46d-4f2x9")
    assert [each.number for each in life.restarts] == list(range(1, 10))
    assert {(each.reason, each.exit_code) for each in life.restarts} == {("OOMKilled", 137)}
    assert all(each.started < each.finished for each in life.restarts)


def test_states_are_kubectls(whole: Registry) -> None:
    history = whole.history(whole.resolve("pods"), "shop", "cart-678b77c888-gczq8")
    assert history is not None
    steps = list(whole.steps(history))
    (life,) = lives(iter(steps))
    shown = {each.revision: (each.status, each.ready) for each in life.states}
    seen = None
    for step in steps:
        assert step.object is not None
        summary = summarise(step.object)
        now = (summary.status, f"{summary.ready}/{summary.total}")
        assert shown.get(step.record.mod_revision) == (None if now == seen else now)
        seen = now


def test_every_step_agrees_with_the_watch(whole: Registry, watched: dict[int, datetime]) -> None:
    judged = 0
    keys = {record.key for record in whole.connector.records(b"/registry/pods/")}
    for key in sorted(keys):
        for life in ways(whole, "/".join(key.decode().split("/")[-2:])):
            for step in life.milestones:
                seen = watched.get(step.revision)
                if seen is None:
                    continue
                judged += 1
                assert step.time is not None
                assert step.time.earliest <= seen
                assert seen - LATE <= step.time.latest
                assert abs(step.time.estimate - seen) < timedelta(seconds=1.5)
    assert judged > 250


@pytest.fixture(scope="module")
def watched() -> dict[int, datetime]:

    path = SHOP / "watch.jsonl"
    if not path.exists():
        pytest.skip("the recorded incident is not in this checkout (../shared is absent)")
    found: dict[int, datetime] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        event: dict[str, Any] = json.loads(line)
        if event["object"]["kind"] == "Pod":
            revision = int(event["object"]["metadata"]["resourceVersion"])
            found[revision] = datetime.fromtimestamp(event["t"], UTC)
    return found


def test_a_life_whose_beginning_is_compacted_says_so(demo_end: Registry) -> None:
    (life,) = ways(demo_end, "shop/filler")
    assert not life.is_complete
    created, *reached = [each for each in life.milestones if each.writer is None]
    assert (created.name, created.revision) == ("created", 873)
    assert [each.name for each in reached] == [
        "scheduled", "sandbox", "images", "started", "ready",
    ]  # fmt: skip
    assert not any(each.is_exact for each in reached)
    assert created.time is not None
    assert created.time.earliest == datetime(2026, 11, 22, 20, 25, 22, tzinfo=UTC)
