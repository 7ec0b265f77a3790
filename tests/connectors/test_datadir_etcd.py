"""Data directories of a real etcd: the log's replay against etcd's own watch, byte for byte."""

from __future__ import annotations

import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from etcd_traffic import Change, Gateway, Watch, compare, delete_op, put_op, text, txn_op

from etcdpod.connectors.disk.datadir import DataDirectoryConnector
from etcdpod.damage import DamageCode as Code
from etcdpod.damage import Fault, FaultCode
from etcdpod.errors import CompactedError
from etcdpod.etcd.wal.snapfile import read_snap
from etcdpod.records import Compacted, Deleted, NotRecorded, Severity, Trust

if TYPE_CHECKING:
    from pathlib import Path

    from etcdpod.records import Record

QUOTA = 4_000_000


def changes(connector: DataDirectoryConnector) -> list[Change]:
    return [change_of(record) for record in connector.records()]


def change_of(record: Record) -> Change:
    return Change(
        record.key, record.mod_revision, record.tombstone, record.create_revision,
        record.version, record.lease, record.value,
    )  # fmt: skip


def plain_traffic(gateway: Gateway) -> None:
    for number in range(60):
        gateway.put(b"/a/%02d" % (number % 12), b"value %d" % number)
    gateway.delete(b"/a/03")
    gateway.delete(b"/a/03")
    gateway.delete(b"/nothing/")
    gateway.put(b"/a/03", b"born again")
    gateway.put(b"/empty", b"")
    gateway.delete(b"/a/05", b"/a/09")
    gateway.delete(b"/a/1", b"\0")
    gateway.put(b"/\xff\xfe", bytes(range(256)))
    gateway.call("kv/put", key=text(b"/empty"), value=text(b""), ignore_lease=True)
    gateway.call("kv/put", key=text(b"/missing"), ignore_value=True)


def transactions(gateway: Gateway) -> None:
    gateway.put(b"/t/x", b"1")
    known = [compare(b"/t/x", "VALUE", value=text(b"1"))]
    gateway.txn(known, [put_op(b"/t/x", b"2"), put_op(b"/t/y", b"2"), delete_op(b"/t/none")])
    gateway.txn(known, [put_op(b"/t/x", b"never")], [put_op(b"/t/z", b"from the failure branch")])
    gateway.txn(known, [put_op(b"/t/x", b"never")])
    new = [compare(b"/t/new", "MOD", mod_revision="0")]
    gateway.txn(new, [put_op(b"/t/new", b"created")])
    gateway.txn(new, [put_op(b"/t/new", b"never")], [{"requestRange": {"key": text(b"/t/new")}}])
    gateway.txn([], [delete_op(b"/t/x"), put_op(b"/t/x", b"deleted and made again")])
    gateway.txn([compare(b"/none", "VALUE", "NOT_EQUAL", value=text(b"x"))], [put_op(b"/t/q")])
    gateway.txn([compare(b"/none", "VERSION", "LESS", version="3")], [put_op(b"/t/r", b"r")])
    for target, result, given in (
        ("VERSION", "GREATER", {"version": "0"}),
        ("CREATE", "NOT_EQUAL", {"create_revision": "1"}),
        ("LEASE", "EQUAL", {"lease": "0"}),
    ):
        gateway.txn([compare(b"/t/r", target, result, **given)], [put_op(b"/t/r", target.encode())])
    for end in (b"/t/z\0", b"\0", b"/t/a"):
        whole = [compare(b"/t/", "VERSION", "GREATER", end=end, version="0")]
        gateway.txn(whole, [put_op(b"/t/range", end)], [put_op(b"/t/range", b"not: " + end)])
    nested = txn_op(
        [compare(b"/t/y", "VALUE", value=text(b"2"))],
        [put_op(b"/t/y", b"3"), txn_op([], [put_op(b"/t/deep", b"1"), delete_op(b"/t/r")])],
        [put_op(b"/t/never", b"")],
    )
    # The nested compare sees the state before the transaction, not the put beside it.
    gateway.txn([], [put_op(b"/t/first", b""), nested, put_op(b"/t/last", b"")])
    gateway.txn([], [nested, delete_op(b"/t/d", b"/t/g")])
    gateway.call("kv/txn", success=[put_op(b"/t/one", b""), put_op(b"/t/gone", ignore_value=True)])
    gateway.txn(
        [], [put_op(b"/t/x", b"", ignore_value=True), put_op(b"/t/y", b"", ignore_value=True)]
    )


