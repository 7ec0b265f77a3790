"""``history`` against a watch that was recorded while the incident happened."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from paths import SHOP

if TYPE_CHECKING:
    from collections.abc import Callable

WATCH = SHOP / "watch.jsonl"
KINDS = ("Pod", "Deployment", "Node", "Lease", "ReplicaSet", "StatefulSet", "Job", "Namespace",
         "ConfigMap", "Secret")  # fmt: skip
# (file, its compact revision, its newest revision), as etcd itself reported them.
SOURCES = {"mid.db": (0, None), "end.db": (908, 1471)}

Events = list[dict[str, Any]]


def recorded_lives() -> dict[tuple[str, str], Events]:
    """The watch's events by kind and name, in the order in which they came."""
    lives: dict[tuple[str, str], Events] = defaultdict(list)
    for line in WATCH.read_text().splitlines():
        event = json.loads(line)
        metadata = event["object"]["metadata"]
        name = "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
        lives[event["object"]["kind"], name].append(event)
    return lives


@pytest.fixture(scope="module")
def lives() -> dict[tuple[str, str], Events]:
    if not WATCH.exists():
        pytest.skip("the recorded fixtures are not beside this checkout")
    return recorded_lives()


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", KINDS)
def test_history_is_what_a_watch_saw(
    kind: str, source: str, lives: dict[tuple[str, str], Events], cli: Callable
) -> None:
    path = str(WATCH.with_name(source))
    compact, newest = SOURCES[source]
    if newest is None:
        newest = json.loads(cli("info", "-o", "json", "--from", path).out)["currentRevision"]
    compared = 0
    for (its_kind, name), events in lives.items():
        if its_kind != kind:
            continue
        expected = [
            event
            for event in events
            if event["type"] != "INITIAL"
            and compact < int(event["object"]["metadata"]["resourceVersion"]) <= newest
        ]
        ran = cli(
            "history", kind, name, "-o", "jsonl", "--objects", "--as-served", "--show-secrets",
            "--from", path,
        )  # fmt: skip
        if not expected and ran.code == 1:
            continue
        assert ran.code == 0, ran.err
        lines = [json.loads(line) for line in ran.out.splitlines()]
        ours = [(line["event"], line["object"]) for line in lines if line["revision"] > compact]
        first = min((int(e["object"]["metadata"]["resourceVersion"]) for e in events), default=0)
        ours = [pair for pair in ours if int(pair[1]["metadata"]["resourceVersion"]) >= first]
        ours = ours[len(ours) - len(expected) :] if events[0]["type"] == "INITIAL" else ours
        assert [kind for kind, _ in ours] == [event["type"] for event in expected], name
        assert [found for _, found in ours] == [event["object"] for event in expected], name
        compared += len(expected)
    assert compared or kind in ("Secret", "ConfigMap", "Namespace", "Job"), "nothing was compared"
