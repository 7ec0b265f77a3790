"""Several sources as one history, and what must never be read as one."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest
from bbolt_writer import backend, put
from etcd_traffic import Gateway, Watch
from paths import SHOP
from sources import tree_of

from etcdpod.connectors import open_source
from etcdpod.connectors.disk.carving import CarvingConnector
from etcdpod.connectors.disk.datadir import DataDirectoryConnector
from etcdpod.connectors.merged import MergedConnector, disagreements
from etcdpod.damage import DamageCode as Code
from etcdpod.damage_text import damage_place
from etcdpod.errors import CompactedError, FutureRevisionError, SourceError
from etcdpod.records import Compacted, Deleted, NotRecorded, Record, Trust

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

needs_shop = pytest.mark.skipif(not SHOP.exists(), reason="the recorded incident is not here")


def content(record: Record) -> tuple:
    return (
        record.key, record.tombstone, record.create_revision, record.version, record.lease,
        record.value,
    )  # fmt: skip


def table(records: Iterable[Record]) -> dict[tuple[int, int], tuple]:
    return {tuple(record.revision): content(record) for record in records}


@pytest.fixture(scope="module")
def datadir(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    with tarfile.open(SHOP / "end-datadir.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    return folder


@needs_shop
def test_two_snapshots_tell_more_than_either_and_nothing_false(datadir) -> None:
    truth = table(DataDirectoryConnector.open(datadir).records())
    mid, end = (CarvingConnector.open(SHOP / f"{name}.db") for name in ("mid", "end"))
    merged = MergedConnector([mid, end])
    found = table(merged.records())
    assert list(found) == sorted(found)
    assert len(found) > max(len(table(mid.records())), len(table(end.records())))
    assert all(truth[revision] == row for revision, row in found.items())
    # mid.db was taken before anything was compacted, end.db later than the compaction.
    assert set(found) == {revision for revision in truth if revision[0] <= 1471}
    assert merged.damage == []
    info = merged.info()
    assert (info.kind, info.current_revision, info.compact_revision) == ("merged", 1471, 0)


@needs_shop
def test_every_answer_comes_from_the_source_that_can_give_it() -> None:
    mid, end = (tree_of(SHOP / f"{name}.db") for name in ("mid", "end"))
    merged = MergedConnector([end, mid])
    assert list(merged.range(b"/registry/pods/")) == list(end.range(b"/registry/pods/"))
    assert list(merged.range(b"/registry/pods/", 700)) == list(mid.range(b"/registry/pods/", 700))
    with pytest.raises(FutureRevisionError):
        merged.range(b"", 1472)
    key = next(iter(mid.range(b"/registry/pods/", 700))).key
    assert merged.get(key, 700) == mid.get(key, 700)
    assert isinstance(merged.get(b"/registry/pods/shop/never"), NotRecorded)
    gone = {r.key for r in mid.records()} - {r.key for r in end.records()}
    for key in sorted(gone)[:20]:
        assert isinstance(merged.get(key), Deleted | NotRecorded)
        assert list(merged.history(key)) == list(mid.history(key))
    alone = MergedConnector([end])
    with pytest.raises(CompactedError):
        alone.range(b"", 700)
    assert isinstance(alone.get(key, 700), Compacted)


@needs_shop
def test_a_snapshot_and_a_data_directory_of_one_member_are_one_history(datadir) -> None:
    sources = [CarvingConnector.open(SHOP / "quiet.db"), DataDirectoryConnector.open(datadir)]
    merged = MergedConnector(sources)
    assert merged.damage == []
    mains = [record.mod_revision for record in merged.records(keys_only=True)]
    newest = sources[0].info().current_revision
    assert mains == list(range(2, newest + 1))
    trusts = {record.provenance.trust for record in merged.records(keys_only=True)}
    assert trusts == {Trust.VOUCHED, Trust.LOGGED}


@needs_shop
def test_snapshots_of_different_clusters_are_refused(tmp_path) -> None:
    other = SHOP.parent / "encrypted" / "encrypted.db"
    sources = [tree_of(path) for path in (SHOP / "end.db", other)]
    with pytest.raises(SourceError, match="are of different clusters"):
        MergedConnector(sources)


@pytest.fixture
def filled(etcd_server, tmp_path):
    """A server with sixty revisions, and a snapshot of it."""
    server = etcd_server(name="filled")
    gateway = Gateway(server)
    for number in range(60):
        gateway.put(b"/k/%02d" % (number % 30), b"value %d" % number)
    return server, gateway, server.snapshot(tmp_path / "first.db")


def restored(server, snapshot: Path, folder: Path) -> None:
    """Restart the server on a copy of its past."""
    server.stop()
    peer = f"http://127.0.0.1:{server.peer_port}"
    subprocess.run(
        [
            *(str(server.binaries.etcdutl), "snapshot", "restore", str(snapshot)),
            *("--data-dir", str(folder), "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", f"default={peer}"),
        ],
        check=True,
        capture_output=True,
    )
    server.data_dir = folder
    server.restart()


def test_a_restored_cluster_that_went_another_way_is_refused(filled, tmp_path) -> None:
    server, gateway, first = filled
    for number in range(40):
        gateway.put(b"/lost/%d" % number, b"written before the restore")
    second = server.snapshot(tmp_path / "second.db")
    restored(server, first, tmp_path / "restored")
    for number in range(60):
        gateway.put(b"/new/%d" % number, b"written after the restore")
    third = server.snapshot(tmp_path / "third.db")
    with pytest.raises(SourceError, match="part at revision 62 or before: one was restored"):
        MergedConnector([tree_of(path) for path in (second, third)])
    # What both have in common is one history.
    assert MergedConnector([tree_of(path) for path in (first, third)]).damage == []
    assert MergedConnector([tree_of(path) for path in (first, second)]).damage == []


def test_a_cluster_that_was_restored_and_simply_went_on_is_one_history(filled, tmp_path) -> None:
    server, gateway, first = filled
    restored(server, first, tmp_path / "restored")
    for number in range(20):
        gateway.put(b"/k/%02d" % number, b"written after the restore")
    gateway.call("kv/compaction", revision="75", physical=True)
    truth = Watch(server, tmp_path / "watch.json", since=76).until(81)
    server.stop()
    sources = [
        tree_of(first),
        DataDirectoryConnector.open(tmp_path / "restored"),
    ]
    merged = MergedConnector(sources)
    assert merged.damage == []
    assert [record.mod_revision for record in merged.records()] == list(range(2, 82))
    found = {record.mod_revision: record.value for record in merged.records()}
    assert all(found[change.main] == change.value for change in truth)


def test_a_record_that_differs_between_members_is_found_and_named(filled, tmp_path) -> None:
    _, _, first = filled
    copies = [tmp_path / f"{name}.db" for name in "abc"]
    for path in copies:
        shutil.copy(first, path)
    changed = copies[1].read_bytes().replace(b"value 41", b"valve 41")
    copies[1].write_bytes(changed)
    members = [tree_of(path) for path in copies]
    (found,) = disagreements(members)
    assert found.revision.main == 43
    assert [record.value for record in found.records] == [b"value 41", b"valve 41", b"value 41"]
    # The odd one is not believed, wherever it stands.
    changed_first = [copies[1], copies[0], copies[2]]
    merged = MergedConnector([tree_of(path) for path in changed_first])
    values = {record.mod_revision: record.value for record in merged.records()}
    assert (len(values), values[43]) == (60, b"value 41")
    list(merged.records())
    (named,) = [d for d in merged.damage if d.code is Code.RECORDS_DIFFER]
    assert named.key == b"/k/11"
    assert named.revision == (43, 0)
    assert named.record.source == str(copies[1])
    equal = [tree_of(path) for path in (copies[0], copies[2])]
    assert list(disagreements(equal)) == []


def test_closing_closes_all_sources(filled, tmp_path) -> None:
    _, _, first = filled
    merged = MergedConnector([tree_of(first), tree_of(first)])
    merged.close()
    merged.close()


def test_a_live_etcd_and_its_snapshot_are_one_history_without_doubles(filled) -> None:
    """Etcd's API does not tell the order inside a transaction, which a file has."""
    server, gateway, _ = filled
    txn = b'\n\nput /k/00 "one"\nput /k/01 "two"\ndel /k/02\nput /k/02 "again"\n\n\n'
    with pytest.raises(subprocess.CalledProcessError):
        server.etcdctl("txn", stdin=txn)  # etcd itself refuses one key twice
    server.etcdctl("txn", stdin=b'\n\nput /k/00 "one"\ndel /k/02\nput /k/01 "two"\n\n\n')
    server.etcdctl("del", "--prefix", "/k/1")
    path = server.snapshot(server.data_dir.parent / "last.db")
    gateway.put(b"/k/00", b"after the snapshot")
    live = open_source(f"http://{server.address}")
    merged = MergedConnector([live, tree_of(path)])
    for keys_only in (True, False):
        records = list(merged.records(keys_only=keys_only))
        assert [record.revision for record in records[:-1]] == [
            record.revision for record in tree_of(path).records()
        ]
        assert records[-1].key == b"/k/00"
    assert merged.damage == []
    merged.close()


