"""What must never be seen of a Secret, wherever it turns up."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import pytest
from paths import FIXTURES

from etcdpod.history.diff.objects import changes
from etcdpod.kube.model.secret import MASK, is_secret_key, mask, mask_changes

GOLDEN = FIXTURES / "golden" / "v1.34.0" / "core.v1.Secret.json"
PLAIN = "correct horse battery"
STORED = base64.b64encode(PLAIN.encode()).decode()


def secret(value: str = STORED) -> dict[str, Any]:
    plain = base64.b64decode(value).decode()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "db",
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": f'{{"data":{{"k":"{value}"}}}}',
                "kapp.k14s.io/original": f'{{"data":{{"k":"{value}"}}}}',
                "note": f"it is {plain}",
                "team": "shop",
            },
            "managedFields": [{"fieldsV1": {"f:data": {"f:k": {}}}}],
        },
        "data": {"k": value, "empty": ""},
        "stringData": {"k": plain},
        "type": "Opaque",
    }


def leaks(value: Any) -> bool:
    text = json.dumps(value)
    return PLAIN in text or STORED in text


def test_values_are_hidden_and_names_stay() -> None:
    value = secret()
    shown = mask(value)
    assert not leaks(shown)
    assert shown["data"] == {"k": MASK, "empty": MASK}
    assert shown["stringData"] == {"k": MASK}
    assert shown["metadata"]["annotations"] == {
        "kubectl.kubernetes.io/last-applied-configuration": MASK,
        "kapp.k14s.io/original": MASK,
        "note": MASK,
        "team": "shop",
    }
    assert shown["metadata"]["managedFields"] == value["metadata"]["managedFields"]
    assert (shown["metadata"]["name"], shown["type"]) == ("db", "Opaque")


def test_what_is_given_is_not_changed() -> None:
    value = secret()
    before = copy.deepcopy(value)
    mask(value)
    assert value == before


@pytest.mark.parametrize(
    "value",
    [
        {"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": STORED}},
        {"apiVersion": "example.com/v1", "kind": "Secret", "data": {"k": STORED}},
        {"apiVersion": "v1", "kind": "PodList", "items": [{"data": {"k": STORED}}]},
        {"apiVersion": "v1", "kind": "List", "items": ["no object", None]},
        {"apiVersion": "v1", "kind": "List", "items": "no list"},
        {"data": {"k": STORED}},
        {},
    ],
)
def test_what_is_no_secret_comes_back_as_it_is(value: dict[str, Any]) -> None:
    assert mask(value) is value


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        ("List", secret()),
        ("SecretList", secret()),
        ("SecretList", {k: v for k, v in secret().items() if k not in ("kind", "apiVersion")}),
        ("List", {"kind": "List", "items": [secret()]}),
    ],
)
def test_secrets_inside_a_list_are_hidden(kind: str, member: dict[str, Any]) -> None:
    other = {"apiVersion": "v1", "kind": "Pod"}
    value = {"apiVersion": "v1", "kind": kind, "items": [other, member]}
    assert leaks(value)
    shown = mask(value)
    assert not leaks(shown)
    assert shown["items"][0] is other


def test_lists_in_lists_are_no_way_around() -> None:
    value = secret()
    for _ in range(3000):
        value = {"kind": "List", "items": [value]}
    masked = mask(value)
    for _ in range(3000):
        if not isinstance(masked, dict):
            break
        masked = masked["items"][0]
    assert masked == MASK


@pytest.mark.parametrize("section", [STORED, [STORED], {"k": {"deeper": STORED}}, 7])
def test_data_of_an_odd_shape_is_hidden_too(section: Any) -> None:
    shown = mask({"apiVersion": "v1", "kind": "Secret", "data": section})
    assert not leaks(shown)
    assert "7" not in json.dumps(shown["data"])


def test_a_secret_without_values_stays_without() -> None:
    value = {"apiVersion": "v1", "kind": "Secret", "data": None, "metadata": "odd"}
    assert mask(value) == value


def test_changes_keep_the_fact_and_lose_the_value() -> None:
    other = base64.b64encode(b"another fine secret").decode()
    before, after = secret(other), secret()
    after["data"]["new"] = STORED
    after["metadata"]["annotations"]["team"] = "store"
    found = mask_changes("Secret", changes(before, after))
    assert not leaks([[c.before, c.after] for c in found])
    told = {change.path: (change.op, change.before, change.after) for change in found}
    assert told["data.k"] == ("replace", MASK, MASK)
    assert told["data.new"] == ("add", None, MASK)
    assert told["stringData.k"] == ("replace", MASK, MASK)
    assert told["metadata.annotations.team"] == ("replace", MASK, MASK)
    applied = 'metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]'
    assert told[applied] == ("replace", MASK, MASK)


@pytest.mark.parametrize("section", ["data", "stringData", "metadata"])
def test_a_section_that_came_or_went_whole_is_hidden(section: str) -> None:
    with_it, without = secret(), secret()
    del without[section]
    for before, after in ((with_it, without), (without, with_it)):
        (change,) = mask_changes("Secret", changes(before, after))
        assert change.path == section
        assert not leaks([change.before, change.after])
        assert MASK in json.dumps([change.before, change.after])


def test_changes_of_other_kinds_are_left_alone() -> None:
    found = changes({"data": {"k": "a"}}, {"data": {"k": "b"}})
    assert mask_changes("ConfigMap", found) == found


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"/registry/secrets/shop/db", True),
        (b"/kubernetes.io/secrets/shop/db", True),
        (b"/a/b.c/secrets/shop/db", True),
        (b"registry/secrets/shop/db", True),
        (b"/registry/configmaps/secrets/db", False),
        (b"/registry/pods/shop/secrets", False),
        (b"/registry/secrets", False),
        (b"compact_rev_key", False),
        (b"", False),
    ],
)
def test_keys_of_secrets_are_known(key: bytes, expected: bool) -> None:
    assert is_secret_key(key) is expected


def test_the_golden_secret_is_hidden() -> None:
    if not GOLDEN.exists():
        pytest.skip("the golden objects are not in this checkout (../shared is absent)")
    value = json.loads(GOLDEN.read_text())
    shown = mask(value)
    assert set(shown["data"].values()) | set(shown["stringData"].values()) == {MASK}
    assert {k: v for k, v in shown.items() if k not in ("data", "stringData")} == {
        k: v for k, v in value.items() if k not in ("data", "stringData")
    }
