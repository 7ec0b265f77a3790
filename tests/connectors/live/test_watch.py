"""Following an etcd that is written to at full speed, compacted, killed, and loses its leader."""

from __future__ import annotations

import shutil
import signal
import threading
import time

import pytest

from etcdpod.connectors.live.notices import Notice, NoticeCode, notice_text
from etcdpod.errors import SourceError


class Follower:
    """Follows a prefix in a thread, as ``--follow`` would, and keeps what came."""

    def __init__(self, connector, prefix: bytes, since: int = 1) -> None:
        self.rows: list[tuple] = []
        self.error: BaseException | None = None
        self._connector = connector
        self._watch = connector.watch(prefix, since)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for record in self._watch:
                self.rows.append(
                    (
                        record.revision.main,
                        record.key,
                        record.tombstone,
                        record.value,
                        record.version,
                    )
                )
        except BaseException as error:  # noqa: BLE001 - told by the test
            self.error = error

    def reached(self, revision: int, seconds: float = 20.0) -> None:
        """Waits until a change at ``revision`` or later came."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.error is None, self.error
            if self.rows and self.rows[-1][0] >= revision:
                return
            time.sleep(0.02)
        raise AssertionError(f"came to {self.rows[-1:]}, not to {revision}")

    def close(self) -> None:
        self._connector.close()
        self._thread.join(5)
        assert not self._thread.is_alive()
        assert self.error is None, self.error


def last_write(etcd, writer) -> int:
    """Ends the writer and marks the end of the history; returns its revision."""
    writer.kill()
    writer.wait()
    etcd.wait()
    etcd.ctl("put", "/w/end", "end")
    return etcd.status()["revision"]


def test_full_speed_and_a_killed_etcd_lose_and_double_nothing(
    any_etcds, connect, writer, etcd_history
):
    etcd = any_etcds.start()
    connector = connect(etcd.endpoint)
    follower = Follower(connector, b"/w/")
    process = writer([etcd.address], "/w/")
    for _ in range(3):
        time.sleep(0.7)
        etcd.kill()
        time.sleep(0.3)
        etcd.start()
    time.sleep(0.5)
    end = last_write(etcd, process)
    follower.reached(end)
    follower.close()
    truth = [row for row in etcd_history(etcd.address, 1) if row[1].startswith(b"/w/")]
    assert follower.rows == truth
    assert len(truth) > 500
    assert connector.lost == []
    assert connector.damage == []
    assert NoticeCode.CONNECTION_RESTORED in [notice.code for notice in connector.notices]


def test_compactions_behind_a_follower_cost_it_nothing(any_etcds, connect, writer, etcd_history):
    etcd = any_etcds.start()
    connector = connect(etcd.endpoint)
    follower = Follower(connector, b"/w/")
    process = writer([etcd.address], "/w/")
    truth: list[tuple] = []
    for _ in range(3):
        time.sleep(0.5)
        known = len(truth)
        while len(truth) == known:  # a loaded machine lets the writer begin late
            truth += etcd_history(etcd.address, truth[-1][0] + 1 if truth else 1)
        follower.reached(truth[-1][0])
        etcd.ctl("compact", str(truth[-1][0]))
    end = last_write(etcd, process)
    truth += etcd_history(etcd.address, truth[-1][0] + 1)
    follower.reached(end)
    follower.close()
    assert follower.rows == [row for row in truth if row[1].startswith(b"/w/")]
    assert connector.lost == []


def test_what_was_compacted_during_an_outage_is_named_exactly(any_etcds, connect, etcd_history):
    etcd = any_etcds.start()
    notices: list[Notice] = []
    connector = connect(etcd.endpoint, notices.append)
    follower = Follower(connector, b"/w/")
    for number in range(5):
        etcd.ctl("put", "/w/a", str(number))
    follower.reached(6)
    port = etcd.port
    etcd.kill()
    # The follower is cut off while the same data is served on another port.
    etcd.port = any_etcds.make().port
    etcd.start()
    for number in range(10):
        etcd.ctl("put", "/w/b", str(number))
    etcd.ctl("put", "/w/c", "gone")
    etcd.ctl("del", "/w/c")
    etcd.ctl("put", "/w/d", "kept")
    etcd.ctl("compact", "18")
    etcd.ctl("put", "/w/b", "after")
    etcd.kill()
    etcd.port = port
    etcd.start()
    follower.reached(20)
    follower.close()
    (lost,) = connector.lost
    assert (lost.first, lost.last, lost.compact_revision) == (7, 17, 18)
    shown = [row[:3] for row in follower.rows if row[0] > 6]
    assert shown == [(16, b"/w/b", False), (19, b"/w/d", False), (20, b"/w/b", False)]
    assert [damage.severity.value for damage in connector.damage] == ["loss"]
    assert any("revisions 7 to 17 were compacted before" in notice_text(n) for n in notices)


def test_a_cluster_that_loses_its_leader_is_followed_on(etcds, connect, writer, etcd_history):
    members = etcds.cluster(3)
    endpoints = [member.address for member in members]
    connector = connect(",".join(member.endpoint for member in members))
    follower = Follower(connector, b"/w/")
    process = writer(endpoints, "/w/")
    for blow in ("kill", "freeze"):
        time.sleep(1.0)
        leader = next(m for m in members if m.status()["leader"] == m.status()["member_id"])
        if blow == "kill":
            leader.kill()
            time.sleep(2.0)
            leader.start()
        else:
            leader.signal(signal.SIGSTOP)
            time.sleep(2.5)
            leader.signal(signal.SIGCONT)
    time.sleep(0.5)
    end = last_write(members[0], process)
    follower.reached(end, 40)
    follower.close()
    truth = [row for row in etcd_history(members[1].address, 1) if row[1].startswith(b"/w/")]
    assert follower.rows == truth
    assert len(truth) > 200
    assert connector.lost == []


def test_a_member_cut_off_from_its_quorum_is_left(etcds, connect):
    members = etcds.cluster(3)
    connector = connect(",".join(member.endpoint for member in members))
    follower = Follower(connector, b"/w/")
    members[0].ctl("put", "/w/a", "1")
    follower.reached(2)
    # The first member stays up without a leader; the other two come back later.
    members[1].kill()
    members[2].kill()
    time.sleep(2.5)
    assert follower.error is None
    members[1].start(wait=False)
    members[2].start()
    members[1].wait()
    members[1].ctl("put", "/w/a", "2")
    follower.reached(3)
    follower.close()
    assert [row[3] for row in follower.rows] == [b"1", b"2"]


def test_a_history_read_while_etcd_is_killed_is_whole(any_etcds, connect, writer, etcd_history):
    etcd = any_etcds.start()
    process = writer([etcd.address], "/w/", keys=20)
    time.sleep(3.0)
    last_write(etcd, process)
    truth = [row for row in etcd_history(etcd.address, 1) if row[1].startswith(b"/w/")]
    connector = connect(etcd.endpoint)
    found = []
    for number, record in enumerate(connector.records(b"/w/")):
        if number == len(truth) // 3:
            etcd.kill()
            etcd.start()
        found.append(
            (record.revision.main, record.key, record.tombstone, record.value, record.version)
        )
    assert found == truth
    assert len(found) > 1500  # more than one batch of a watch


def test_a_compaction_between_question_and_answer_is_told(any_etcds, connect):
    etcd = any_etcds.start()
    for number in range(20):
        etcd.ctl("put", "/w/a", str(number))
    etcd.ctl("compact", "5")
    connector = connect(etcd.endpoint)
    whole, part = connector.records(b"/w/"), connector.records(b"/w/", since=10)
    etcd.ctl("compact", "15")
    assert [record.revision.main for record in whole] == list(range(15, 22))
    assert [record.revision.main for record in part] == list(range(15, 22))
    assert [(lost.first, lost.last) for lost in connector.lost] == [(5, 14), (10, 14)]


def test_history_then_follow_has_no_seam(any_etcds, connect, writer, etcd_history):
    etcd = any_etcds.start()
    process = writer([etcd.address], "/w/", keys=5)
    time.sleep(0.5)
    connector = connect(etcd.endpoint)
    key = b"/w/003"
    history = connector.history(key)
    rows = [(record.revision.main, record.tombstone) for record in history]
    follow = connector.watch_key(key, history.through_revision + 1)
    for record in follow:
        rows.append((record.revision.main, record.tombstone))
        if len(rows) > 100:
            break
    follow.close()
    process.kill()
    truth = [(row[0], row[2]) for row in etcd_history(etcd.address, 1) if row[1] == key]
    assert rows == truth[: len(rows)]


def test_large_backlogs_come_in_fragments_and_whole(etcds, connect, etcd_history):
    etcd = etcds.start("--max-request-bytes", "3145728")
    import grpc
    from etcd3 import etcdrpc as rpc

    with grpc.insecure_channel(etcd.address) as channel:
        kv = rpc.KVStub(channel)
        for number in range(12):
            puts = [
                rpc.RequestOp(request_put=rpc.PutRequest(key=b"/w/%d" % i, value=b"v" * 1_000_000))
                for i in range(2)
            ]
            kv.Txn(rpc.TxnRequest(success=puts), timeout=10)
            assert number >= 0
    connector = connect(etcd.endpoint)
    rows = [
        (r.revision.main, r.key, r.tombstone, r.value, r.version) for r in connector.records(b"/w/")
    ]
    assert rows == etcd_history(etcd.address, 1)
    assert len(rows) == 24
    connector = connect(etcd.endpoint)
    follower = Follower(connector, b"/w/", since=5)
    follower.reached(13)
    follower.close()
    assert follower.rows == [row for row in rows if row[0] >= 5]


def test_closing_ends_a_watch_that_waits(etcds, connect):
    etcd = etcds.start()
    connector = connect(etcd.endpoint)
    follower = Follower(connector, b"/w/")
    time.sleep(0.3)
    follower.close()
    assert follower.rows == []


def test_a_watch_may_begin_in_the_future(etcds, connect):
    etcd = etcds.start()
    follower = Follower(connect(etcd.endpoint), b"/w/", since=4)
    for number in range(4):
        etcd.ctl("put", "/w/a", str(number))
    follower.reached(5)
    follower.close()
    assert [row[0] for row in follower.rows] == [4, 5]


def test_another_cluster_at_the_same_address_is_not_followed(etcds, connect):
    etcd = etcds.start()
    etcd.ctl("put", "/w/a", "1")
    connector = connect(etcd.endpoint, command_timeout=2.0)
    etcd.kill()
    other = etcds.make("--initial-cluster-token", "another", port=etcd.port)
    other.start()
    with pytest.raises(SourceError, match="another cluster"):
        list(connector.range(b"/w/"))


def test_one_watch_is_closed_and_the_connector_goes_on(etcds, connect):
    etcd = etcds.start()
    etcd.ctl("put", "/w/a", "1")
    connector = connect(etcd.endpoint)
    watch = connector.watch(b"/w/", 1)
    assert next(watch).revision.main == 2
    waiting = threading.Thread(target=lambda: list(watch), daemon=True)
    waiting.start()
    time.sleep(0.3)
    watch.close()
    watch.close()
    waiting.join(5)
    assert not waiting.is_alive()
    assert [record.value for record in connector.range(b"/w/")] == [b"1"]


def test_a_patient_follower_does_not_hold_up_other_questions(etcds, connect):
    etcd = etcds.start()
    connector = connect(etcd.endpoint, command_timeout=1.0, dial_timeout=1.0)
    follower = Follower(connector, b"/w/")
    time.sleep(0.3)
    etcd.kill()
    time.sleep(0.5)
    began = time.monotonic()
    with pytest.raises(SourceError, match="refused"):
        connector.range(b"/w/")
    assert time.monotonic() - began < 4
    assert follower.error is None
    etcd.start()
    etcd.ctl("put", "/w/a", "1")
    follower.reached(2)
    follower.close()


def test_an_etcd_that_was_restored_to_an_older_state_is_not_followed_on(etcds, connect):
    etcd = etcds.start()
    for number in range(5):
        etcd.ctl("put", "/w/a", str(number))
    etcd.ctl("compact", "4")
    etcd.kill()
    backup = etcd.data_dir.parent / "backup"
    shutil.copytree(etcd.data_dir, backup)
    etcd.start()
    connector = connect(etcd.endpoint)
    follower = Follower(connector, b"/w/", since=4)
    for number in range(5):
        etcd.ctl("put", "/w/a", str(number))
    etcd.ctl("compact", "9")
    follower.reached(11)
    assert list(connector.history(b"/w/a"))
    etcd.kill()
    shutil.rmtree(etcd.data_dir)
    backup.rename(etcd.data_dir)
    etcd.start()
    deadline = time.monotonic() + 10
    while follower.error is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert isinstance(follower.error, SourceError)
    assert "went back from revision 11 to 6" in str(follower.error)
    assert [record.revision.main for record in connector.history(b"/w/a")] == [4, 5, 6]