def leases(gateway: Gateway) -> None:
    short, long = gateway.grant(2), gateway.grant(300)
    for number in range(4):
        gateway.put(b"/l/short/%d" % (9 - number), b"soon gone", lease=short)
    gateway.put(b"/l/moved", b"", lease=short)
    gateway.put(b"/l/moved", b"kept", lease=long)
    gateway.put(b"/l/freed", b"", lease=short)
    gateway.put(b"/l/freed", b"kept")
    gateway.put(b"/l/kept", b"", lease=short)
    gateway.call("kv/put", key=text(b"/l/kept"), value=text(b"soon gone too"), ignore_lease=True)
    gateway.put(b"/l/long", b"x", lease=long)
    gateway.put(b"/l/none", b"x", lease="12345")
    time.sleep(4)
    gateway.put(b"/l/late", b"x", lease=short)
    gateway.call("lease/revoke", ID=long)
    gateway.call("lease/revoke", ID=long)
    empty = gateway.grant(300)
    gateway.call("lease/revoke", ID=empty)


def quota(gateway: Gateway) -> None:
    big = bytes(1_000_000)
    for number in range(8):
        gateway.put(b"/q/%d" % number, big)
    lease = gateway.call("lease/grant", TTL="100")
    assert "error" in lease, "the quota was to be exceeded"
    gateway.put(b"/q/small", b"refused")
    gateway.txn([], [delete_op(b"/none")], [put_op(b"/q/refused", b"")])
    gateway.txn([], [txn_op([], [put_op(b"/q/nested", b"not counted, so not refused")])])
    gateway.delete(b"/q/", b"/q0")
    alarms = gateway.call("maintenance/alarm", action="GET")["alarms"]
    gateway.call("kv/compaction", revision=str(gateway.revision()), physical=True)
    gateway.call("maintenance/defragment")
    for alarm in alarms:
        gateway.call("maintenance/alarm", action="DEACTIVATE", **alarm)
    gateway.put(b"/q/after", b"accepted again")


def authenticate(gateway: Gateway, name: str) -> None:
    gateway.token = gateway.call("auth/authenticate", name=name, password="p")["token"]


def permissions(gateway: Gateway) -> None:
    for name in ("root", "alice"):
        gateway.call("auth/user/add", name=name, password="p")
    gateway.call("auth/role/add", name="root")
    gateway.call("auth/user/grant", user="root", role="root")
    for role, key, end, kind in (
        ("writer", b"/w/", b"/w0", "READWRITE"),
        ("one", b"/one", b"", "WRITE"),
    ):
        perm = {"permType": kind, "key": text(key), "range_end": text(end)}
        gateway.call("auth/role/add", name=role)
        gateway.call("auth/role/grant", name=role, perm=perm)
        gateway.call("auth/user/grant", user="alice", role=role)
    gateway.put(b"/w/before", b"")
    gateway.call("auth/enable")
    gateway.put(b"/w/nobody", b"refused")
    authenticate(gateway, "alice")
    for key in (b"/w/1", b"/w/2", b"/one", b"/onetwo", b"/a/00"):
        gateway.put(key, b"by alice")
    gateway.delete(b"/w/1", b"/w/3")
    gateway.delete(b"/w/1", b"/x")
    gateway.txn([compare(b"/one", "VERSION", version="1")], [put_op(b"/w/3", b"")])
    gateway.txn([], [put_op(b"/w/4", b"")], [put_op(b"/not/hers", b"")])
    gateway.txn([], [put_op(b"/w/5", b"")])
    gateway.put(b"/one", b"", prev_kv=True)
    lease = gateway.grant(200)
    gateway.put(b"/w/leased", b"", lease=lease)
    authenticate(gateway, "root")
    gateway.put(b"/root", b"", lease=lease)
    authenticate(gateway, "alice")
    gateway.call("lease/revoke", ID=lease)
    gateway.put(b"/w/6", b"", lease=lease)
    authenticate(gateway, "root")
    gateway.call("auth/role/revoke", role="writer", key=text(b"/w/"), range_end=text(b"/w0"))
    authenticate(gateway, "alice")
    gateway.put(b"/w/7", b"refused")
    authenticate(gateway, "root")
    gateway.call("lease/revoke", ID=lease)
    gateway.call("auth/disable")
    gateway.token = ""
    gateway.put(b"/after/auth", b"")


