"""Several ``--from`` are one history, where they are of one cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from paths import FIXTURES

if TYPE_CHECKING:
    from collections.abc import Callable

ENCRYPTED = FIXTURES / "encrypted/encrypted.db"


def revisions(ran_out: str) -> list[tuple[int, str]]:
    return [(line["revision"], line["event"]) for line in map(json.loads, ran_out.splitlines())]


def test_a_history_over_both_snapshots_holds_what_either_holds(cli: Callable) -> None:
    words = ("history", "shop/db-0", "-o", "jsonl")
    early = revisions(cli(*words, "--from", "demo").out)
    late = revisions(cli(*words, "--from", "demo-end").out)
    both = revisions(cli(*words, "--from", "demo", "--from", "demo-end").out)
    assert both == sorted({*early, *late})
    assert len(both) > max(len(early), len(late))


def test_sources_of_different_clusters_are_refused(cli: Callable) -> None:
    if not ENCRYPTED.exists():
        pytest.skip("the recorded fixtures are not beside this checkout")
    ran = cli("get", "pods", "-A", "--from", "demo", "--from", str(ENCRYPTED))
    assert ran.code == 3
    assert "different clusters" in ran.err
    assert len(ran.err.splitlines()) == 1
