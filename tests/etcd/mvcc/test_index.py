"""The index over all revisions, against a loop over the same entries."""

from __future__ import annotations

import random
import struct
from collections import defaultdict

import numpy as np
import pytest
from bbolt_writer import (
    LEAF,
    BboltWriter,
    backend,
    delete,
    leaf_body,
    page_header,
    put,
    revision_key,
)

from etcdpod.damage import DamageCode as Code
from etcdpod.damage_text import damage_sentence
from etcdpod.etcd.bbolt.file import BboltFile
from etcdpod.etcd.mvcc import keys as keys_module
from etcdpod.etcd.mvcc.index import RevisionIndex
from etcdpod.etcd.mvcc.revision import MAX_SUB
from etcdpod.etcd.mvcc.store import Store
from etcdpod.records import Severity


@pytest.fixture
def store_of(tmp_path):
    """Writes rows as a backend file and opens it."""

    def make(rows, **options) -> Store:
        path = tmp_path / "file.db"
        path.write_bytes(backend(rows, **options))
        return Store.open(path)

    return make


def random_life(seed: int, revisions: int):
    """Rows of random puts and deletes, several to a transaction, and the state after each main."""
    chance = random.Random(seed)
    names = [b"/registry/pods/ns/" + b"x" * chance.randrange(1, 40) + b"%d" % n for n in range(40)]
    names += [b"a", b"ab", b"/registry/pods/ns/xx", b"/registry/podsx", b"/registry/", b"\xff\xff"]
    rows, alive, states = [], {}, {1: {}}
    main = 1
    while len(rows) < revisions:
        main += 1
        for sub, key in enumerate(chance.sample(names, chance.randrange(1, 5))):
            if key in alive and chance.random() < 0.3:
                rows.append(delete(main, key, sub=sub))
                del alive[key]
                continue
            create, version, _ = alive.get(key, (main, 0, b""))
            value = chance.randbytes(chance.randrange(0, 60))
            row = put(main, key, value, create=create, version=version + 1, sub=sub)
            if key in alive or chance.random() < 0.9:
                rows.append(row)
                alive[key] = (create, version + 1, value)
                continue
            rows.append(delete(main, b"never-alive-%d" % len(rows), sub=sub))
        states[main] = dict(alive)
    return rows, states


@pytest.mark.parametrize("seed", range(5))
def test_every_question_is_answered_as_a_loop_would(store_of, seed, monkeypatch):
    monkeypatch.setattr("etcdpod.etcd.bbolt.tree.CHUNK_ELEMENTS", 37)
    rows, states = random_life(seed, 600)
    store = store_of(rows)
    index = store.index
    assert len(index) == len(rows)
    for at in [*random.Random(seed).sample(sorted(states), 10), max(states), 1]:
        for prefix in (b"", b"/registry/pods/", b"/registry/pods/ns/x", b"a", b"nothing"):
            found = [(index.key(row), index.value(row)) for row in index.alive(prefix, at)]
            expected = [
                (key, states[at][key][2]) for key in sorted(states[at]) if key.startswith(prefix)
            ]
            assert found == expected
    by_key = defaultdict(list)
    for row in range(len(index)):
        by_key[index.key(row)].append(row)
    for key, expected in by_key.items():
        assert index.of_key(key).tolist() == expected
    for prefix in (b"/registry/", b"/registry/pods/ns/xx", b"\xff", b""):
        under = [row for row in range(len(index)) if index.key(row).startswith(prefix)]
        assert index.under(prefix).tolist() == under
    gaps = {Code.KEY_HISTORY_GAP, Code.KEY_HISTORY_GAPS_ELSEWHERE}
    holes = [d for d in store.damage if d.code not in gaps]
    assert holes == []


