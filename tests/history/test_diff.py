"""Differences: right in every case, told as Kubernetes would, and cheap."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etcdpod.history.diff.objects import changes, is_noise
from etcdpod.history.diff.values import equal
from etcdpod.kube.model.merge_keys import member_names
from etcdpod.kube.model.paths import parse_path

if TYPE_CHECKING:
    from etcdpod.changes import Change


def told(before: Any, after: Any, **options: Any) -> list[tuple[str, str, Any, Any]]:
    return [(c.path, c.op, c.before, c.after) for c in changes(before, after, **options)]


# --- what a reader sees ----------------------------------------------------------------------


def test_a_change_is_named_by_its_merge_keys() -> None:
    before = {
        "status": {
            "containerStatuses": [
                {"name": "log", "state": {}},
                {"name": "web", "state": {"waiting": {"reason": "ImagePullBackOff"}}},
            ]
        }
    }
    after = copy.deepcopy(before)
    after["status"]["containerStatuses"][1]["state"]["waiting"]["reason"] = "ErrImagePull"
    after["status"]["containerStatuses"].reverse()
    assert told(before, after) == [
        (
            "status.containerStatuses[web].state.waiting.reason",
            "replace",
            "ImagePullBackOff",
            "ErrImagePull",
        )
    ]


def test_the_order_of_a_keyed_list_is_no_change_and_that_of_another_is() -> None:
    one, other = {"name": "a"}, {"name": "b"}
    assert told({"containers": [one, other]}, {"containers": [other, one]}) == []
    assert told({"args": ["a", "b"]}, {"args": ["b", "a"]}) != []


def test_a_subtree_that_came_or_went_is_one_change() -> None:
    waiting, running = {"waiting": {"reason": "x", "message": "y"}}, {"running": {"startedAt": "z"}}
    assert told({"state": waiting}, {"state": running}) == [
        ("state.running", "add", None, {"startedAt": "z"}),
        ("state.waiting", "remove", {"reason": "x", "message": "y"}, None),
    ]


def test_a_key_with_dots_or_slashes_stands_in_brackets() -> None:
    before = {"metadata": {"labels": {"app.kubernetes.io/name": "a", "plain-key": "a"}}}
    after = {"metadata": {"labels": {"app.kubernetes.io/name": "b", "plain-key": "b"}}}
    assert [change[0] for change in told(before, after)] == [
        'metadata.labels["app.kubernetes.io/name"]',
        "metadata.labels.plain-key",
    ]


def test_null_is_a_value_and_absence_is_none() -> None:
    assert told({"a": None}, {}) == [("a", "remove", None, None)]
    assert told({}, {"a": None}) == [("a", "add", None, None)]
    assert told({"a": None}, {"a": 0}) == [("a", "replace", None, 0)]


@pytest.mark.parametrize(
    ("before", "after", "differ"),
    [
        (1, True, True),
        (0, False, True),
        ("1", 1, True),
        (1, 1.0, False),
        ([], {}, True),
        ([True], [1], True),
        ({"a": [{"b": False}]}, {"a": [{"b": 0}]}, True),
        ({"a": [{"b": 0}]}, {"a": [{"b": 0}]}, False),
    ],
)
def test_a_change_of_type_is_a_change(before: Any, after: Any, differ: bool) -> None:
    assert equal(before, after) is not differ
    assert bool(changes({"x": before}, {"x": after})) is differ
    assert bool(changes({"x": [9, before, 9]}, {"x": [9, after, 9]})) is differ


def test_finalizers_are_a_set() -> None:
    before = {"metadata": {"finalizers": ["example.com/hold", "b"]}}
    after = {"metadata": {"finalizers": ["b", "c"]}}
    assert told(before, after) == [
        ("metadata.finalizers[example.com/hold]", "remove", "example.com/hold", None),
        ("metadata.finalizers[c]", "add", None, "c"),
    ]


def test_a_member_inserted_into_a_list_without_keys_is_one_change() -> None:
    before, after = {"args": ["--a", "--c"]}, {"args": ["--a", "--b", "--c"]}
    assert told(before, after) == [("args[1]", "add", None, "--b")]
    assert told(after, before) == [("args[1]", "remove", "--b", None)]


def test_lists_that_need_alignment_are_aligned() -> None:
    before = {"args": ["a", "b", "c", "d", "e", "f"]}
    after = {"args": ["b", "c", "x", "e", "f", "g"]}
    assert told(before, after) == [
        ("args[0]", "remove", "a", None),
        ("args[3]", "replace", "d", "x"),
        ("args[5]", "add", None, "g"),
    ]


def test_true_is_not_one_where_lists_are_aligned() -> None:
    assert told({"args": [True, "b", 1]}, {"args": [1, "c", True]}) == [
        ("args[0]", "replace", True, 1),
        ("args[1]", "replace", "b", "c"),
        ("args[2]", "replace", 1, True),
    ]
    assert told({"args": ["x", {"a": True}]}, {"args": ["y", {"a": 1}]}) == [
        ("args[0]", "replace", "x", "y"),
        ("args[1].a", "replace", True, 1),
    ]


def test_lists_inside_aligned_lists_are_keyed_too() -> None:
    def job(image: str) -> dict[str, Any]:
        containers = [{"name": "log", "image": "log"}, {"name": "web", "image": image}]
        return {"template": {"containers": containers, "suspend": True}}

    before = {"jobs": [job("a"), job("b"), {"last": True}]}
    after = {"jobs": [job("x"), job("y"), {"last": True}]}
    assert told(before, after) == [
        ("jobs[0].template.containers[web].image", "replace", "a", "x"),
        ("jobs[1].template.containers[web].image", "replace", "b", "y"),
    ]


def test_the_map_keys_of_a_custom_resource_are_used() -> None:
    before = {"spec": {"listeners": [{"port": 1, "host": "a"}, {"port": 2, "host": "b"}]}}
    after = {"spec": {"listeners": [{"port": 2, "host": "c"}, {"port": 1, "host": "a"}]}}
    keys = {"spec.listeners": ("port",)}
    assert told(before, after, list_map_keys=keys) == [
        ('spec.listeners["2"].host', "replace", "b", "c")
    ]


def test_noise_is_left_out_unless_it_is_asked_for() -> None:
    before: dict[str, Any] = {
        "metadata": {"resourceVersion": "1", "managedFields": [], "generation": 1},
        "status": {"conditions": [{"type": "Ready", "lastHeartbeatTime": "1", "status": "True"}]},
    }
    after: dict[str, Any] = {
        "metadata": {"resourceVersion": "2", "managedFields": [{}], "generation": 2},
        "status": {"conditions": [{"type": "Ready", "lastHeartbeatTime": "2", "status": "True"}]},
    }
    assert [change[0] for change in told(before, after)] == ["metadata.generation"]
    loud = [change[0] for change in told(before, after, noise=True)]
    assert loud == [
        "metadata.generation",
        "metadata.managedFields[0]",
        "metadata.resourceVersion",
        "status.conditions[Ready].lastHeartbeatTime",
    ]
    assert [path for path in loud if is_noise(path)] == loud[1:]


def test_a_leases_renewal_is_no_noise() -> None:
    assert told({"spec": {"renewTime": "1"}}, {"spec": {"renewTime": "2"}}) != []


def test_one_side_alone_has_no_differences() -> None:
    assert changes(None, {"a": 1}) == changes({"a": 1}, None) == changes(None, None) == ()


# --- what must hold for any two objects -----------------------------------------------------


SCALARS = st.sampled_from([None, True, False, 0, 1, 2, "", "a", "b", "true", "1"])
NAMES = st.sampled_from(["web", "log", "example.com/a", "with space", 'quo"te', "a]b"])
KEYED = {"containers": "name", "conditions": "type", "volumeMounts": "mountPath"}


def members(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keyed = [
        st.lists(
            st.builds(lambda n, extra, key=key: {**extra, key: n}, NAMES, plain(children)),
            max_size=3,
        ).map(lambda found, field=field: {field: found})
        for field, key in KEYED.items()
    ]
    return st.one_of(
        plain(children),
        st.lists(children, max_size=5).map(lambda found: {"args": found}),
        st.lists(st.one_of(NAMES, SCALARS), max_size=4).map(lambda found: {"finalizers": found}),
        *keyed,
    )


def plain(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.sampled_from(["a", "b", "a.b/c", "__private__", "0", 'x"y', ""])
    return st.dictionaries(keys, children, max_size=3)


OBJECTS = st.recursive(st.one_of(SCALARS, st.lists(SCALARS, max_size=4)), members, max_leaves=12)
ROOTS = st.dictionaries(st.sampled_from(["spec", "status"]), OBJECTS, max_size=2)

GONE = object()


@settings(max_examples=400, deadline=None)
@given(ROOTS, ROOTS)
def test_applying_the_changes_gives_the_newer_object(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    found = changes(before, after)
    assert canonical(apply(before, found)) == canonical(after)
    assert len({change.path for change in found if change.op != "add"}) == len(
        [change for change in found if change.op != "add"]
    )


@settings(max_examples=100, deadline=None)
@given(ROOTS)
def test_equal_objects_have_no_differences(value: dict[str, Any]) -> None:
    assert changes(value, copy.deepcopy(value)) == ()
    assert changes(value, json.loads(json.dumps(value))) == ()


def apply(before: dict[str, Any], found: tuple[Change, ...]) -> dict[str, Any]:
    """Make the changes, naming members and positions as ``Change.path`` promises."""
    result = copy.deepcopy(before)
    located = [(change, *locate(result, parse_path(change.path))) for change in found]
    purged: list[list[Any]] = []
    for change, parent, place in located:
        if change.op == "replace":
            parent[place] = copy.deepcopy(change.after)
        elif change.op == "remove" and isinstance(parent, dict):
            del parent[place]
        elif change.op == "remove":
            parent[place] = GONE
            purged.append(parent)
    for parent in purged:
        parent[:] = [member for member in parent if member is not GONE]
    for change, parent, place in located:
        if change.op == "add" and isinstance(parent, dict):
            parent[place] = copy.deepcopy(change.after)
        elif change.op == "add":
            parent.insert(len(parent) if place is None else place, copy.deepcopy(change.after))
    return result


def locate(value: Any, parts: tuple[str, ...]) -> tuple[Any, Any]:
    """The container of a path's last part, and the key or index in it; None for a new member."""
    field = ""
    for part in parts[:-1]:
        place = part if isinstance(value, dict) else index(field, value, part)
        field = part if isinstance(value, dict) else ""
        value = value[place]
    last = parts[-1]
    return value, last if isinstance(value, dict) else index(field, value, last)


