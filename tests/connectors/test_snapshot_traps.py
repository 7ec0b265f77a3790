"""The answers that other readers of etcd files get wrong, one test each."""

from __future__ import annotations

import pytest
from bbolt_writer import BboltWriter, backend, delete, put, revision_key

from etcdpod.connectors import open_source
from etcdpod.connectors.disk.carving import CarvingConnector
from etcdpod.damage import DamageCode as Code
from etcdpod.records import Compacted, Deleted, NotRecorded, Record, Revision
from etcdpod.source_details import DatabaseDetails

WEB = b"/registry/pods/shop/web-0"
GONE = b"/registry/pods/shop/gone"
STEADY = b"/registry/pods/shop/steady"

REBORN = [
    put(2, WEB, b"old-1"),
    put(3, WEB, b"old-2", create=2, version=2),
    put(4, WEB, b"old-3", create=2, version=3),
    put(5, GONE, b"gone-1"),
    put(6, STEADY, b"steady-1"),
    put(7, STEADY, b"steady-2", create=6, version=2),
    delete(8, WEB),
    put(9, WEB, b"new-1"),
    put(10, WEB, b"new-2", create=9, version=2),
    delete(11, GONE),
]


@pytest.fixture
def connector_of(tmp_path):
    """Writes rows as a backend file and opens it as a source."""

    def make(rows, **options) -> CarvingConnector:
        path = tmp_path / "file.db"
        path.write_bytes(backend(rows, **options))
        connector = open_source(str(path))
        assert isinstance(connector, CarvingConnector)
        return connector

    return make


def values(records) -> list[tuple[bytes, bytes]]:
    return [(record.key, record.value) for record in records]


def test_a_recreated_key_shows_its_newest_life_and_not_its_highest_version(connector_of):
    connector = connector_of(REBORN)
    answer = connector.get(WEB)
    assert isinstance(answer, Record)
    assert (answer.value, answer.version, answer.create_revision) == (b"new-2", 2, 9)
    assert [record.version for record in connector.history(WEB)] == [1, 2, 3, 0, 1, 2]
    old = connector.get(WEB, 4)
    assert isinstance(old, Record)
    assert (old.value, old.version) == (b"old-3", 3)


def test_a_deleted_key_is_not_listed_and_its_end_is_told(connector_of):
    connector = connector_of(REBORN)
    assert values(connector.range(b"/registry/")) == [(STEADY, b"steady-2"), (WEB, b"new-2")]
    answer = connector.get(GONE)
    assert isinstance(answer, Deleted)
    assert answer.tombstone.revision == Revision(11)
    assert answer.last is not None
    assert answer.last.value == b"gone-1"
    between = connector.get(WEB, 8)
    assert isinstance(between, Deleted)
    assert between.last is not None
    assert between.last.value == b"old-3"


def test_a_list_holds_the_newest_value_of_each_key_and_not_the_oldest(connector_of):
    connector = connector_of(REBORN)
    assert (STEADY, b"steady-2") in values(connector.range(b""))
    assert (STEADY, b"steady-1") in values(connector.range(b"", 6))


def test_a_delete_and_a_recreation_in_one_transaction(connector_of):
    # etcd 3.5.1 refuses such a transaction ("duplicate key"); a file may hold one all the same.
    rows = [put(2, WEB, b"old"), delete(3, WEB, sub=0), put(3, WEB, b"new", sub=1)]
    connector = connector_of(rows)
    answer = connector.get(WEB, 3)
    assert isinstance(answer, Record)
    assert (answer.value, answer.revision) == (b"new", Revision(3, 1))
    history = [(record.revision, record.tombstone) for record in connector.history(WEB)]
    assert history == [(Revision(2), False), (Revision(3), True), (Revision(3, 1), False)]
    assert connector.damage == []


def test_a_recreation_and_a_delete_in_one_transaction(connector_of):
    rows = [put(2, WEB, b"old"), delete(3, WEB), put(4, WEB, b"new"), delete(4, WEB, sub=1)]
    connector = connector_of(rows)
    answer = connector.get(WEB, 4)
    assert isinstance(answer, Deleted)
    assert answer.last is not None
    assert answer.last.value == b"new"
    assert values(connector.range(b"", 4)) == []


def test_a_tombstone_at_the_compact_revision_may_be_there(connector_of):
    # etcd 3.4.34, 3.5.16 and later keep it until the next compaction.
    rows = [put(3, STEADY, b"kept", create=2, version=2), delete(5, WEB), put(6, GONE)]
    connector = connector_of(rows, scheduled=5, finished=5)
    answer = connector.get(WEB, 5)
    assert isinstance(answer, Deleted)
    assert answer.last is None
    assert values(connector.range(b"", 5)) == [(STEADY, b"kept")]
    assert connector.damage == []


def test_a_tombstone_at_the_compact_revision_may_be_gone(connector_of):
    rows = [put(3, STEADY, b"kept", create=2, version=2), put(6, GONE)]
    connector = connector_of(rows, scheduled=5, finished=5)
    assert connector.get(WEB, 5) == NotRecorded(WEB)
    assert connector.damage == []


def test_everything_may_have_been_compacted_away(connector_of):
    # All keys deleted and compacted under the old rule: nothing is left but the mark.
    connector = connector_of([], scheduled=12, finished=12)
    assert connector.info().current_revision == 12
    assert values(connector.range(b"")) == []
    assert connector.get(WEB, 3) == Compacted(WEB, 3, 12)


def test_an_interrupted_compaction_leaves_more_and_none_of_it_is_wrong(connector_of):
    connector = connector_of(REBORN, scheduled=8, finished=4)
    assert connector.info().compact_revision == 8
    assert connector.get(WEB, 4) == Compacted(WEB, 4, 8)
    assert len(connector.history(WEB)) == 6
    assert connector.damage == []


