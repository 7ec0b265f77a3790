"""A registry at rest: every object of every kind as ``kubectl get -o json`` showed it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from paths import SHOP

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = sorted(path.name.removesuffix(".json") for path in (SHOP / "kubectl").glob("*.json"))


def by_name(listing: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (item["metadata"].get("namespace", ""), item["metadata"]["name"]): item
        for item in listing["items"]
    }


@pytest.mark.skipif(not KINDS, reason="the recorded fixtures are not beside this checkout")
@pytest.mark.parametrize("kind", KINDS)
def test_every_object_equals_kubectls(kind: str, cli: Callable) -> None:
    expected = by_name(json.loads((SHOP / "kubectl" / f"{kind}.json").read_text()))
    ran = cli(
        "get", kind, "-A", "-o", "json", "--show-managed-fields", "--as-served", "--show-secrets",
        "--from", str(SHOP / "quiet.db"),
    )  # fmt: skip
    assert ran.code == 0, ran.err
    ours = by_name(json.loads(ran.out))
    if kind.startswith("leases."):
        # Leases were renewed between the snapshot and kubectl's answer.
        moved = {
            name
            for name, item in expected.items()
            if name in ours
            and item["metadata"]["resourceVersion"] != ours[name]["metadata"]["resourceVersion"]
        }
        assert len(moved) < len(expected)
        expected = {name: item for name, item in expected.items() if name not in moved}
        ours = {name: item for name, item in ours.items() if name not in moved}
    assert ours.keys() == expected.keys()
    for name, item in expected.items():
        assert ours[name] == item, name
