"""No call of the connector moves etcd: neither its revision nor its raft log, nor could it."""

from __future__ import annotations

import re
import urllib.request

import pytest
from etcd3 import etcdrpc as rpc

from etcdpod.connectors.live.connection.channel import (
    AUTHENTICATE,
    READ_ONLY_METHODS,
    MethodRefusedError,
)
from etcdpod.errors import EtcdpodError

STARTED = re.compile(
    r'grpc_server_started_total\{grpc_method="(\w+)",grpc_service="([\w.]+)"[^}]*\} (\d+)'
)


def calls(etcd) -> dict[str, int]:
    """How often each RPC was begun, as etcd itself counts."""
    with urllib.request.urlopen(f"{etcd.endpoint}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    return {f"/{service}/{method}": int(count) for method, service, count in STARTED.findall(text)}


def use_everything(connector, folder) -> None:
    """Every question that the connector answers."""
    connector.info()
    connector.members_status()
    connector.hash_members()
    list(connector.range(b""))
    list(connector.range(b"", keys_only=True))
    list(connector.range(b"/k", connector.info().current_revision - 1))
    for key in (b"/k/1", b"/k/gone", b"/k/never"):
        connector.get(key)
        connector.get(key, connector.info().compact_revision)
        list(connector.history(key))
    list(connector.records(b""))
    for impossible in (1, 10**9):
        with pytest.raises(EtcdpodError):
            connector.range(b"", impossible)
    watch = connector.watch(b"/k", connector.info().compact_revision)
    next(watch)
    watch.close()
    connector.save_snapshot(folder / "saved.db")


def test_nothing_moves_and_only_reads_are_called(any_etcds, connect, tmp_path):
    etcd = any_etcds.start()
    for number in range(20):
        etcd.ctl("put", f"/k/{number}", "v")
    etcd.ctl("put", "/k/gone", "v")
    etcd.ctl("compact", "5")
    etcd.ctl("del", "/k/gone")
    before, called_before = etcd.status(), calls(etcd)
    use_everything(connect(etcd.endpoint), tmp_path)
    after, called_after = etcd.status(), calls(etcd)
    moving = ("revision", "raftIndex", "raftAppliedIndex", "raftTerm")
    assert [before[name] for name in moving] == [after[name] for name in moving]
    called = {name for name, count in called_after.items() if count > called_before.get(name, 0)}
    assert called == READ_ONLY_METHODS


def test_a_login_is_the_one_exception_and_moves_the_log_alone(any_etcds, connect, tmp_path):
    etcd = any_etcds.start()
    for number in range(5):
        etcd.ctl("put", f"/k/{number}", "v")
    etcd.ctl("put", "/k/gone", "v")
    etcd.ctl("compact", "4")
    etcd.ctl("del", "/k/gone")
    for command in ("user add root:pw", "user grant-role root root", "auth enable"):
        etcd.ctl_run(*command.split())
    etcd.ctl_flags = ("--user", "root:pw")
    # Each etcdctl that asks for the status logs in as well.
    first, before = etcd.status(), etcd.status()
    own_entries = before["raftIndex"] - first["raftIndex"]
    called_before = calls(etcd)
    use_everything(connect(etcd.endpoint, user="root", password="pw"), tmp_path)
    called_after, after = calls(etcd), etcd.status()
    called = {name for name, count in called_after.items() if count > called_before.get(name, 0)}
    assert called == READ_ONLY_METHODS | {AUTHENTICATE}
    assert called_after[AUTHENTICATE] - called_before[AUTHENTICATE] == 1
    assert after["revision"] == before["revision"]
    assert after["raftIndex"] - before["raftIndex"] == own_entries + 1


def test_writing_is_refused_before_it_leaves_the_process(etcds, connect):
    etcd = etcds.start()
    member = connect(etcd.endpoint)._connection.ready(quorum=True)
    called_before = calls(etcd)
    refused = [
        (member.kv.Put, rpc.PutRequest(key=b"/k", value=b"v")),
        (member.kv.DeleteRange, rpc.DeleteRangeRequest(key=b"/k")),
        (member.kv.Txn, rpc.TxnRequest()),
        (member.kv.Compact, rpc.CompactionRequest(revision=1)),
        (member.maintenance.Alarm, rpc.AlarmRequest()),
        (member.maintenance.Defragment, rpc.DefragmentRequest()),
        (member.cluster.MemberAdd, rpc.MemberAddRequest()),
        (member.auth.Authenticate, rpc.AuthenticateRequest(name="root", password="x")),
    ]
    for method, request in refused:
        with pytest.raises(MethodRefusedError):
            method(request)
    assert calls(etcd) == called_before