@pytest.fixture(scope="module")
def member(module_etcd_server, tmp_path_factory):
    """A member's data after all of the above, compacted twice and defragmented; and the truth."""
    folder = tmp_path_factory.mktemp("member")
    server = module_etcd_server(f"--quota-backend-bytes={QUOTA}", name="member")
    gateway = Gateway(server)
    watch = Watch(server, folder / "watch.json")
    gateway.put(b"/first", b"")
    watch.wait_for(2)
    plain_traffic(gateway)
    gateway.call("kv/compaction", revision="20", physical=True)
    transactions(gateway)
    leases(gateway)
    quota(gateway)
    gateway.call("kv/compaction", revision=str(gateway.revision() - 2), physical=True)
    truth = watch.until(gateway.revision())
    live = folder / "live"
    permissions(gateway)
    gateway.put(b"/z", b"the last word")
    shutil.copytree(server.data_dir, live)
    revision = gateway.revision()
    truth += Watch(server, folder / "rest.json", since=truth[-1].main + 1).until(revision)
    assert gateway.refused > 10
    server.stop()
    return server.data_dir, live, truth


def test_the_log_gives_back_every_change_that_etcd_ever_made(member) -> None:
    stopped, live, truth = member
    for folder in (stopped, live):
        connector = DataDirectoryConnector.open(folder)
        assert changes(connector) == truth
        assert connector.damage == []
        assert connector.info().compact_revision == 0
        connector.close()


def test_what_the_tree_lacks_comes_from_the_log_and_says_so(member) -> None:
    stopped, _, truth = member
    connector = DataDirectoryConnector.open(stopped)
    trust = {record.mod_revision: record.provenance.trust for record in connector.records()}
    vouched = DataDirectoryConnector.open(stopped, only_vouched=True)
    kept = {record.mod_revision for record in vouched.records()}
    assert len(kept) < len(truth)
    assert {trust[revision] for revision in kept} == {Trust.VOUCHED}
    assert {trust[revision] for revision in trust if revision not in kept} == {Trust.LOGGED}


def test_every_revision_is_a_state_that_can_be_asked_for(member) -> None:
    stopped, _, truth = member
    connector = DataDirectoryConnector.open(stopped)
    state: dict[bytes, Change] = {}
    position = 0
    for revision in range(1, truth[-1].main + 1):
        while position < len(truth) and truth[position].main <= revision:
            state[truth[position].key] = truth[position]
            position += 1
        alive = {key: change for key, change in state.items() if not change.tombstone}
        found = {record.key: change_of(record) for record in connector.range(b"", revision)}
        assert found == alive, revision
        if revision % 17 == 0:
            for key, change in state.items():
                answer = connector.get(key, revision)
                assert isinstance(answer, Deleted) is change.tombstone
            assert isinstance(connector.get(b"/never/there", revision), NotRecorded)


def test_writes_that_were_refused_are_kept_apart(member) -> None:
    stopped, _, _ = member
    connector = DataDirectoryConnector.open(stopped)
    attempts = list(connector.attempts())
    assert {record.provenance.trust for record in attempts} == {Trust.UNCOMMITTED}
    assert (b"/t/x", b"never") in {(record.key, record.value) for record in attempts}
    assert not any(record.value == b"never" for record in connector.records())


