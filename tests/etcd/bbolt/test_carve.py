"""Free pages: what they give back is what was there, and nothing else is believed."""

from __future__ import annotations

import json
import random
import tarfile
from typing import TYPE_CHECKING

import pytest
from etcd_traffic import Gateway, Watch
from paths import SHOP

from etcdpod.connectors.disk.carving import CarvingConnector
from etcdpod.connectors.disk.datadir import DataDirectoryConnector
from etcdpod.errors import SourceError
from etcdpod.etcd.bbolt.carve import open_without_meta
from etcdpod.etcd.mvcc.carved import Carved, carve
from etcdpod.etcd.mvcc.store import Store
from etcdpod.records import Record, Trust

if TYPE_CHECKING:
    from pathlib import Path

needs_shop = pytest.mark.skipif(not SHOP.exists(), reason="the recorded incident is not here")


def content(record: Record) -> tuple:
    return (
        record.key, record.tombstone, record.create_revision, record.version, record.lease,
        record.value,
    )  # fmt: skip


@pytest.fixture(scope="module")
def truth(tmp_path_factory) -> dict[tuple[int, int], tuple]:
    """Every revision of the recorded incident, from its log."""
    folder = tmp_path_factory.mktemp("shop")
    with tarfile.open(SHOP / "end-datadir.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    whole = DataDirectoryConnector.open(folder)
    return {tuple(record.revision): content(record) for record in whole.records()}


def carved_from(path: Path) -> list[Record]:
    connector = CarvingConnector.open(path)
    found = [r for r in connector.records() if r.provenance.trust is not Trust.VOUCHED]
    connector.close()
    return found


@needs_shop
def test_a_snapshot_gives_back_most_of_what_compaction_removed_without_one_mistake(truth) -> None:
    found = carved_from(SHOP / "end.db")
    known = {
        r.mod_revision for r in CarvingConnector.open(SHOP / "end.db", only_vouched=True).records()
    }
    removed = {main for main, _ in truth if main <= 1471} - known
    assert len(removed) == 522
    assert len(found) >= 363
    assert {record.provenance.trust for record in found} == {Trust.STALE_PAGE}
    assert {record.mod_revision for record in found} <= removed
    assert all(truth[tuple(record.revision)] == content(record) for record in found)


@needs_shop
def test_carved_pods_are_those_that_the_watch_saw(truth) -> None:
    seen = set()
    for line in (SHOP / "watch.jsonl").read_text().splitlines():
        event = json.loads(line)
        metadata = event["object"].get("metadata", {})
        if event["path"] == "/api/v1/pods" and event["type"] != "BOOKMARK":
            key = f"/registry/pods/{metadata['namespace']}/{metadata['name']}"
            seen.add((key.encode(), int(metadata["resourceVersion"])))
    pods = [r for r in carved_from(SHOP / "end.db") if r.key.startswith(b"/registry/pods/")]
    assert len(pods) > 50
    assert {(record.key, record.mod_revision) for record in pods} <= seen


@needs_shop
def test_what_exists_is_never_taken_from_a_free_page(truth) -> None:
    """Carved puts lack the deletions that followed them: they must not raise the dead."""
    carving = CarvingConnector.open(SHOP / "end.db")
    vouched = CarvingConnector.open(SHOP / "end.db", only_vouched=True)
    assert list(carving.range(b"")) == list(vouched.range(b""))
    assert list(carving.records())  # now the free pages have been searched
    assert list(carving.range(b"")) == list(vouched.range(b""))
    dead = {r.key for r in carved_from(SHOP / "end.db")} - {r.key for r in carving.range(b"")}
    assert dead
    assert not any(isinstance(carving.get(key), Record) for key in dead)
    assert all(list(carving.history(key)) for key in dead)


@needs_shop
@pytest.mark.parametrize("name", ["end.db", "mid.db"])
def test_with_both_metas_destroyed_all_pages_are_carved(truth, tmp_path, name) -> None:
    whole = {
        tuple(r.revision) for r in CarvingConnector.open(SHOP / name, only_vouched=True).records()
    }
    damaged = bytearray((SHOP / name).read_bytes())
    damaged[16:20] = damaged[4096 + 16 : 4096 + 20] = b"\0\0\0\0"
    path = tmp_path / name
    path.write_bytes(damaged)
    connector = CarvingConnector.open(path)
    found = {tuple(record.revision): content(record) for record in connector.records()}
    assert whole <= set(found)
    assert all(truth[revision] == row for revision, row in found.items())
    # mid.db has a page of a transaction that was not committed when it was taken.
    assert 0 <= connector.info().current_revision - max(main for main, _ in whole) <= 1
    assert len(list(connector.range(b"/registry/pods/"))) > 0


@needs_shop
def test_a_cut_file_gives_what_is_left_of_it(truth, tmp_path) -> None:
    path = tmp_path / "cut.db"
    path.write_bytes((SHOP / "end.db").read_bytes()[:1_500_000])
    connector = CarvingConnector.open(path)
    found = {tuple(record.revision): content(record) for record in connector.records()}
    assert len(found) > 300
    assert all(truth[revision] == row for revision, row in found.items())
    assert connector.damage


def test_a_file_of_another_kind_is_refused_by_its_own_error(tmp_path) -> None:
    path = tmp_path / "x"
    for junk in (b"\0" * 100_000, b"hello\n" * 20_000, random.Random(3).randbytes(70_000)):
        path.write_bytes(junk)
        with pytest.raises(SourceError):
            open_without_meta(path)
        with pytest.raises(SourceError):
            CarvingConnector.open(path)
    with pytest.raises(SourceError, match="no such file"):
        CarvingConnector.open(tmp_path / "none")


def as_set(carved: Carved, store: Store) -> set[tuple]:
    data, rows = store.file.data, carved.rows
    spans = zip(
        rows.main.tolist(), rows.sub.tolist(), rows.key_offset.tolist(), rows.key_size.tolist(),
        rows.value_offset.tolist(), rows.value_size.tolist(), carved.suspect.tolist(), strict=True,
    )  # fmt: skip
    return {
        (main, sub, data[key : key + key_size], data[value : value + value_size], suspect)
        for main, sub, key, key_size, value, value_size, suspect in spans
    }


def test_large_values_over_several_pages_and_small_ones_are_carved_alike(
    etcd_server, tmp_path
) -> None:
    """Pages are handed out again behind each other: what was overwritten must not be believed."""
    server = etcd_server()
    gateway = Gateway(server)
    watch = Watch(server, tmp_path / "watch.json")
    gateway.put(b"/first", b"")
    watch.wait_for(2)
    choose = random.Random(11)
    for number in range(400):
        size = choose.choice([30, 300, 3000, 9000, 30_000])
        gateway.put(b"/k/%d" % choose.randrange(20), b"%06d." % number * (size // 7))
        if number % 90 == 89:
            gateway.call("kv/compaction", revision=str(gateway.revision() - 5), physical=True)
    true = {(c.main, c.key, c.value) for c in watch.until(gateway.revision())}
    path = server.snapshot(tmp_path / "snapshot.db")
    store = Store.open(path)
    found = as_set(carve(store), store)
    sound = {(main, key, value) for main, _, key, value, suspect in found if not suspect}
    assert len(sound) > 20
    assert sound <= true
    live = DataDirectoryConnector.open(server.data_dir, wal_dir=tmp_path)
    records = {(r.mod_revision, r.key, r.value) for r in live.records()}
    assert records <= true


@needs_shop
def test_no_mutation_of_a_free_page_makes_a_false_revision_sound(truth, tmp_path) -> None:
    """Sectors lost, pages in the place of others, headers changed: no page passes its tests then.

    A bit that flips within a key or a value is another matter: nothing on a page could tell.
    """
    original = (SHOP / "end.db").read_bytes()
    store = Store.open(SHOP / "end.db")
    before = as_set(carve(store), store)
    mistakes = found = 0
    choose = random.Random(77)
    path = tmp_path / "mutated.db"
    for _ in range(60):
        changed = bytearray(original)
        for _ in range(40):
            page = choose.randrange(2, len(original) // 4096)
            start = page * 4096 + choose.randrange(0, 4096, 8)
            kind = choose.randrange(3)
            if kind == 0:
                changed[start : start + 512] = bytes(512)
            elif kind == 1:
                other = choose.randrange(2, len(original) // 4096) * 4096
                changed[page * 4096 : (page + 1) * 4096] = original[other : other + 4096]
            elif int.from_bytes(original[page * 4096 : page * 4096 + 8], "little") == page:
                changed[page * 4096 + choose.randrange(32)] ^= 1 << choose.randrange(8)
        path.write_bytes(changed)
        mutated = Store.open(path)
        rows = as_set(carve(mutated), mutated)
        found += len(rows)
        for main, sub, key, value, suspect in rows:
            true = truth.get((main, sub))
            mistakes += (true is None or (true[0], true[5]) != (key, value)) and not suspect
        mutated.file.close()
    assert found > 30 * len(before)
    # A sector that begins just before the end of the last value leaves the page whole.
    assert mistakes <= found // 2000, f"{mistakes} of {found}"
