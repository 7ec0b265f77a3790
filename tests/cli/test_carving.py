"""Answers that rest on free pages, and how they say so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def test_history_says_that_the_deletion_is_not_kept(cli: Callable) -> None:
    ran = cli("history", "shop/api-fcfcf9977-frwjl", "--from", "demo-end")
    assert "(deleted, the deletion is not kept)" in ran.out
    assert "free page 5" in ran.out
    assert "alive" not in ran.out


def test_deleted_objects_are_listed_and_it_is_said_where_they_were_found(cli: Callable) -> None:
    ran = cli("get", "pods", "-A", "--deleted", "-o", "name", "--from", "demo-end")
    names = set(ran.out.split())
    assert {"pod/api-fcfcf9977-frwjl", "pod/conf", "pod/web-79f78d44fd-7zlw4"} <= names
    assert "3 of these with trust D: carved from a free page" in ran.err
    only = cli(
        "get", "pods", "-A", "--deleted", "-o", "name", "--only-vouched", "--from", "demo-end"
    )
    assert names - set(only.out.split()) == {
        "pod/api-fcfcf9977-frwjl",
        "pod/conf",
        "pod/web-79f78d44fd-7zlw4",
    }
    assert "trust D" not in only.err


def test_lanes_reach_back_and_show_their_gaps(cli: Callable) -> None:
    words = ("timeline", "-n", "shop", "--width", "120", "--from", "demo-end")
    ran = cli(*words)
    lanes = {line.split()[0]: line for line in ran.out.splitlines() if "·" in line or "p" in line}
    assert "pppp" in lanes["web-79f78d44fd-7zlw4"]
    assert "····" in lanes["api-fcfcf9977-frwjl"]
    assert "the lanes rest in part on revisions with trust D" in ran.err
    vouched = cli(*words, "--only-vouched")
    assert "web-79f78d44fd-7zlw4" not in vouched.out
    assert "trust D" not in vouched.err


def test_a_pod_whose_deletion_is_not_kept_is_not_explained_as_one_that_hangs(
    cli: Callable,
) -> None:
    ran = cli("explain", "shop/api-fcfcf9977-frwjl", "--from", "demo-end")
    assert "deleted, the deletion is not kept" in ran.out
    assert "alive" not in ran.out
    assert "Terminating" not in ran.out


def test_what_was_passed_in_a_gap_has_a_bound_and_no_writer(cli: Callable) -> None:
    ran = cli("explain", "shop/db-0", "--all", "--from", "demo-end")
    first = ran.out.partition("incarnation 2")[0]
    assert "deletion asked for by revision 745" in first
    assert "before which revisions are missing" in first
    (terminating,) = [
        line for line in first.splitlines() if line.startswith("<=745") and "term" in line
    ]
    assert "kubelet" not in terminating


def test_info_counts_what_lies_beside_the_tree(cli: Callable) -> None:
    facts = json.loads(cli("info", "-o", "json", "--from", "demo-end").out)
    (told,) = facts["revisionsBesideTheTree"]["byTrust"].items()
    assert told[0] == "D"
    assert told[1] >= 363
    assert "  trust D: carved from a free page" in cli("info", "--from", "demo-end").out
    # Snapshots are streamed while etcd goes on writing: a later write may be in a free page.
    facts = json.loads(cli("info", "-o", "json", "--from", "demo").out)
    assert facts["revisionsBesideTheTree"] == {"byTrust": {}, "newerThanSource": 1}