def test_without_the_log_the_answer_ends_at_the_compaction(member) -> None:
    stopped, _, truth = member
    connector = DataDirectoryConnector.open(stopped, only_vouched=True)
    compacted = connector.info().compact_revision
    assert compacted > 20
    with pytest.raises(CompactedError, match=f"oldest complete revision: {compacted}"):
        connector.range(b"", compacted - 1)
    assert isinstance(connector.get(b"/a/00", 30), Compacted)
    above = [change for change in truth if change.main > compacted]
    assert changes(connector)[-len(above) :] == above


def test_nothing_in_the_directory_is_touched(member) -> None:
    stopped, _, _ = member
    files = sorted(path for path in stopped.rglob("*") if path.is_file())
    before = [(path, path.stat().st_mtime_ns, path.read_bytes()) for path in files]
    connector = DataDirectoryConnector.open(stopped)
    list(connector.records())
    connector.info()
    connector.close()
    after = sorted(path for path in stopped.rglob("*") if path.is_file())
    assert [(path, path.stat().st_mtime_ns, path.read_bytes()) for path in after] == before


def test_the_directory_of_a_running_etcd_is_read_and_read_on(etcd_server) -> None:
    server = etcd_server()
    gateway = Gateway(server)
    for number in range(20):
        gateway.put(b"/k/%d" % (number % 5), b"%d" % number)
    connector = DataDirectoryConnector.open(server.data_dir)
    # What was answered to the client is there, though the database is committed later.
    assert connector.info().current_revision == 21
    assert connector.get(b"/k/4").value == b"19"
    for number in range(200):
        gateway.put(b"/k/%d" % (number % 5), b"again %d" % number)
    time.sleep(0.3)
    gateway.call("kv/compaction", revision="100", physical=True)
    time.sleep(0.3)
    assert connector.get(b"/k/4").value == b"again 199"
    found = [record.mod_revision for record in connector.history(b"/k/0")]
    assert found[:4] == [2, 7, 12, 17]
    assert found[-1] == 217
    assert len(list(connector.range(b"/k/"))) == 5


def test_a_crash_with_a_torn_tail_loses_the_torn_write_alone(etcd_server, tmp_path) -> None:
    server = etcd_server()
    gateway = Gateway(server)
    for number in range(30):
        gateway.put(b"/k/%d" % (number % 5), b"%03d " % number * 300)
    watch = Watch(server, tmp_path / "watch.json")
    truth = watch.until(31)
    server.stop(kill=True)
    (segment,) = (server.data_dir / "member" / "wal").glob("*.wal")
    content = bytearray(segment.read_bytes())
    end = content.rindex(b"029 029")
    start = end - end % 512
    content[start : start + 1024] = bytes(1024)
    segment.write_bytes(content)
    connector = DataDirectoryConnector.open(server.data_dir)
    # The database may have it all the same.
    assert changes(connector)[:29] == truth[:29]
    torn = [damage for damage in connector.damage if damage.code is Code.TORN_RECORD]
    assert [damage.severity for damage in torn] == [Severity.NOTE]
    connector.close()


def copy_without(source: Path, target: Path, *names: str) -> Path:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*names))
    return target


def test_a_log_without_a_database_still_tells_everything(member, tmp_path) -> None:
    stopped, _, truth = member
    folder = copy_without(stopped, tmp_path / "copy", "snap")
    connector = DataDirectoryConnector.open(folder)
    assert changes(connector) == truth
    assert any(damage.code is Code.NO_DATABASE for damage in connector.damage)


def test_a_database_without_a_log_is_answered_from_alone(member, tmp_path) -> None:
    stopped, _, truth = member
    folder = copy_without(stopped, tmp_path / "copy", "wal")
    connector = DataDirectoryConnector.open(folder)
    found = changes(connector)
    assert found == [change for change in truth if change in set(found)]
    assert found[-1] == truth[-1]


