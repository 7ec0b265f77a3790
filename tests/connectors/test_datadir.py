"""Data directories: the recorded incident in full, and what no running etcd leaves on request."""

from __future__ import annotations

import base64
import json
import random
import shutil
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from paths import SHOP, TESTDATA
from wal_writer import NODE, LogWriter, put, update

from etcdpod.connectors.disk import datadir as datadir_module
from etcdpod.connectors.disk.datadir import DataDirectoryConnector
from etcdpod.damage import DamageCode as Code
from etcdpod.damage import Fault, FaultCode
from etcdpod.errors import CompactedError, EtcdpodError, FutureRevisionError, SourceError
from etcdpod.etcd.wal.messages import ConfChange
from etcdpod.history.incarnations import steps
from etcdpod.kube.codec import Decoder
from etcdpod.records import Deleted, NotRecorded, Record, Severity, Trust

if TYPE_CHECKING:
    from pathlib import Path

PREFIXES = {
    "/api/v1/pods": b"/registry/pods/",
    "/api/v1/nodes": b"/registry/minions/",
    "/api/v1/events": b"/registry/events/",
    "/api/v1/namespaces": b"/registry/namespaces/",
    "/api/v1/secrets": b"/registry/secrets/",
    "/api/v1/configmaps": b"/registry/configmaps/",
    "/apis/apps/v1/deployments": b"/registry/deployments/",
    "/apis/apps/v1/replicasets": b"/registry/replicasets/",
    "/apis/apps/v1/statefulsets": b"/registry/statefulsets/",
    "/apis/batch/v1/jobs": b"/registry/jobs/",
    "/apis/coordination.k8s.io/v1/leases": b"/registry/leases/",
}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The folders of the two recorded data directories, by name."""
    if not SHOP.exists():
        pytest.skip("the recorded incident is not here")
    folders = {}
    for name in ("mid", "end"):
        folders[name] = tmp_path_factory.mktemp(name)
        with tarfile.open(SHOP / f"{name}-datadir.tar.xz") as packed:
            packed.extractall(folders[name], filter="data")
    return folders


@pytest.fixture(scope="module")
def watched() -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """The events of the recorded watch that came after its first list, by API path."""
    if not SHOP.exists():
        pytest.skip("the recorded incident is not here")
    events: dict[str, list] = {path: [] for path in PREFIXES}
    for line in (SHOP / "watch.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["type"] not in ("INITIAL", "BOOKMARK"):
            events[event["path"]].append((event["type"], event["object"]))
    return events


def revision_of(obj: dict[str, Any]) -> int:
    return int(obj["metadata"]["resourceVersion"])


def told(connector: DataDirectoryConnector, prefix: bytes) -> list[tuple[str, dict[str, Any]]]:
    """What a watch over ``prefix`` would have sent, by the source."""
    decoder = Decoder(as_served=True)

    def decode(record: Record) -> dict[str, Any]:
        return decoder.decode(record.key, record.value, revision=record.mod_revision).object

    records = list(connector.records(prefix))
    by_key: dict[bytes, list[Record]] = {}
    for record in records:
        by_key.setdefault(record.key, []).append(record)
    found = [
        (step.record.revision, step.event, step.object)
        for of_key in by_key.values()
        for step in steps(of_key, decode)
    ]
    return [(event, obj) for _, event, obj in sorted(found, key=lambda step: step[0])]


@pytest.mark.parametrize("name", ["mid", "end"])
@pytest.mark.parametrize("path", PREFIXES, ids=lambda path: path.rpartition("/")[2])
def test_every_recorded_event_comes_back_in_content_and_order(
    unpacked, watched, name, path
) -> None:
    connector = DataDirectoryConnector.open(unpacked[name])
    assert connector.damage == []
    reached = connector.info().current_revision
    expected = [event for event in watched[path] if revision_of(event[1]) <= reached]
    if name == "end" and path == "/api/v1/pods":
        assert len(expected) == len(watched[path]) == 295
    found = told(connector, PREFIXES[path])
    first = revision_of(expected[0][1])
    found = [event for event in found if revision_of(event[1]) >= first]
    assert [(kind, revision_of(obj)) for kind, obj in found] == [
        (kind, revision_of(obj)) for kind, obj in expected
    ]
    for mine, true in zip(found, expected, strict=True):
        assert mine == true


def test_a_state_below_the_compaction_is_told_from_the_log(unpacked, watched) -> None:
    connector = DataDirectoryConnector.open(unpacked["end"])
    for revision in (450, 700, 907):
        alive: set[bytes] = set()
        for kind, obj in watched["/api/v1/pods"]:
            if revision_of(obj) <= revision:
                metadata = obj["metadata"]
                key = f"/registry/pods/{metadata['namespace']}/{metadata['name']}".encode()
                (alive.discard if kind == "DELETED" else alive.add)(key)
        found = {record.key for record in connector.range(b"/registry/pods/", revision)}
        assert found == alive
    vouched = DataDirectoryConnector.open(unpacked["end"], only_vouched=True)
    with pytest.raises(CompactedError):
        vouched.range(b"/registry/pods/", 700)
    with pytest.raises(FutureRevisionError):
        connector.range(b"", 2000)


def test_a_deleted_object_is_found_with_its_last_words(unpacked, watched) -> None:
    connector = DataDirectoryConnector.open(unpacked["end"])
    deleted = [obj for kind, obj in watched["/api/v1/pods"] if kind == "DELETED"]
    dead = 0
    for obj in deleted:
        metadata = obj["metadata"]
        key = f"/registry/pods/{metadata['namespace']}/{metadata['name']}".encode()
        answer = connector.get(key)
        if isinstance(answer, Record):
            continue
        assert isinstance(answer, Deleted)
        assert answer.last is not None
        dead += 1
    assert dead > 5
    assert connector.get(b"/registry/pods/shop/never") == NotRecorded(b"/registry/pods/shop/never")


def test_a_small_real_directory_gives_back_what_its_watch_saw() -> None:
    """The same as over the recorded incident, for a clone that has only its own test data."""
    folder = TESTDATA / "wal"
    truth = [json.loads(line) for line in (folder / "changes.jsonl").read_text().splitlines()]
    connector = DataDirectoryConnector.open(folder)
    found = [
        {
            "key": base64.b64encode(record.key).decode(),
            "main": record.mod_revision,
            "tombstone": record.tombstone,
            "create_revision": record.create_revision,
            "version": record.version,
            "lease": record.lease,
            "value": base64.b64encode(record.value).decode(),
        }
        for record in connector.records()
    ]
    assert found == truth
    assert len(found) > 90
    kept = list(DataDirectoryConnector.open(folder, only_vouched=True).records())
    assert len(kept) < 40
    assert connector.damage == []


# --- logs that no server writes on request --------------------------------------------------------


def member(folder: Path, log: LogWriter) -> Path:
    """A data directory with a log and without a database."""
    target = folder / "member" / "wal"
    target.mkdir(parents=True, exist_ok=True)
    for path in log.save():
        shutil.copy(path, target)
    return folder


def join(log: LogWriter, *nodes: int) -> None:
    for node in nodes:
        change = ConfChange(id=node, type=0, node_id=node)
        log.entry(change.SerializeToString(), kind=1)


def test_what_a_minority_wrote_is_not_shown_as_if_it_had_happened(tmp_path) -> None:
    log = LogWriter(tmp_path / "log")
    join(log, NODE, 2, 3)
    log.request(**put(b"/a", b"committed"))
    log.commit()
    log.request(**put(b"/a", b"written here alone"))
    connector = DataDirectoryConnector.open(member(tmp_path, log))
    assert [record.value for record in connector.records()] == [b"committed"]
    (attempt,) = connector.attempts()
    assert (attempt.value, attempt.mod_revision) == (b"written here alone", 3)
    assert attempt.provenance.trust is Trust.UNCOMMITTED
    assert connector.get(b"/a").value == b"committed"


def test_a_broken_copy_of_a_repaired_segment_gives_up_its_lost_tail(tmp_path) -> None:
    log = LogWriter(tmp_path / "log")
    join(log, NODE, 2, 3)
    log.request(**put(b"/a", b"kept"))
    log.commit()
    kept = len(log.segments[0])
    log.request(**put(b"/a", b"cut off with the torn tail"))
    folder = member(tmp_path, log)
    (segment,) = (folder / "member" / "wal").iterdir()
    whole = segment.read_bytes()
    segment.with_name(segment.name + ".broken").write_bytes(whole)
    segment.write_bytes(whole[:kept])
    (folder / "member" / "wal" / "0.tmp").write_bytes(bytes(1000))
    connector = DataDirectoryConnector.open(folder)
    assert [record.value for record in connector.records()] == [b"kept"]
    (attempt,) = connector.attempts()
    assert attempt.value == b"cut off with the torn tail"
    assert attempt.provenance.file.endswith(".wal.broken")
    segment.unlink()
    alone = DataDirectoryConnector.open(folder)
    assert [record.value for record in alone.records()] == [b"kept"], "the copy is all there is"


def test_a_write_whose_record_fails_its_checksum_is_not_shown(tmp_path) -> None:
    log = LogWriter(tmp_path / "log")
    join(log, NODE)
    for number in range(10):
        log.request(**put(b"/a", b"number %d" % number))
    log.commit()
    position = log.segments[0].index(b"number 4")
    log.segments[0][position] ^= 0x20
    connector = DataDirectoryConnector.open(member(tmp_path, log))
    values = [record.value for record in connector.records()]
    assert b"Number 4" not in values
    # Nothing proves that the changed write had a revision: those behind it are in doubt.
    assert values == [b"number %d" % number for number in range(4)]
    assert any(damage.code is Code.RECORD_CHECKSUM for damage in connector.damage)


def test_a_missing_segment_is_a_gap_over_which_nothing_is_claimed(tmp_path) -> None:
    log = LogWriter(tmp_path / "log")
    join(log, NODE)
    revision, known = 1, {}
    for number in range(90):
        key = b"/%d" % (number % 3)
        log.request(**update(key, b"%d" % number, known.get(key, 0)))
        revision += 1
        known[key] = revision
        log.commit()
        if number in (29, 59):
            log.cut()
    folder = member(tmp_path, log)
    sorted((folder / "member" / "wal").iterdir())[1].unlink()
    connector = DataDirectoryConnector.open(folder)
    found = {record.mod_revision: record.value for record in connector.records()}
    assert set(found) <= {*range(2, 32), *range(62, 92)}
    assert all(value == b"%d" % (main - 2) for main, value in found.items())
    assert len(found) >= 55
    losses = [damage for damage in connector.damage if damage.severity is Severity.LOSS]
    assert any(damage.code is Code.SEGMENTS_MISSING for damage in losses)


@pytest.mark.parametrize("name", ["empty", "other"])
def test_a_folder_without_etcds_files_is_refused_in_words(tmp_path, name) -> None:
    folder = tmp_path / name
    folder.mkdir()
    if name == "other":
        (folder / "notes.txt").write_text("nothing here")
    assert not DataDirectoryConnector.detect(folder)
    with pytest.raises(SourceError, match=r"holds no member/snap/db"):
        DataDirectoryConnector.open(folder)
    assert not DataDirectoryConnector.detect(folder / "missing")
    assert not DataDirectoryConnector.detect("bad\0name")


# --- mutations ------------------------------------------------------------------------------------


def mutated(choose: random.Random, content: bytes, span: int) -> bytes:
    """The same file with some bytes flipped, cut, zeroed or moved within its first ``span``."""
    changed = bytearray(content)
    for _ in range(choose.randint(1, 6)):
        span = min(span, len(changed) - 1)
        start = choose.randrange(4096, span)
        kind = choose.randrange(6)
        if kind < 3:
            changed[start] ^= 1 << choose.randrange(8)
        elif kind == 3:
            changed[start : start + 512] = bytes(512)
        elif kind == 4:
            other = choose.randrange(0, span - 4096)
            changed[start : start + 64] = changed[other : other + 64]
        elif choose.random() < 0.1:
            del changed[max(start, 100_000) :]
    return bytes(changed)


def test_mutated_logs_never_make_a_false_record_that_is_trusted(unpacked, tmp_path) -> None:
    source = unpacked["end"]
    truth = {
        tuple(record.revision): (record.key, record.value, record.tombstone, record.lease)
        for record in DataDirectoryConnector.open(source).records()
    }
    (segment,) = (source / "member" / "wal").glob("*.wal")
    content = segment.read_bytes()[:2_400_000]
    folder = tmp_path / "copy"
    shutil.copytree(source, folder)
    target = folder / "member" / "wal" / segment.name
    choose = random.Random(20261122)
    shown = 0
    for _ in range(30):
        target.write_bytes(mutated(choose, content, 2_359_000))
        connector = DataDirectoryConnector.open(folder)
        for record in connector.records():
            if record.provenance.trust is Trust.LOGGED:
                shown += 1
                row = (record.key, record.value, record.tombstone, record.lease)
                assert truth[tuple(record.revision)] == row
        list(connector.attempts())
        connector.close()
    assert shown > 5000


def test_mutated_databases_beside_a_sound_log_never_hide_a_change(unpacked, tmp_path) -> None:
    """What the log has is told right, whatever happens to the database; or it is refused."""
    source = unpacked["end"]
    truth = {
        tuple(record.revision): (record.key, record.value, record.tombstone)
        for record in DataDirectoryConnector.open(source).records()
    }
    database = source / "member" / "snap" / "db"
    content = database.read_bytes()[:3_342_336]
    folder = tmp_path / "copy"
    shutil.copytree(source, folder)
    choose = random.Random(42)
    complete = 0
    for _ in range(40):
        (folder / "member" / "snap" / "db").write_bytes(mutated(choose, content, len(content)))
        try:
            connector = DataDirectoryConnector.open(folder)
            found = {
                tuple(record.revision): (record.key, record.value, record.tombstone)
                for record in connector.records()
                if record.provenance.trust in (Trust.VOUCHED, Trust.LOGGED)
            }
        except EtcdpodError:
            continue
        wrong = {revision for revision, row in found.items() if truth.get(revision) != row}
        assert not wrong
        complete += set(found) == set(truth)
        connector.close()
    assert complete >= 30


def test_files_that_cannot_be_read_are_named_and_the_log_answers(tmp_path, monkeypatch) -> None:
    log = LogWriter(tmp_path / "log")
    join(log, NODE)
    log.request(**put(b"/a", b"value"))
    log.commit()
    folder = member(tmp_path, log)
    snap = folder / "member" / "snap"
    snap.mkdir()
    for name in ("db", "0000000000000009.snap.db", "0000000000000002-0000000000000009.snap"):
        (snap / name).write_bytes(b"not what the name says" * 500)
    connector = DataDirectoryConnector.open(folder)
    assert [record.value for record in connector.records()] == [b"value"]
    found = {damage.code: damage for damage in connector.damage}
    assert {Code.DATABASE_UNREADABLE, Code.OTHER_DATABASE_UNREADABLE} <= found.keys()
    assert found[Code.DATABASE_UNREADABLE].source == str(snap / "db")
    assert found[Code.RAFT_SNAPSHOT].fault == Fault(FaultCode.NOT_A_SNAPSHOT)

    def refused(_path: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(datadir_module, "read_snap", refused)
    found = {damage.code: damage for damage in DataDirectoryConnector.open(folder).damage}
    assert found[Code.RAFT_SNAPSHOT_UNREADABLE].reason == "Input/output error"
    assert Code.RAFT_SNAPSHOT not in found
