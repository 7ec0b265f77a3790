"""The Python interface: what a script gets, and that it never takes "could not know" for "none"."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from paths import REPOSITORY, SHOP, needs_shared

import etcdpod

WHEN = "2026-11-22T20:25:02Z"


@pytest.fixture(scope="module")
def demo():
    with etcdpod.open("demo") as registry:
        yield registry


def test_the_examples_of_the_module_run() -> None:
    outcome = doctest.testmod(etcdpod)
    assert outcome.attempted > 2
    assert outcome.failed == 0


def test_every_public_name_exists_and_help_reads_it() -> None:
    for name in etcdpod.__all__:
        assert getattr(etcdpod, name) is not None
    assert dir(etcdpod) == list(etcdpod.__all__)
    done = subprocess.run(
        [sys.executable, "-c", "import etcdpod; help(etcdpod)"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "etcdpod.open" in done.stdout
    assert "class OpenRegistry" not in done.stderr


def test_importing_costs_nothing_that_is_not_used() -> None:
    code = "import etcdpod, sys; print([m for m in ('numpy', 'click', 'grpc') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@needs_shared
def test_objects_are_those_that_the_watch_saw(demo) -> None:
    seen: dict[str, dict] = {}
    for line in (SHOP / "watch.jsonl").read_text().splitlines():
        event = json.loads(line)
        thing = event["object"]
        metadata = thing["metadata"]
        early = int(metadata["resourceVersion"]) <= 720
        if thing["kind"] == "Pod" and metadata["namespace"] == "shop" and early:
            seen[metadata["name"]] = (event["type"], thing)
    expected = {name: thing for name, (kind, thing) in seen.items() if kind != "DELETED"}
    assert {pod.name: pod.object for pod in demo.list("pods", "shop", at=720)} == expected
    assert demo.get("Pod", "shop/db-0", at=720).object == expected["db-0"]


def test_kinds_names_and_moments_are_those_of_the_command_line(demo) -> None:
    names = [pod.name for pod in demo.list("po", "shop", selector="app=db", at=WHEN)]
    assert names == ["db-0", "db-1"]
    moment = datetime(2026, 11, 22, 20, 25, 2, tzinfo=UTC)
    assert demo.revision(WHEN) == demo.revision(moment)
    assert demo.revision("-10s") < demo.info.current_revision
    assert demo.get("node", "sim-0").namespace == ""
    with pytest.raises(etcdpod.UsageError):
        demo.get("nosuchkind", "x")
    with pytest.raises(etcdpod.UsageError):
        demo.list("pods", at="yesterday")


def test_a_history_has_steps_and_a_difference_changes(demo) -> None:
    steps = list(demo.history("pod", "shop/db-0"))
    assert [step.revision for step in steps][:3] == [445, 453, 462]
    assert [step.event for step in steps].count("DELETED") == 1
    assert steps[0].writer.controller == "statefulset-controller"
    (change,) = [c for c in demo.diff("pod", "shop/db-0", 445, 453) if c.path == "spec.nodeName"]
    assert (change.before, change.after) == (None, "sim-0")


def test_findings_have_a_cause_and_a_severity(demo) -> None:
    found = {finding.object.name: finding for finding in demo.diagnose("shop", at=720)}
    assert found["web-79f78d44fd-7zlw4"].rule == "ErrImagePull"
    assert found["web-79f78d44fd-7zlw4"].severity in ("critical", "error")


def test_what_does_not_exist_says_why(demo) -> None:
    with pytest.raises(etcdpod.NotFoundError) as caught:
        demo.get("pod", "shop/db-0", at=767)
    assert isinstance(caught.value.absence, etcdpod.Deleted)
    assert caught.value.absence.tombstone.mod_revision == 767
    with pytest.raises(etcdpod.NotFoundError):
        demo.history("pod", "shop/none")
    with pytest.raises(etcdpod.FutureRevisionError):
        list(demo.list("pods", at=99_999))
    with pytest.raises(etcdpod.SourceError):
        etcdpod.open("/nonexistent/snapshot.db")


@pytest.mark.parametrize("kind", ["pods", "cronjobs", "nodes"])
@pytest.mark.parametrize("at", [5, 300])
def test_a_list_below_the_compaction_is_no_empty_list(kind: str, at: int) -> None:
    with etcdpod.open("demo-end") as registry, pytest.raises(etcdpod.CompactedError):
        list(registry.list(kind, "default" if kind == "pods" else None, at=at))


def test_reprs_fit_on_a_screen(demo) -> None:
    step = next(iter(demo.history("pod", "shop/db-0")))
    pod = demo.get("pod", "shop/db-0")
    finding = demo.diagnose("shop", at=720)[0]
    changes = demo.diff("pod", "shop/db-0", 462, 514)
    for thing in (demo, pod, pod.record, step, *changes, finding, demo.info):
        assert len(repr(thing)) <= 500, repr(thing)
    assert repr(pod) == "<Pod 'shop/db-0' at revision 786>"


def test_secrets_are_masked_unless_asked_for() -> None:
    def data(**options: bool) -> dict:
        with etcdpod.open("demo", **options) as registry:
            return next(iter(registry.list("secrets", "shop"))).object["data"]

    assert data() != data(show_secrets=True)