def test_keys_that_share_a_hash_are_still_told_apart(store_of, monkeypatch):
    rows, states = random_life(99, 300)
    monkeypatch.setattr(keys_module, "_MULTIPLIER", np.uint64(0))
    index = store_of(rows).index
    newest = max(states)
    found = {index.key(row): index.value(row) for row in index.alive(b"", newest)}
    assert found == {key: state[2] for key, state in states[newest].items()}


def test_an_empty_store_has_revision_one(store_of):
    index = store_of([]).index
    assert (index.current_revision, index.compact_revision, len(index)) == (1, 0, 0)
    assert index.alive(b"", 1).tolist() == []
    assert index.of_key(b"x").tolist() == []
    assert index.table(b"").keys == []


def test_a_large_file_needs_no_memory_for_its_values(store_of):
    rows = [put(main, b"key-%d" % main, b"v" * 5000, create=main) for main in range(2, 400)]
    index = store_of(rows).index
    assert sum(column.nbytes for column in index.rows) < 100 * len(rows)


EMPTY_INLINE = struct.pack("<QQ", 0, 0) + page_header(0, LEAF, 0)
KEY = b"/registry/pods/shop/web"
LIFE = [put(main, KEY, b"%d" % main, create=2, version=main - 1) for main in range(2, 12)]


def texts(store: Store) -> list[str]:
    return [damage_sentence(damage) for damage in store.damage]


def test_a_whole_life_has_no_damage(store_of):
    store = store_of(LIFE)
    store.index.of_key(KEY)
    store.index.table(b"")
    assert store.damage == []


@pytest.mark.parametrize(
    ("lost", "text"),
    [
        (slice(0, 1), "revision 2 is missing"),
        (slice(3, 4), "revision 5 is missing"),
        (slice(3, 6), "revisions 5 to 7 are missing"),
    ],
)
def test_revisions_missing_above_the_compact_revision_are_reported(store_of, lost, text):
    rows = LIFE.copy()
    del rows[lost]
    store = store_of(rows)
    assert any(text in what for what in texts(store))
    store.index.of_key(KEY)
    (hole,) = [damage for damage in store.damage if damage.key == KEY]
    assert hole.severity is Severity.WARNING


def test_a_missing_part_of_a_transaction_is_reported(store_of):
    rows = [put(2, b"a"), put(3, b"b"), put(3, b"c", sub=2), put(4, b"d")]
    assert any("a part of revision 3" in what for what in texts(store_of(rows)))


def test_gaps_below_the_compact_revision_are_what_compaction_is_for(store_of):
    store = store_of(LIFE[5:], scheduled=7, finished=7)
    store.index.table(b"")
    assert store.damage == []
    assert store.index.compact_revision == 7


def test_many_holes_are_counted(store_of):
    rows = [put(main, b"k%d" % main, create=main - 1, version=2) for main in range(2, 60)]
    store = store_of(rows)
    store.index.table(b"")
    store.index.table(b"k")
    assert len([damage for damage in store.damage if damage.key]) == 10
    assert "in the lives of 48 more keys" in texts(store)[-1]


def test_many_gaps_are_counted(store_of):
    rows = [put(main, b"k%d" % main) for main in range(3, 60, 2)]
    assert any("missing in 19 more places" in what for what in texts(store_of(rows)))


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (put(6, KEY, create=2, version=5)[1], "another revision than its key"),
        (put(5, KEY, create=9, version=4)[1], "cannot all be right"),
        (put(5, KEY, create=2, version=1)[1], "cannot all be right"),
        (put(5, KEY, create=5, version=4)[1], "cannot all be right"),
        (put(5, KEY, create=2, version=0)[1], "cannot all be right"),
        (put(5, KEY, create=2, version=40)[1], None),
        (put(5, KEY, create=3, version=4)[1], None),
        (LIFE[3][1] + b"\x3a\x01x", "not written as etcd writes it"),
        (LIFE[3][1] + b"\x07", "malformed"),
        (b"", None),
    ],
)
def test_a_record_that_contradicts_itself_or_its_neighbours_is_reported(store_of, row, text):
    rows = LIFE.copy()
    rows[3] = (rows[3][0], row)
    store = store_of(rows)
    if text is not None:
        assert any(text in what for what in texts(store))
    store.index.of_key(KEY)
    assert any(damage.page is not None for damage in store.damage)
    # What is read of the others is right all the same.
    others = [row for row in range(len(store.index)) if store.index.rows.main[row] != 5]
    assert [store.index.value(row) for row in others] == [b"%d" % m for m in range(2, 12) if m != 5]