def test_member_snap_and_wal_may_each_be_named(member, tmp_path) -> None:
    stopped, _, truth = member
    assert changes(DataDirectoryConnector.open(stopped / "member")) == truth
    apart = copy_without(stopped, tmp_path / "apart", "wal")
    wal = stopped / "member" / "wal"
    assert changes(DataDirectoryConnector.open(apart, wal_dir=wal)) == truth
    assert changes(DataDirectoryConnector.open(wal)) == truth


def test_a_database_with_both_metas_destroyed_is_carved_and_the_log_still_tells(
    member, tmp_path
) -> None:
    stopped, _, truth = member
    folder = copy_without(stopped, tmp_path / "copy", "nothing")
    database = folder / "member" / "snap" / "db"
    content = bytearray(database.read_bytes())
    content[:8192] = bytes(8192)
    database.write_bytes(content)
    connector = DataDirectoryConnector.open(folder)
    assert changes(connector) == truth
    shutil.rmtree(folder / "member" / "wal")
    alone = DataDirectoryConnector.open(folder)
    carved = changes(alone)
    assert carved[-1] == truth[-1]
    assert set(carved) <= set(truth)
    assert any(damage.code is Code.NO_META_PAGE for damage in alone.damage)


def test_a_changed_value_in_the_database_is_found_by_the_log_and_set_right(
    member, tmp_path
) -> None:
    stopped, _, truth = member
    folder = copy_without(stopped, tmp_path / "copy", "nothing")
    database = folder / "member" / "snap" / "db"
    content = database.read_bytes()
    database.write_bytes(content.replace(b"the last word", b"the lost word"))
    connector = DataDirectoryConnector.open(folder)
    assert changes(connector) == truth
    assert connector.get(b"/z").value == b"the last word"
    assert connector.get(b"/z").provenance.trust is Trust.LOGGED
    found = [damage for damage in connector.damage if damage.code is Code.LOG_AND_DATABASE_DIFFER]
    assert [damage.key for damage in found] == [b"/z"]


def test_a_snapshot_restored_elsewhere_begins_its_own_log(etcd_server, tmp_path) -> None:
    """A restored directory's log begins at index 1 as a new one's, but not at revision 1."""
    source = etcd_server(name="source")
    gateway = Gateway(source)
    for number in range(50):
        gateway.put(b"/k/%d" % (number % 5), b"%d" % number)
    snapshot = source.snapshot(tmp_path / "snapshot.db")
    source.stop()
    folder = tmp_path / "restored"
    peer = f"http://127.0.0.1:{source.peer_port}"
    subprocess.run(
        [
            *(str(source.binaries.etcdutl), "snapshot", "restore", str(snapshot)),
            *("--data-dir", str(folder), "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", f"default={peer}"),
        ],
        check=True,
        capture_output=True,
    )
    (snap,) = (folder / "member" / "snap").glob("*.snap")
    assert read_snap(snap)[:2] == (1, 1)
    broken = bytearray(snap.read_bytes())
    broken[40] ^= 1
    (tmp_path / "broken.snap").write_bytes(broken)
    assert read_snap(tmp_path / "broken.snap") == Fault(FaultCode.SNAPSHOT_CHECKSUM)
    fresh = DataDirectoryConnector.open(folder)
    assert [record.mod_revision for record in fresh.records()] == list(range(2, 52))
    assert fresh.damage == []
    source.data_dir = folder
    source.restart()
    for number in range(50, 100):
        gateway.put(b"/k/%d" % (number % 5), b"%d" % number)
    truth = Watch(source, tmp_path / "watch.json").until(101)
    gateway.call("kv/compaction", revision="95", physical=True)
    gateway.call("maintenance/defragment")
    source.stop()
    after = DataDirectoryConnector.open(folder)
    found = changes(after)
    # What the snapshot had and compaction removed is in neither of both.
    assert [change for change in found if change.main > 51] == [c for c in truth if c.main > 51]
    assert set(found) <= set(truth)
    assert after.damage == []
