"""What free pages give back of a snapshot alone, held against the watch that was recorded."""

from __future__ import annotations

import json
import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from paths import SHOP

from etcdpod.connectors import open_source
from etcdpod.connectors.disk.carving import CarvingConnector
from etcdpod.connectors.disk.datadir import DataDirectoryConnector
from etcdpod.damage import DamageCode as Code
from etcdpod.demo import demo_path
from etcdpod.kube.codec import Decoded, Decoder
from etcdpod.records import Deleted, NotRecorded, Record, Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

END_COMPACTED = 908
"""The compact revision of the demo's end, as etcdutl tells it."""
FOUND_BY_A_PLAIN_SCAN = 363
HALF_GONE = b"/registry/pods/shop/api-fcfcf9977-frwjl"
"""Its last put is left in a free page; its deletion, at 880, is not."""


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, int], Record]:
    """Every revision of the incident, from the write-ahead log of the member."""
    if not SHOP.exists():
        pytest.skip("the recorded fixtures are not beside this checkout")
    folder = tmp_path_factory.mktemp("end-datadir")
    with tarfile.open(SHOP / "end-datadir.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    source = DataDirectoryConnector.open(folder)
    return {tuple(record.revision): record for record in source.records()}


def carved(name: str) -> list[Record]:
    records = open_source(demo_path(name)).records()
    return [record for record in records if record.provenance.trust is not Trust.VOUCHED]


def test_a_snapshot_alone_gives_back_what_compaction_removed(
    logged: dict[tuple[int, int], Record],
) -> None:
    found = carved("demo-end")
    assert len([one for one in found if one.mod_revision <= END_COMPACTED]) >= FOUND_BY_A_PLAIN_SCAN
    for one in found:
        truth = logged[tuple(one.revision)]
        assert (one.key, one.tombstone, one.value) == (truth.key, truth.tombstone, truth.value)
        assert (one.create_revision, one.version, one.lease) == (
            truth.create_revision,
            truth.version,
            truth.lease,
        )
        assert one.provenance.trust in (Trust.OLDER_TREE, Trust.STALE_PAGE)
        assert one.provenance.page is not None


def test_carved_objects_are_what_a_watch_was_sent() -> None:
    if not SHOP.exists():
        pytest.skip("the recorded fixtures are not beside this checkout")
    sent = {}
    with (SHOP / "watch.jsonl").open() as lines:
        for line in lines:
            event = json.loads(line)
            value = event.get("object") or {}
            metadata = value.get("metadata", {})
            sent[event["type"], value.get("kind"), metadata.get("resourceVersion")] = value
    decoder, compared = Decoder(), 0
    for one in carved("demo-end"):
        if one.tombstone or not one.key.startswith(b"/registry/pods/"):
            continue
        decoded = decoder.decode(one.key, one.value, revision=one.mod_revision)
        assert isinstance(decoded, Decoded)
        event = "ADDED" if one.version == 1 else "MODIFIED"
        assert decoded.object == sent[event, "Pod", str(one.mod_revision)]
        compared += 1
    assert compared > 80


def test_nothing_is_newer_than_the_snapshot_itself() -> None:
    """It was streamed from a running etcd: its free pages hold a write that came after it."""
    source = open_source(demo_path("demo"))
    assert max(record.mod_revision for record in source.records()) == 1050
    assert source.info().current_revision == 1050


def test_what_exists_rests_on_the_tree_alone() -> None:
    source = open_source(demo_path("demo-end"))
    listed = list(source.range(b"/registry/"))
    assert listed
    assert {record.provenance.trust for record in listed} == {Trust.VOUCHED}
    vouched = open_source(demo_path("demo-end"), only_vouched=True)
    assert [record.revision for record in vouched.range(b"/registry/")] == [
        record.revision for record in listed
    ]
    assert {record.provenance.trust for record in vouched.records()} == {Trust.VOUCHED}


def test_a_put_without_its_deletion_is_of_an_object_that_is_gone() -> None:
    source = open_source(demo_path("demo-end"))
    found = source.get(HALF_GONE)
    assert isinstance(found, Deleted)
    assert found.tombstone is None
    assert found.last is not None
    assert found.last.mod_revision == 857
    assert found.last.provenance.trust is Trust.STALE_PAGE
    assert isinstance(source.get(b"/registry/pods/shop/never"), NotRecorded)
    assert isinstance(
        open_source(demo_path("demo-end"), only_vouched=True).get(HALF_GONE), NotRecorded
    )


def test_a_search_that_is_ended_early_is_reported() -> None:
    @contextmanager
    def ended(_what: str) -> Iterator[Callable[[int, int], bool]]:
        yield lambda _done, _whole: True

    connector = CarvingConnector.open(demo_path("demo-end"), long_work=ended)
    list(connector.records())
    assert Code.SEARCH_INTERRUPTED in [damage.code for damage in connector.damage]
