"""``describe`` and ``events`` over whole registries, against what kubectl printed over them."""

from __future__ import annotations

import shlex
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from paths import FIXTURES, REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHARED = FIXTURES / "kubectl-output"
OWN = sorted((REPOSITORY / "testdata" / "describe").glob("demo*/*.txt"))
PODS = sorted(SHARED.glob("describe-*.txt"))

LATER = (0, 250, 500, 750, 1000, 1500, 2000)
"""kubectl ran up to two seconds after the clock was noted: milliseconds."""


def check(cli: Callable, path: Path, source: str) -> None:
    """That our answer at some moment of those is kubectl's, byte for byte."""
    command, clock, expected = path.read_text().split("\n", 2)
    words = shlex.split(command.removeprefix("$ kubectl "))
    start = datetime.fromisoformat(clock.removeprefix("# now "))
    answers = []
    for later in LATER:
        now = (start + timedelta(milliseconds=later)).isoformat()
        ran = cli(*words, "--from", source, "--now", now)
        assert ran.code == 0, ran.err
        if ran.out == expected:
            return
        answers.append(ran.out)
    assert answers[0] == expected


@pytest.mark.parametrize("path", OWN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_kind_is_described_as_kubectl_does(path: Path, cli: Callable) -> None:
    check(cli, path, path.parent.name)


@pytest.mark.skipif(not PODS, reason="the recorded fixtures are not beside this checkout")
@pytest.mark.parametrize("path", PODS, ids=lambda path: path.stem)
def test_pods_are_described_as_kubectl_does(path: Path, cli: Callable) -> None:
    check(cli, path, str(SHARED / "registry.db"))


def test_namespace_and_name_in_one_word(cli: Callable) -> None:
    one = cli("describe", "pod", "shop/cache", "--from", "demo-end")
    other = cli("describe", "pod/cache", "-n", "shop", "--from", "demo-end")
    assert one.code == 0
    assert one.out == other.out
    assert one.out.startswith("Name:         cache\n")


def test_as_of_a_revision(cli: Callable) -> None:
    early = cli("describe", "pod", "shop/db-0", "--at", "460", "--from", "demo")
    later = cli("describe", "pod", "shop/db-0", "--at", "514", "--from", "demo")
    assert "Status:         Pending\n" in early.out
    assert "Status:       Running\n" in later.out
    assert "Started container pg" not in early.out


def test_what_was_deleted_is_described_as_it_last_was(cli: Callable) -> None:
    gone = cli("describe", "pod", "-n", "shop", "--deleted", "--from", "demo")
    assert gone.code == 0
    assert "Status:" in gone.out


def test_a_secret_shows_sizes_alone(cli: Callable) -> None:
    ran = cli("describe", "secret", "-A", "--from", "demo-end")
    assert "password:  7 bytes\n" in ran.out


def test_nothing_of_that_name(cli: Callable) -> None:
    ran = cli("describe", "pod", "shop/nothing", "--from", "demo-end")
    assert ran.code == 1
    assert ran.out == ""
    assert 'pods "nothing" not found' in ran.err


def test_nothing_of_that_kind(cli: Callable) -> None:
    ran = cli("describe", "pods", "-n", "nowhere", "--from", "demo-end")
    assert (ran.code, ran.out) == (0, "")
    assert "No resources found in nowhere namespace." in ran.err


def test_a_selector_chooses(cli: Callable) -> None:
    ran = cli("describe", "pods", "-n", "shop", "-l", "app=db", "--from", "demo-end")
    assert [line for line in ran.out.splitlines() if line.startswith("Name:")] == [
        "Name:         db-0"
    ]
    clash = cli("describe", "pod", "shop/db-0", "-l", "app=db", "--from", "demo-end")
    assert clash.code == 2


def test_events_of_one_object_by_either_name(cli: Callable) -> None:
    one = cli("events", "--for", "pod/shop/cache", "--from", "demo-end")
    other = cli("events", "--for", "pod/cache", "-n", "shop", "--from", "demo-end")
    assert one.out == other.out
    assert len(one.out.splitlines()) == 5


def test_events_everywhere_name_their_namespace(cli: Callable) -> None:
    ran = cli("events", "-A", "--from", "demo-end")
    header, *rows = ran.out.splitlines()
    assert header.startswith("NAMESPACE")
    assert {row.split()[0] for row in rows} >= {"default", "shop"}


def test_events_of_what_is_no_object(cli: Callable) -> None:
    assert cli("events", "--for", "cache", "--from", "demo-end").code == 2


def test_no_events(cli: Callable) -> None:
    ran = cli("events", "-n", "nowhere", "--from", "demo-end")
    assert (ran.code, ran.out) == (0, "")
    assert "No events found in nowhere namespace." in ran.err


@pytest.mark.parametrize("kind", ["events", "events.v1.", "events.events.k8s.io"])
def test_events_of_one_object_through_get(kind: str, cli: Callable) -> None:
    field = "regarding" if "k8s.io" in kind else "involvedObject"
    ran = cli(
        *("get", kind.rstrip("."), "-n", "shop", "--no-headers", "--from", "demo-end"),
        *("--field-selector", f"{field}.name=cache,{field}.kind=Pod"),
        *("--sort-by", ".lastTimestamp"),
    )
    assert ran.code == 0, ran.err
    reasons = [line.split()[2] for line in ran.out.splitlines()]
    assert sorted(reasons) == ["Evicted", "Pulling", "Scheduled", "Started"]
    assert reasons[0] == "Scheduled"  # it has no lastTimestamp