def index(field: str, elements: list[Any], part: str) -> int | None:
    names = member_names(field, elements)
    if names is not None and part in names:
        return names.index(part)
    return int(part) if part.isdigit() else None


def canonical(value: Any, field: str = "") -> str:
    """JSON text in which the order of keyed lists does not show."""
    if isinstance(value, dict):
        shown = {key: canonical(member, key) for key, member in sorted(value.items())}
        return json.dumps(shown)
    if isinstance(value, list):
        shown_list = [canonical(member) for member in value]
        return json.dumps(sorted(shown_list) if member_names(field, value) else shown_list)
    return json.dumps(value)


def test_every_recorded_step_can_be_redone_from_its_changes(shop: dict[str, Any]) -> None:
    redone = 0
    for recorded in shop.values():
        objects = [value for _, value in recorded.events]
        for before, after in pairwise(objects):
            found = changes(before, after, noise=True)
            assert canonical(apply(before, found)) == canonical(after)
            redone += 1
    assert redone > 900


# --- hostile input and cost -----------------------------------------------------------------


def nested(depth: int, leaf: Any) -> dict[str, Any]:
    value = leaf
    for _ in range(depth):
        value = {"a": value}
    return {"spec": value}


def test_depth_is_no_danger() -> None:
    deep = sys.getrecursionlimit() + 300
    (change,) = changes(nested(deep, 1), nested(deep, 2))
    assert (change.before, change.after) == (1, 2)
    assert changes(nested(deep, 1), nested(deep, 1)) == ()
    lists = [nested(deep, leaf) for leaf in (1, 2, 3, 4)]
    (whole,) = changes({"args": lists[:2]}, {"args": lists[2:]})
    assert (whole.path, whole.op) == ("args", "replace")


def test_very_long_lists_are_told_whole_instead_of_being_aligned() -> None:
    before, after = [f"a{i}" for i in range(20_000)], [f"b{i}" for i in range(20_000)]
    started = time.perf_counter()
    (change,) = changes({"args": before}, {"args": after})
    assert time.perf_counter() - started < 20  # the aligning took minutes
    assert (change.path, change.op) == ("args", "replace")


def test_deepdiff_is_not_imported_for_ordinary_changes() -> None:
    program = """
import sys
from etcdpod.history.diff.objects import changes
assert changes({"a": 1}, {"a": 1}) == ()
assert changes({"a": 1, "args": ["x"]}, {"a": 2, "args": ["x", "y"]})
assert changes({"args": ["x", "y", "z"]}, {"args": ["x", "a", "z"]})
assert "deepdiff" not in sys.modules, "imported for nothing"
assert changes({"args": ["x", "y", "z"]}, {"args": ["y", "a", "b"]})
assert "deepdiff" in sys.modules, "not used at all"
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def _seconds(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> float:
    started = time.perf_counter()
    for before, after in pairs:
        changes(before, after)
    return time.perf_counter() - started