def test_keys_that_are_not_kubernetes_own_are_kept_apart(connector_of):
    rows = [
        put(2, b"compact_rev_key", b"1"),
        put(3, b"/kubernetes.io/pods/a/x", b"openshift"),
        put(4, b"/registry/pods/a/x", b"kubeadm"),
        put(5, b"/registry/podsecuritypolicy/x", b"other kind"),
        put(6, b"\xff\x00", b"binary"),
    ]
    connector = connector_of(rows)
    assert values(connector.range(b"/registry/pods/")) == [(b"/registry/pods/a/x", b"kubeadm")]
    assert values(connector.range(b"/kubernetes.io/")) == [
        (b"/kubernetes.io/pods/a/x", b"openshift")
    ]
    assert len(connector.range(b"")) == 5
    assert isinstance(connector.get(b"\xff\x00"), Record)


@pytest.mark.parametrize(
    "bad",
    [
        (revision_key(11, mark=b"tt"), REBORN[9][1]),
        (revision_key(11)[:12], REBORN[9][1]),
        (b"", REBORN[9][1]),
    ],
    ids=["19 bytes", "short key", "empty key"],
)
def test_odd_bolt_keys_are_damage_and_no_reason_to_stop(connector_of, bad):
    connector = connector_of([*REBORN[:9], bad])
    assert [record.revision.main for record in connector.records()] == list(range(2, 11))
    assert any(damage.code is Code.KEY_NOT_A_REVISION for damage in connector.damage)


def test_an_18_byte_key_with_another_mark_is_what_its_record_says(connector_of):
    rows = [
        *REBORN[:8],
        (revision_key(10, mark=b"x"), REBORN[8][1]),
        (revision_key(11, mark=b"u"), REBORN[9][1]),
    ]
    connector = connector_of(rows)
    written = [(record.revision.main, record.tombstone) for record in connector.records()][-2:]
    assert written == [(10, False), (11, True)]
    answer = connector.get(WEB)
    assert isinstance(answer, Record)
    assert answer.value == b"new-2"
    assert isinstance(connector.get(GONE), Deleted)
    assert [damage.code for damage in connector.damage] == [Code.UNKNOWN_MARK] * 2


@pytest.mark.parametrize("bucket", [b"alarm", b"auth", b"cluster", b"lease", b"members", b"meta"])
def test_a_missing_bucket_is_no_reason_to_stop(connector_of, bucket):
    connector = connector_of(REBORN, without=(bucket,))
    assert len(connector.records()) == len(REBORN)
    assert connector.info().current_revision == 11


def test_a_leases_id_may_use_all_64_bits(connector_of):
    leases = [0x77BDA204D0814C0D, -1, 1, (1 << 63) - 1, -(1 << 63)]
    rows = [put(2 + i, b"k%d" % i, b"", lease=lease) for i, lease in enumerate(leases)]
    connector = connector_of(rows)
    assert [record.lease for record in connector.records()] == leases
    assert connector.damage == []


def test_empty_values_and_values_over_many_pages(connector_of):
    rows = [put(2, b"empty", b""), put(3, b"big", b"B" * 1_500_000), put(4, b"one", b"1")]
    connector = connector_of(rows)
    assert values(connector.range(b"")) == [
        (b"big", b"B" * 1_500_000), (b"empty", b""), (b"one", b"1"),
    ]  # fmt: skip
    assert connector.damage == []


@pytest.mark.parametrize("page_size", [1024, 4096, 16384, 65536])
@pytest.mark.parametrize("inline", [(), (b"key", b"meta", b"members")])
@pytest.mark.parametrize("stored_freelist", [False, True])
@pytest.mark.parametrize("trailer", [False, True])
def test_every_layout_of_a_file_holds_the_same(
    connector_of, page_size, inline, stored_freelist, trailer
):
    writer = BboltWriter(
        page_size=page_size, inline=inline, stored_freelist=stored_freelist, trailer=trailer
    )
    connector = connector_of(REBORN, writer=writer)
    assert values(connector.range(b"")) == [(STEADY, b"steady-2"), (WEB, b"new-2")]
    info = connector.info()
    assert info.kind == ("snapshot" if trailer else "db")
    details = info.detail(DatabaseDetails)
    assert details.page_size == page_size
    assert details.freelist_stored is stored_freelist
    assert details.free_pages == 0
    assert connector.check_trailer() is (True if trailer else None)
    assert connector.damage == []


def test_a_torn_newer_meta_leaves_the_state_before_it(tmp_path):
    writer = BboltWriter(txid=8)
    older = writer.add_root({b"key": REBORN[:6], b"meta": []})
    newer = writer.add_root({b"key": REBORN, b"meta": []})
    content = bytearray(writer.build(newer, previous_root=older))
    path = tmp_path / "file.db"
    path.write_bytes(content)
    assert open_source(str(path)).info().current_revision == 11
    content[72] ^= 1  # the checksum of the meta on page 0: transaction 8
    path.write_bytes(content)
    connector = open_source(str(path))
    assert connector.info().current_revision == 7
    assert values(connector.range(b"")) == [
        (GONE, b"gone-1"),
        (STEADY, b"steady-2"),
        (WEB, b"old-3"),
    ]
    (damage,) = connector.damage
    assert (damage.code, damage.transaction) == (Code.META_PAGE_OF_MEMBER, 7)


def test_the_older_of_two_states_is_named(tmp_path):
    writer = BboltWriter(txid=8)
    older = writer.add_root({b"key": REBORN[:6]})
    path = tmp_path / "file.db"
    path.write_bytes(writer.build(writer.add_root({b"key": REBORN}), previous_root=older))
    assert open_source(str(path)).info().detail(DatabaseDetails).older_transaction == 7
