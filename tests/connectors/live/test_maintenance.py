"""What an etcd tells of itself, member by member, and which member's data disagree."""

from __future__ import annotations

import json
import signal
import time

import pytest

from etcdpod.connectors.live import hashes
from etcdpod.errors import SourceError


def test_info_is_etcdctls_endpoint_status(any_etcds, connect):
    etcd = any_etcds.start("--quota-backend-bytes", "400000000")
    for number in range(30):
        etcd.ctl("put", f"/k/{number}", "v" * 1000)
    etcd.ctl("compact", "20")
    time.sleep(0.5)  # until the database is written to the disk: its size is part of the answer
    connector = connect(etcd.endpoint)
    info, status = connector.info(), etcd.status()
    assert info.kind == "live"
    assert info.target == etcd.endpoint
    assert info.etcd_version == status["version"]
    assert info.current_revision == status["revision"] == 31
    assert info.compact_revision == 20
    assert info.cluster_id == status["cluster_id"]
    assert info.size == status["dbSize"]
    details = connector.cluster_details()
    assert details.size_in_use == status["dbSizeInUse"]
    assert details.raft_term == status["raftTerm"]
    assert details.leader == "default"
    assert details.alarms == ()
    assert details.revision_skew == 0
    (member,) = connector.members_status()
    assert member.name == "default"
    assert member.is_leader
    assert not member.is_learner
    assert member.member_id == member.leader_id == status["member_id"]
    assert (member.raft_index, member.raft_applied_index) == (
        status["raftIndex"],
        status["raftAppliedIndex"],
    )
    assert member.db_size_in_use == status["dbSizeInUse"]


def test_alarms_are_seen_without_asking_for_them(any_etcds, connect):
    etcd = any_etcds.start("--quota-backend-bytes", "200000")
    for number in range(20):
        etcd.ctl_run("put", f"/k/{number}", "v" * 50_000)
    connector = connect(etcd.endpoint)
    (alarm,) = connector.cluster_details().alarms
    assert "NOSPACE" in alarm
    assert list(connector.range(b"/k/"))


def test_all_members_are_found_from_one(etcds, connect):
    members = etcds.cluster(3)
    members[0].ctl("put", "/k", "v")
    connector = connect(members[1].endpoint)
    found = connector.members_status()
    assert {status.name for status in found} == {"m0", "m1", "m2"}
    assert [status.name for status in found if status.is_leader] == [
        next(m.name for m in members if m.status()["leader"] == m.status()["member_id"])
    ]
    members[2].kill()
    found = connector.members_status()
    dead = next(status for status in found if status.problem)
    assert dead.endpoint == members[2].endpoint
    assert "connection refused" in dead.problem
    assert connector.cluster_details().revision_skew == 0


def test_equal_members_agree_and_a_changed_one_is_named(etcds, connect):
    members = etcds.cluster(3)
    for number in range(50):
        members[0].ctl("put", f"/k/{number}", "an-original-value")
    members[0].ctl("compact", "20")
    connector = connect(members[0].endpoint)
    comparison = connector.hash_members()
    assert comparison.agree is True
    assert comparison.odd == ()
    assert len({item.hash for item in comparison.hashes}) == 1
    assert {item.compact_revision for item in comparison.hashes} == {20}
    truth = json.loads(members[0].ctl("endpoint", "hashkv", "-w", "json"))[0]["HashKV"]
    assert comparison.hashes[0].hash == truth["hash"]

    members[2].signal(signal.SIGTERM)
    members[2].process.wait()
    database = members[2].data_dir / "member" / "snap" / "db"
    data = database.read_bytes()
    assert b"an-original-value" in data
    database.write_bytes(data.replace(b"an-original-value", b"an-other-one-here"))
    members[2].start()
    comparison = connector.hash_members()
    assert comparison.agree is False
    assert comparison.odd == ("m2",)


def test_hashes_at_the_compact_revision_are_comparable_too(any_etcds, connect):
    etcd = any_etcds.start()
    etcd.ctl("put", "/k", "v")
    etcd.ctl("compact", "2")
    comparison = connect(etcd.endpoint).hash_members()
    assert [item.problem for item in comparison.hashes] == [""]
    assert comparison.agree is None


def test_a_member_that_is_behind_is_asked_again(any_etcds, connect, monkeypatch):
    etcd = any_etcds.start()
    etcd.ctl("put", "/k", "v")
    true, ahead = hashes.newest_revision, iter((5,))
    monkeypatch.setattr(hashes, "newest_revision", lambda *words: next(ahead, None) or true(*words))
    comparison = connect(etcd.endpoint).hash_members()
    assert comparison.revision == 2
    assert [(item.problem, item.is_behind) for item in comparison.hashes] == [("", False)]


def test_a_learner_is_known_and_read_by_its_own_state(etcds, connect):
    voter = etcds.start(name="m0")
    voter.ctl("put", "/k", "v")
    learner = etcds.make("--initial-cluster-state", "existing", name="m1")
    voter.ctl("member", "add", "m1", "--learner", f"--peer-urls={learner.peer_url}")
    learner.cluster = f"m0={voter.peer_url},m1={learner.peer_url}"
    learner.start(wait=False)
    deadline = time.monotonic() + 15
    while True:
        try:
            connector = connect(learner.endpoint, serializable=True)
            if connector.info().current_revision == 2:
                break
        except SourceError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert [record.value for record in connector.range(b"/k")] == [b"v"]
    assert [status.is_learner for status in connector.members_status()] == [True]
    with pytest.raises(SourceError, match=r"learner.*--serializable"):
        connect(learner.endpoint).range(b"/")
    both = connect(f"{learner.endpoint},{voter.endpoint}")
    assert [record.value for record in both.range(b"/")] == [b"v"]
    assert [record.value for record in both.history(b"/k")] == [b"v"]
    statuses = {status.name: status for status in both.members_status()}
    assert statuses["m1"].is_learner
    assert not statuses["m0"].is_learner
