"""What compaction took is never shown as "there was nothing"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "words",
    [
        "get pods -n default --at 5",
        "get cronjobs -A --at 300",
        "get cronjobs -A --at 300 -o json",
        "get cronjobs -A --at 300 -o name",
        "get pods -n nosuch --at 5 -o yaml",
        "get pods -A --at 300 --sort-by .metadata.name",
        "describe cronjobs -A --at 300",
        "events -A --at 300",
        "lint --at 300",
        "diagnose --at 300",
        "keys /registry/cronjobs --at 300",
        "diff cronjobs 100 300",
    ],
)
def test_a_state_that_is_not_known_is_no_empty_answer(words: str, cli: Callable) -> None:
    ran = cli(*words.split(), "--from", "demo-end")
    assert ran.code == 1
    assert ran.out == ""
    assert "was compacted away; oldest complete revision: 908" in ran.err
    assert "No resources found" not in ran.err


def test_the_same_state_is_known_where_nothing_was_compacted(cli: Callable) -> None:
    ran = cli("get", "cronjobs", "-A", "--at", "300", "--from", "demo")
    assert ran.code == 0
    assert "No resources found" in ran.err
