"""What a tired user gets wrong: one line that says what, where and what next, and a code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FOUND, NOT_FOUND, USAGE, UNREADABLE = range(4)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("get pods -A --from {tmp}/absent.db", UNREADABLE, "no such file"),
        ("get pods -A --from {tmp}", UNREADABLE, "no etcd data directory"),
        ("get pods -A --from {tmp}/empty.db", UNREADABLE, "empty"),
        ("get pods -A --from {tmp}/text.db", UNREADABLE, "no etcd snapshot"),
        ("get pod nobody -n shop --from demo", NOT_FOUND, "not found in namespace shop"),
        ("get pod shop/db-0 --at 99999 --from demo", NOT_FOUND, "newest is 1050"),
        ("get pods -n shop --at 500 --from demo-end", NOT_FOUND, "compacted away"),
        ("get nonsense --from demo", USAGE, "no resource type 'nonsense'"),
        ("get pods --from demo -o nonsense", USAGE, "no output format"),
        ("get pods --from demo -l a=b=c", USAGE, ""),
        ("get --from demo", USAGE, "no kind named"),
        ("get pods a/b/c --from demo", USAGE, "no name"),
        ("get pods -A --at yesterday --from demo", USAGE, "neither a revision nor a time"),
        ("get pods -A --now yesterday --from demo", USAGE, "no time"),
        ("get pods -A -w --from demo", USAGE, "does not change"),
        ("get node shop/x --from demo", USAGE, "no namespace"),
        ("history shop/nobody --from demo", NOT_FOUND, "no revision of pods shop/nobody"),
        ("history --from demo", USAGE, "name one object"),
        ("history shop/db-0 --follow --from demo", USAGE, "does not change"),
        ("history shop/db-0 --field [ --from demo", USAGE, "field path"),
        ("diff shop/db-0 453 --from demo", USAGE, "one revision was named"),
        ("diff shop/db-0 --from demo", USAGE, "nothing to compare with"),
        ("diff shop/db-0 700 1127 --from demo-end", NOT_FOUND, "compacted away"),
        ("decode {tmp}/absent", UNREADABLE, "No such file"),
        ("snapshot save {tmp}/x.db --from demo", USAGE, "is a file already"),
        ("nonsense", USAGE, "No such command"),
        ("get pods --nonsense", USAGE, "No such option"),
    ],
)
def test_bad_input_gets_one_line_and_a_code(
    words: str, code: int, says: str, cli: Callable, tmp_path: Path
) -> None:
    (tmp_path / "empty.db").touch()
    (tmp_path / "text.db").write_text("this is no database\n" * 1000)
    ran = cli(*words.format(tmp=tmp_path).split())
    assert ran.code == code, ran.err
    assert ran.out == ""
    lines = [line for line in ran.err.splitlines() if "ages are relative to" not in line]
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("etcdpod: ")
    assert says in lines[0]


def test_no_source_is_explained(cli: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ETCDPOD_FROM", raising=False)
    monkeypatch.delenv("ETCDCTL_ENDPOINTS", raising=False)
    ran = cli("get", "pods", "-A")
    assert ran.code == USAGE
    assert "--from demo" in ran.err


def test_nothing_found_is_no_error(cli: Callable) -> None:
    ran = cli("get", "pods", "-n", "nowhere", "--from", "demo")
    assert ran.code == FOUND
    assert ran.out == ""
    assert "No resources found in nowhere namespace." in ran.err


def test_a_revision_that_history_lists_can_be_compared_though_it_is_below_compaction(
    cli: Callable,
) -> None:
    ran = cli("diff", "shop/db-0", "786", "1127", "--from", "demo-end")
    assert ran.code == NOT_FOUND  # they differ
    assert "+ status.conditions[Ready].status: False" in ran.out
    between = cli("get", "pod", "shop/db-0", "--at", "800", "-o", "name", "--from", "demo-end")
    assert between.out == "pod/db-0\n"


def test_a_diff_of_two_revisions_without_the_object_does_not_deny_its_history(
    cli: Callable,
) -> None:
    ran = cli("diff", "shop/db-0", "1", "2", "--from", "demo")
    assert ran.code == 1
    assert ran.out == ""
    assert "existed neither at revision 1 nor at revision 2" in ran.err
    assert "no revision of" not in ran.err
