"""Lists in pages: bounded answers, one revision, compactions and dead members in the middle."""

from __future__ import annotations

import subprocess
import sys
import time

import grpc
import pytest
from etcd3 import etcdrpc as rpc

from etcdpod.connectors.live import paging
from etcdpod.connectors.live.notices import Notice, NoticeCode, notice_text
from etcdpod.damage import DamageCode as Code
from etcdpod.errors import CompactedError

FEW_MIB = 4 << 20


def fill(etcd, keys: int, size: int, prefix: str = "/k/", first: int = 0) -> None:
    """Puts ``keys`` values of ``size`` bytes, quickly."""
    value = b"v" * size
    batch = max(1, min(100, 1_400_000 // (size + 100)))
    with grpc.insecure_channel(etcd.address) as channel:
        kv = rpc.KVStub(channel)
        for start in range(first, first + keys, batch):
            puts = [
                rpc.RequestOp(
                    request_put=rpc.PutRequest(key=f"{prefix}{number:06d}".encode(), value=value)
                )
                for number in range(start, min(start + batch, first + keys))
            ]
            kv.Txn(rpc.TxnRequest(success=puts), timeout=20)


def pages_of(connector, prefix: bytes, **settings) -> list[paging.Page]:
    """The pages behind a list."""
    from etcdpod.connectors.live.messages import prefix_span

    settings = {"keys_only": False, **settings}
    listing = paging.Listing(connector._connection, prefix_span(prefix), None, **settings)
    return list(listing.pages())


def test_two_hundred_large_values_come_in_small_pages(etcds, connect):
    etcd = etcds.start()
    fill(etcd, 200, 1_400_000)
    connector = connect(etcd.endpoint)
    records = connector.range(b"/k/")
    assert sum(record.value_size for record in records) == 200 * 1_400_000
    sizes = [sum(kv.ByteSize() for kv in page.kvs) for page in pages_of(connector, b"/k/")]
    assert max(sizes) < FEW_MIB
    assert len(list(connector.records(b"/k/"))) == 200


def test_values_that_grow_in_the_middle_of_a_list_are_asked_for_again_in_less(etcds, connect):
    etcd = etcds.start()
    fill(etcd, 3000, 200, "/k/a")
    fill(etcd, 60, 1_400_000, "/k/b")
    fill(etcd, 500, 200, "/k/c")
    connector = connect(etcd.endpoint)
    records = list(connector.range(b"/k/"))
    assert len(records) == 3560
    assert [record.key for record in records] == sorted(record.key for record in records)
    pages = pages_of(connector, b"/k/")
    assert max(len(page.kvs) for page in pages) <= paging.MAX_KEYS
    assert len({page.revision for page in pages}) == 1


def test_keys_alone_come_in_large_pages_without_values(etcds, connect):
    etcd = etcds.start()
    fill(etcd, 3000, 2_000)
    pages = pages_of(connect(etcd.endpoint), b"/k/", keys_only=True)
    assert [len(page.kvs) for page in pages] == [3000]
    assert not any(kv.value for page in pages for kv in page.kvs)


def test_a_list_keeps_its_revision_while_etcd_is_written_to(etcds, connect):
    etcd = etcds.start()
    fill(etcd, 500, 1_000)
    connector = connect(etcd.endpoint)
    records = iter(connector.range(b"/k/"))
    listed = [next(records).key for _ in range(10)]
    etcd.ctl("del", "--prefix", "/k/0004")
    etcd.ctl("put", "/k/000400x", "new")
    listed += [record.key for record in records]
    assert listed == [f"/k/{number:06d}".encode() for number in range(500)]
    assert connector.notices == []


def compact_now(etcd) -> None:
    etcd.ctl("put", "/other", "x")
    etcd.ctl("compact", str(etcd.status()["revision"]))


def test_a_list_that_is_compacted_away_is_finished_newer_and_says_so(any_etcds, connect):
    etcd = any_etcds.start()
    fill(etcd, 300, 20_000)
    connector = connect(etcd.endpoint)
    records = iter(connector.range(b"/k/"))
    listed = [next(records).key for _ in range(5)]
    etcd.ctl("del", "/k/000299")
    compact_now(etcd)
    listed += [record.key for record in records]
    assert listed == [f"/k/{number:06d}".encode() for number in range(299)]
    (damage,) = connector.damage
    assert damage.code is Code.LIST_COMPACTED
    assert connector.notices == [Notice(NoticeCode.DAMAGE, damage=damage)]
    assert "at a newer revision" in notice_text(connector.notices[0])


def test_a_list_that_must_be_of_one_revision_is_read_anew(any_etcds, connect, monkeypatch):
    etcd = any_etcds.start()
    fill(etcd, 300, 20_000)
    connector = connect(etcd.endpoint, on_compaction="restart")
    plain = paging.Listing.pages
    rounds: list[int] = []

    def disturbed(listing, start=None):
        for number, page in enumerate(plain(listing, start)):
            if number == 0 and not rounds:
                rounds.append(page.revision)
                etcd.ctl("del", "/k/000000")
                compact_now(etcd)
            yield page

    monkeypatch.setattr(paging.Listing, "pages", disturbed)
    listed = [record.key for record in connector.range(b"/k/")]
    assert listed == [f"/k/{number:06d}".encode() for number in range(1, 300)]
    assert NoticeCode.LIST_RESTARTED in [n.code for n in connector.notices]
    assert connector.damage == []


def test_a_pinned_list_that_is_compacted_away_fails(etcds, connect):
    etcd = etcds.start()
    fill(etcd, 300, 20_000)
    connector = connect(etcd.endpoint)
    revision = connector.info().current_revision
    records = iter(connector.range(b"/k/", revision))
    next(records)
    compact_now(etcd)
    with pytest.raises(CompactedError, match=f"revision {revision} is compacted; the oldest"):
        list(records)


def test_a_list_goes_on_when_its_member_dies(etcds, connect):
    members = etcds.cluster(3)
    fill(members[0], 300, 20_000)
    connector = connect(",".join(member.endpoint for member in members))
    records = iter(connector.range(b"/k/"))
    listed = [next(records).key for _ in range(5)]
    members[0].kill()
    listed += [record.key for record in records]
    assert listed == [f"/k/{number:06d}".encode() for number in range(300)]
    assert [
        n
        for n in connector.notices
        if members[0].address in n.endpoint and n.code is NoticeCode.CONNECTION_LOST
    ]
    assert NoticeCode.CONNECTION_RESTORED in [n.code for n in connector.notices]


def test_a_list_goes_on_when_its_only_member_restarts(any_etcds, connect):
    etcd = any_etcds.start()
    fill(etcd, 300, 20_000)
    connector = connect(etcd.endpoint)
    records = iter(connector.range(b"/k/"))
    listed = [next(records).key for _ in range(5)]
    etcd.kill()
    etcd.start()
    listed += [record.key for record in records]
    assert len(listed) == 300


def test_twenty_thousand_pods_are_listed_about_as_fast_as_by_etcdctl(etcds):
    etcd = etcds.start()
    fill(etcd, 20_000, 2_500, "/registry/pods/ns/")
    code = """if True:
        import sys
        from etcdpod.connectors.live import LiveConnector
        connector = LiveConnector.open(sys.argv[1])
        total = sum(len(record.value) for record in connector.range(b"/registry/pods/"))
        status = open("/proc/self/status").read()
        print(total, status.partition("RssAnon:")[2].split()[0])
        """
    ours, theirs = [], []
    for _ in range(3):
        began = time.monotonic()
        etcd.ctl("get", "--prefix", "/registry/pods/", "-w", "protobuf")
        theirs.append(time.monotonic() - began)
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", code, etcd.endpoint], capture_output=True, check=True
        )
        ours.append(time.monotonic() - began)
        total, anonymous_kib = (int(number) for number in done.stdout.split())
        assert total == 50_000_000
        assert anonymous_kib < 200 << 10
    assert min(ours) <= 3 * min(theirs), (ours, theirs)