def merged_of(tmp_path: Path, *contents: bytes) -> MergedConnector:
    paths = [tmp_path / f"{number}.db" for number in range(len(contents))]
    for path, data in zip(paths, contents, strict=True):
        path.write_bytes(data)
    return MergedConnector([tree_of(path) for path in paths])


def test_a_few_unchanged_keys_that_differ_are_reported(tmp_path) -> None:
    older = [put(main, b"/k/%d" % main) for main in range(2, 42)]
    newer = [*older[:3], put(5, b"/k/other"), *older[4:], put(42, b"/k/new")]
    merged = merged_of(tmp_path, backend(older), backend(newer))
    (found,) = [one for one in merged.damage if one.code is Code.KEYS_DIFFER]
    assert (found.count, found.total, found.key) == (1, 40, b"/k/other")
    assert damage_place(found) == f"{tmp_path / '0.db'} and {tmp_path / '1.db'}"


def test_sources_without_anything_in_common_may_be_of_different_clusters(tmp_path) -> None:
    older = backend([put(main, b"/k", version=main - 1, create=2) for main in range(2, 6)])
    newer = backend([put(9, b"/k", version=8, create=2)], scheduled=9, finished=9)
    merged = merged_of(tmp_path, older, newer)
    assert Code.CLUSTER_UNPROVEN in [one.code for one in merged.damage]