@pytest.mark.parametrize(
    "key",
    [
        revision_key(5)[:16],
        revision_key(5, mark=b"tt"),
        revision_key(5).replace(b"_", b"/"),
        revision_key(-5),
        b"x",
    ],
    ids=["short", "long", "another separator", "negative", "one byte"],
)
def test_a_bucket_key_that_is_no_revision_is_reported_and_passed_by(store_of, key):
    rows = LIFE.copy()
    rows[3] = (key, rows[3][1])
    store = store_of(rows)
    assert [int(main) for main in store.index.rows.main] == [2, 3, 4, *range(6, 12)]
    assert any("is no revision" in what for what in texts(store))


def test_revisions_out_of_order_are_sorted_and_reported(store_of):
    rows = LIFE.copy()
    rows[2], rows[7] = rows[7], rows[2]
    store = store_of(rows)
    assert store.index.rows.main.tolist() == list(range(2, 12))
    assert any("not in order" in what for what in texts(store))


@pytest.mark.parametrize("flipped", [1 << 40, 1 << 62, 1 << 2])
def test_a_flipped_bit_in_a_revision_is_told_from_the_record_and_the_neighbours(store_of, flipped):
    rows = LIFE.copy()
    rows[4] = (revision_key(6 ^ flipped), rows[4][1])
    store = store_of(rows)
    assert store.index.rows.main.tolist() == list(range(2, 12))
    assert store.index.current_revision == 11
    assert any("another revision than its key" in what for what in texts(store))


def test_a_revision_that_is_there_twice_is_taken_once_and_reported(store_of):
    store = store_of([*LIFE[:5], LIFE[4], *LIFE[5:]])
    assert store.index.rows.main.tolist() == list(range(2, 12))
    assert any("there twice" in what for what in texts(store))


@pytest.mark.parametrize(
    ("marks", "compact", "current", "text"),
    [
        ({}, 0, 11, None),
        ({"scheduled": 7, "finished": 7}, 7, 11, None),
        ({"scheduled": 9, "finished": 7}, 9, 11, None),
        ({"scheduled": 7, "finished": 9}, 9, 11, "the last that was begun"),
        ({"scheduled": 40, "finished": 40}, 40, 40, None),
        ({"scheduled": 40, "finished": 7}, 40, 40, "newest record is 11"),
    ],
)
def test_compact_and_current_revision(store_of, marks, compact, current, text):
    store = store_of(LIFE, **marks)
    assert (store.index.compact_revision, store.index.current_revision) == (compact, current)
    found = [what for what in texts(store) if "compaction" in what]
    assert (found == []) == (text is None)
    assert all(text in what for what in found)


def test_a_restored_store_with_a_bumped_revision(store_of):
    # `snapshot restore --bump-revision` adds one empty record and marks all below compacted.
    rows = [*LIFE, (revision_key(1000), b"")]
    store = store_of(rows, scheduled=1000)
    assert (store.index.compact_revision, store.index.current_revision) == (1000, 1000)
    assert len(store.index) == len(LIFE)
    assert store.damage == []
    later = store_of([*rows, put(1001, b"new")], scheduled=1000)
    assert later.index.current_revision == 1001
    assert later.damage == []


