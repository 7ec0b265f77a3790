"""Field paths: written, read back, followed."""

from __future__ import annotations

from typing import Any

import pytest

from etcdpod.changes import Change
from etcdpod.errors import UsageError
from etcdpod.kube.model.merge_keys import ListMember
from etcdpod.kube.model.paths import format_path, narrowed, parse_path, touches, value_at

POD: dict[str, Any] = {
    "metadata": {"labels": {"app.kubernetes.io/name": "web"}},
    "spec": {"containers": [{"name": "web", "args": ["-v", None]}]},
    "status": {
        "conditions": [{"type": "Ready", "status": "True"}],
        "podIPs": [{"ip": "10.0.0.1"}],
    },
}


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ((), ""),
        (("status", "phase"), "status.phase"),
        (("spec", "containers", ListMember("web"), "image"), "spec.containers[web].image"),
        (("metadata", "labels", "a.b/c"), 'metadata.labels["a.b/c"]'),
        (("metadata", "labels", "pod-template-hash"), "metadata.labels.pod-template-hash"),
        (("spec", "args", 3), "spec.args[3]"),
        (("spec", "args", ListMember("3")), 'spec.args["3"]'),
        (
            ("metadata", "finalizers", ListMember("example.com/x")),
            "metadata.finalizers[example.com/x]",
        ),
        (("a", ListMember("with ] bracket")), 'a["with ] bracket"]'),
        (("a", 'quo"te'), 'a["quo\\"te"]'),
        (("a", "line\nbreak"), 'a["line\\nbreak"]'),
        (("0",), '["0"]'),
    ],
)
def test_a_path_is_written_so_that_it_can_be_read_back(parts: tuple[Any, ...], text: str) -> None:
    assert format_path(parts) == text
    assert parse_path(text) == tuple(map(str, parts))


@pytest.mark.parametrize(
    "text",
    [
        "status.phase",
        ".status.phase",
        "{.status.phase}",
        "$.status.phase",
        " status.phase ",
        "status['phase']",
        'status["phase"]',
    ],
)
def test_what_users_write_is_understood(text: str) -> None:
    assert parse_path(text) == ("status", "phase")


@pytest.mark.parametrize("text", ["a[", "a[b", "a]", "a..b", 'a["b', "a['b\"]", 'a["\\q"]'])
def test_what_is_no_path_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_path(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("status.conditions[Ready].status", (True, "True")),
        ("status.conditions[0].status", (True, "True")),
        ("status.podIPs[10.0.0.1].ip", (True, "10.0.0.1")),
        ("spec.containers[web].args[0]", (True, "-v")),
        ("spec.containers[web].args[1]", (True, None)),
        ("spec.containers[web].args[2]", (False, None)),
        ("spec.containers[other]", (False, None)),
        ('metadata.labels["app.kubernetes.io/name"]', (True, "web")),
        ("metadata.nothing.here", (False, None)),
        ("metadata.labels[99999999999999999999]", (False, None)),
        ("spec.containers[99999999999999999999]", (False, None)),
        ("status.conditions[Ready].status.deeper", (False, None)),
    ],
)
def test_a_path_is_followed(path: str, expected: tuple[bool, Any]) -> None:
    assert value_at(POD, parse_path(path)) == expected


@pytest.mark.parametrize(
    ("path", "field", "expected"),
    [
        ("status.phase", "status.phase", True),
        ("status.phase", "status", True),
        ("status", "status.phase", True),
        ("status.podIP", "status.podIPs", False),
        ("status.phase", "spec", False),
        ('metadata.labels["a/b"]', "metadata.labels['a/b']", True),
    ],
)
def test_a_change_touches_a_field(path: str, field: str, expected: bool) -> None:
    assert touches(path, field) is expected


def test_a_change_above_a_field_is_cut_down_to_it() -> None:
    whole = Change("status", "add", None, POD["status"])
    assert narrowed(whole, "status.conditions[Ready].status") == Change(
        "status.conditions[Ready].status", "add", None, "True"
    )
    assert narrowed(whole, "status.reason") is None
    assert narrowed(whole, "spec") is None
    conditions = Change("status.conditions", "add", None, POD["status"]["conditions"])
    assert narrowed(conditions, "status.conditions[Ready]") == Change(
        "status.conditions[Ready]", "add", None, {"type": "Ready", "status": "True"}
    )
    below = Change("status.conditions[Ready].status", "replace", "False", "True")
    assert narrowed(below, "status.conditions") is below
    text = Change("status", "replace", {"phase": "Pending", "x": 1}, {"phase": "Running", "x": 1})
    assert narrowed(text, "status.phase") == Change("status.phase", "replace", "Pending", "Running")
    assert narrowed(text, "status.x") is None
