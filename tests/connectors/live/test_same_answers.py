"""The command line says the same over a snapshot and over the live etcd restored from it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

NOW = "2026-11-22T20:40:00Z"


OF_THE_SOURCE = re.compile(
    r' · read from: live \d+|"source":"[^"]*"|(?<=alive at )\d+|(?<=--from )\S+'
)
"""Where a revision was read, and how far the source reaches: as leases end, a live one moves."""


def said(source: str, *words: str) -> tuple[int, str]:
    """Exit code and stdout, without what names the source."""
    # What free pages give back of a file no server tells.
    options = ("--only-vouched", "--from", source)
    command = [sys.executable, "-m", "etcdpod", *words, *options]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert b"Traceback" not in done.stderr, done.stderr
    return done.returncode, OF_THE_SOURCE.sub("", done.stdout.decode().replace(source, "SOURCE"))


@pytest.fixture(scope="module")
def revisions(shop) -> dict[str, str]:
    """The newest revision of the snapshot, and the first and the last of one pod."""
    from sources import tree_of

    connector = tree_of(shop[1])
    try:
        puts = [r for r in connector.history(b"/registry/pods/shop/db-0") if not r.tombstone]
        first, last = puts[0].revision.main, puts[-1].revision.main
        first = max(first, connector.info().compact_revision)
        newest = connector.info().current_revision
        return {"newest": str(newest), "first": str(first), "last": str(last), "now": NOW}
    finally:
        connector.close()


@pytest.mark.parametrize("shop", ["3.5-end", "3.5-mid"], indirect=True)
@pytest.mark.parametrize(
    "words",
    [
        "get pods -A -o wide --at {newest} --now {now}",
        "get pods -A -o json --show-managed-fields --at {newest}",
        "history shop/db-0 --diff",
        "history shop/db-0 -o jsonl --objects",
        "diff shop/db-0 {first} {last}",
    ],
)
def test_live_and_snapshot_agree_to_the_byte(words, shop, revisions):
    etcd, snapshot = shop
    filled = words.format(**revisions).split()
    live, offline = said(etcd.address, *filled), said(str(snapshot), *filled)
    assert live == offline
    assert offline[1]