def test_revisions_after_an_enormous_bump_are_read_like_any_other(store_of):
    start = 1 << 60
    rows = [(revision_key(start), b""), put(start + 1, b"k"), delete(start + 2, b"k")]
    store = store_of(rows, scheduled=start)
    assert store.index.rows.main.tolist() == [start + 1, start + 2]
    assert store.index.rows.create_revision.tolist() == [start + 1, 0]
    assert store.damage == []


@pytest.mark.parametrize("page_size", [4096, 65536])
def test_an_inline_key_bucket(store_of, page_size):
    store = store_of(LIFE, writer=BboltWriter(page_size=page_size, inline=(b"key", b"meta")))
    assert store.index.rows.main.tolist() == list(range(2, 12))
    assert store.index.rows.page.tolist() == [0] * 10
    assert store.damage == []


@pytest.mark.parametrize("bucket", [b"alarm", b"cluster", b"lease", b"members", b"auth"])
def test_a_missing_small_bucket_takes_nothing_away(store_of, bucket):
    store = store_of(LIFE, without=(bucket,))
    assert len(store.index) == len(LIFE)


def test_a_missing_key_bucket_is_reported(store_of):
    store = store_of([], without=(b"key",))
    assert len(store.index) == 0
    assert any("bucket key is missing" in what for what in texts(store))


@pytest.mark.parametrize("slack", range(12))
@pytest.mark.parametrize("lease", [0, 5, -1])
def test_a_record_that_ends_with_the_file_is_read_like_any_other(tmp_path, slack, lease):
    """The leaf of bucket ``key`` is the last page, and full to its last bytes or nearly so."""
    overhead = 16 + 16 + sum(map(len, put(2, b"k", b"v" * 3000, lease=lease))) - 3000
    value = b"v" * (4096 - overhead - slack)
    writer = BboltWriter(inline=(b"meta",))
    root = writer.next_page
    writer.next_page += 1
    page = writer.add_tree([put(2, b"k", value, lease=lease)])
    leaf = leaf_body([(b"key", struct.pack("<QQ", page, 0)), (b"meta", EMPTY_INLINE)], flags=1)
    writer.pages[root] = (page_header(root, LEAF, 2) + leaf).ljust(4096, b"\0")
    path = tmp_path / "file.db"
    path.write_bytes(writer.build(root))
    assert len(path.read_bytes().rstrip(b"\0")) == 4 * 4096 - slack
    store = Store.open(path)
    assert store.index.value(0) == value
    assert int(store.index.rows.lease[0]) == lease
    assert store.damage == []


@pytest.mark.parametrize(
    ("bucket", "entry", "code", "name"),
    [
        ("meta", (b"scheduledCompactRev", b"short"), Code.META_REVISION, "scheduledCompactRev"),
        ("meta", (b"term", b"short"), Code.META_COUNTER, "term"),
        ("meta", (b"confState", b"[1]"), Code.META_JSON, "b'[1]'"),
        ("members", (b"8e9e05c52164694d", b"{"), Code.META_JSON, "b'{'"),
    ],
)
def test_a_malformed_field_of_a_small_bucket_is_reported(store_of, bucket, entry, code, name):
    store = store_of(LIFE, **{bucket: [entry]})
    assert [(damage.code, damage.name) for damage in store.damage] == [(code, name)]
    assert len(store.index) == len(LIFE)


def test_a_sub_revision_that_no_transaction_reaches_is_reported(store_of):
    store = store_of([put(2, b"a"), put(3, b"b"), put(3, b"c", sub=MAX_SUB + 1)])
    assert Code.SUB_TOO_HIGH in [damage.code for damage in store.damage]


def test_a_file_that_changes_whenever_it_is_read_is_reported(store_of, monkeypatch):
    monkeypatch.setattr(BboltFile, "changed", lambda _: True)
    monkeypatch.setattr(RevisionIndex, "untouched", lambda _: False)
    store = store_of(LIFE)
    assert [damage.code for damage in store.damage] == [Code.FILE_BUSY]
    assert len(store.index) == len(LIFE)
