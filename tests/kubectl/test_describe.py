"""Descriptions against what kubectl printed of the same objects."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from paths import TESTDATA

from etcdpod.kube.model.types import ResourceTypes
from etcdpod.kubectl.describe import DESCRIBERS, describe, describer_for
from etcdpod.kubectl.describe.alignment import aligned
from etcdpod.kubectl.describe.generic import in_words
from etcdpod.kubectl.describe.quality import quality_of_service
from etcdpod.kubectl.describe.quantities import amount, canonical

RECORDED = TESTDATA / "describe" / "objects.jsonl"
CASES = [json.loads(line) for line in RECORDED.read_text().splitlines()]
TYPES = ResourceTypes()

UNORDERED = "LimitRange"
"""kubectl prints the resources of a limit range in no order."""


@dataclass
class Listed:
    """What stands around an object: the other recorded ones."""

    now: datetime
    show_secrets: bool = True
    all: list[dict[str, Any]] = field(default_factory=lambda: [case["object"] for case in CASES])

    def objects(self, kind: str, namespace: str | None) -> list[dict[str, Any]]:
        wanted = TYPES.resolve(kind)
        found = [
            thing
            for thing in self.all
            if thing["kind"] == wanted.kind
            and namespace in (None, thing["metadata"].get("namespace"))
        ]
        return sorted(found, key=lambda thing: thing["metadata"]["name"])

    def get(self, kind: str, namespace: str | None, name: str) -> dict[str, Any] | None:
        named = (one for one in self.objects(kind, namespace) if one["metadata"]["name"] == name)
        return next(named, None)

    def events(self, namespace: str, name: str) -> list[dict[str, Any]]:
        return [
            event
            for event in self.objects("events", namespace or None)
            if event["involvedObject"].get("namespace", "") == namespace
            and event["involvedObject"]["name"] == name
        ]


def _name(case: dict[str, Any]) -> str:
    return f"{case['object']['kind']}-{case['object']['metadata']['name']}"


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_a_description_is_kubectls(case):
    around = Listed(datetime.fromisoformat(case["now"]))
    described = describe(case["object"], around)
    if case["object"]["kind"] == UNORDERED:
        assert sorted(described.splitlines()) == sorted(case["described"].splitlines())
    else:
        assert described == case["described"]


def test_the_cases_reach_every_describer():
    described = {case["object"]["kind"] for case in CASES}
    rare = {"VolumeAttributesClass", "IngressClass", "ServiceCIDR", "IPAddress", "PriorityClass"}
    roles = {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}

    assert {one.kind for one in DESCRIBERS} <= described | rare | roles


def test_an_object_without_the_shape_of_its_kind_is_described_by_its_fields():
    odd = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "odd"}, "spec": [1, 2]}
    around = Listed(datetime.fromisoformat("2026-11-22T20:00:00Z"))

    text = describe(odd, around)

    assert "Spec:\n  1\n  2\n" in text


def test_a_secret_without_the_shape_of_one_shows_nothing_of_its_data():
    odd = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "odd"},
        "data": [["hunter2"]],
    }
    around = Listed(datetime.fromisoformat("2026-11-22T20:00:00Z"), show_secrets=False)

    assert "hunter2" not in describe(odd, around)


def test_the_token_of_a_service_account_is_shown_only_when_asked_for():
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "token"},
        "type": "kubernetes.io/service-account-token",
        "data": {"token": "aHVudGVyMg=="},
    }
    now = datetime.fromisoformat("2026-11-22T20:00:00Z")

    assert "token:  7 bytes\n" in describe(secret, Listed(now, show_secrets=False))
    assert "token:  hunter2\n" in describe(secret, Listed(now))


def test_no_escape_of_a_cluster_reaches_the_terminal():
    thing = {
        "apiVersion": "example.com/v1",
        "kind": "Thing",
        "metadata": {"name": "\x1b[31mred"},
        "spec": {"\x9b2J": "\x07"},
    }
    text = describe(thing, Listed(datetime.fromisoformat("2026-11-22T20:00:00Z")))

    assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in text if sign != "\n")


def test_a_kind_of_another_group_is_described_by_its_fields():
    assert describer_for({"apiVersion": "serving.knative.dev/v1", "kind": "Service"}).kind == ""
    assert describer_for({"apiVersion": "v1", "kind": "Service"}).kind == "Service"


def test_very_deep_objects_end():
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    thing = {"apiVersion": "e/v1", "kind": "K", "metadata": {"name": "n"}, "spec": deep}

    assert "…" in describe(thing, Listed(datetime.fromisoformat("2026-11-22T20:00:00Z")))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("creationTimestamp", "Creation Timestamp"),
        ("apiVersion", "API Version"),
        ("uid", "UID"),
        ("podIPs", "Pod I Ps"),
        ("CSIDriver", "CSIDriver"),
        ("a.b", "a.b"),
        ("my-Field", "My - Field"),
    ],
)
def test_field_names_in_words(name, words):
    assert in_words(name) == words


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("0.5", "500m"),
        ("1500m", "1500m"),
        ("2000m", "2"),
        ("1e9", "1e9"),
        ("1000000000", "1G"),
        ("1.5Gi", "1536Mi"),
        ("2048Ki", "2Mi"),
        ("1023Ki", "1023Ki"),
        ("0", "0"),
        ("0Mi", "0"),
        ("1Ki", "1Ki"),
        ("-1500m", "-1500m"),
        ("not one", "not one"),
    ],
)
def test_quantities_in_their_canonical_form(written, shown):
    assert canonical(written) == shown


def test_a_sum_has_the_form_of_what_came_first():
    assert str(amount("0") + amount("64Mi") + amount("64M")) == "128036Ki"
    assert str(amount("2") + amount("300m")) == "2300m"


@pytest.mark.parametrize(
    ("requests", "limits", "quality"),
    [
        ({}, {}, "BestEffort"),
        ({"cpu": "1"}, {}, "Burstable"),
        ({"cpu": "1", "memory": "1Gi"}, {"cpu": "1000m", "memory": "1024Mi"}, "Guaranteed"),
        ({}, {"cpu": "1", "memory": "1Gi"}, "Burstable"),
        ({"cpu": "0"}, {"cpu": "0"}, "BestEffort"),
    ],
)
def test_quality_of_service(requests, limits, quality):
    spec = {"containers": [{"resources": {"requests": requests, "limits": limits}}]}
    assert quality_of_service(spec) == quality


def test_columns_end_where_a_line_lacks_them():
    lines = ["a\tb", "long\tc", "no cell", "x\ty\tz", "xx\tyy"]
    assert aligned(lines) == "a     b\nlong  c\nno cell\nx   y  z\nxx  yy\n"


ODD = (None, "", 0, -1, True, [], {}, "x", 1.5, [None], {"a": None}, "9" * 50, float("inf"))


def _spoilt(thing: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The object with one value somewhere that has no business there."""
    spoilt = copy.deepcopy(thing)
    node: Any = spoilt
    for _ in range(chance.randint(1, 8)):
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            break
        key = chance.choice(keys)
        if not isinstance(node[key], dict | list) or chance.random() < 0.3:
            node[key] = chance.choice(ODD)
            break
        node = node[key]
    return spoilt


@pytest.mark.parametrize("seed", range(4))
def test_an_odd_object_among_others_is_no_error(seed: int) -> None:
    chance = random.Random(seed)
    things = [case["object"] for case in CASES]
    now = datetime.fromisoformat("2026-11-22T20:00:00Z")
    around = Listed(now)
    odd = [_spoilt(thing, chance) for thing in things]
    around.objects = lambda *_: odd  # type: ignore[method-assign]
    around.get = lambda *_: odd[0]  # type: ignore[method-assign]
    around.events = lambda *_: odd  # type: ignore[method-assign]
    for thing in odd:
        assert describe(thing, around).endswith("\n")
