"""The ledger against the snapshot that it was read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sources import tree_of

from etcdpod.demo import demo_path
from etcdpod.etcd.bbolt import BboltFile
from etcdpod.etcd.bbolt.tree import Tree
from etcdpod.forensics.activity.activity import Ledger, consumers, writes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.connectors.disk.carving import CarvingConnector


@pytest.fixture(params=["demo", "demo-end"])
def source(request: pytest.FixtureRequest) -> Iterator[CarvingConnector]:
    connector = tree_of(demo_path(request.param))
    yield connector
    connector.close()


@pytest.fixture
def ledger(source: CarvingConnector) -> Ledger:
    ledger = Ledger()
    records = list(source.records(keys_only=True))
    ledger.add(records[:300])
    ledger.add(records[300:])
    return ledger


def alive(ledger: Ledger, at: int) -> dict[bytes, int]:
    rows = ledger.newest(at)
    return {
        ledger.keys[number]: int(ledger.columns.main[row])
        for number, row in enumerate(rows)
        if row >= 0 and not ledger.columns.gone[row]
    }


def test_what_is_alive_equals_the_answer_of_the_source(
    source: CarvingConnector, ledger: Ledger
) -> None:
    info = source.info()
    for at in range(max(info.compact_revision, 1), info.current_revision + 1, 37):
        expected = {record.key: record.mod_revision for record in source.range(b"", at)}
        assert alive(ledger, at) == expected


def test_revisions_of_a_key_equal_its_history(source: CarvingConnector, ledger: Ledger) -> None:
    key = b"/registry/pods/shop/db-0"
    expected = [record.mod_revision for record in source.history(key)]
    assert ledger.revisions_of(key) == expected
    number = ledger.number(key)
    assert number is not None
    assert ledger.kept()[number] == len(expected)
    assert ledger.revisions_of(b"/nowhere") == []


def test_totals_equal_the_database(source: CarvingConnector, ledger: Ledger) -> None:
    tree = Tree(BboltFile.open(source.info().target), [])
    entries = [(len(key), len(value)) for key, value in tree.entries(tree.buckets()[b"key"])]
    found = consumers(ledger, lambda key: key.split(b"/")[2].decode() if b"/" in key else "")
    assert sum(one.revisions for one in found) == len(entries)
    assert sum(one.bytes for one in found) == sum(key + value for key, value in entries)
    assert sum(one.keys for one in found) == len(ledger.keys)
    assert [one.revisions for one in found] == sorted((o.revisions for o in found), reverse=True)


def test_since_counts_only_what_came_later(ledger: Ledger) -> None:
    found = consumers(ledger, lambda key: key.decode(), since=1000)
    assert sum(one.revisions for one in found) == sum(ledger.columns.main >= 1000)
    assert all(one.first >= 1000 for one in found)


def test_writes_of_the_slices_add_up(ledger: Ledger) -> None:
    last = int(ledger.columns.main[-1])
    counts = writes(ledger, [1, 500, 1000, last + 1])
    assert sum(counts) == len(ledger)
    assert counts[0] == sum(ledger.columns.main < 500)


def test_an_empty_ledger_answers_too() -> None:
    ledger = Ledger()
    assert consumers(ledger, lambda key: key.decode()) == []
    assert writes(ledger, [1, 10]) == [0]
    assert len(ledger.newest(5)) == 0
    assert ledger.revisions_of(b"a") == []
