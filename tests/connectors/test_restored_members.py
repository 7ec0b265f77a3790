"""Members whose log does not begin with their cluster: nothing false is said with trust A or B.

The truth is that of etcd's own watches. Many more runs are made by hand:
``tests/support/member_runs.py``.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import random
import tarfile
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from member_runs import WAYS, judge, make
from paths import FIXTURES, needs_shared

from etcdpod.connectors.disk.datadir import DataDirectoryConnector
from etcdpod.forensics.verify import agreement
from etcdpod.forensics.verify.model import VerifiedSource
from etcdpod.history.lives import Registry
from etcdpod.kube.codec import Decoder
from etcdpod.records import Origin, Revision, Trust
from etcdpod.source_details import DatabaseDetails

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import EtcdBinaries

    from etcdpod.records import Record

BASE = 1481
"""The revision that the recorded members were restored at."""


@pytest.mark.parametrize("seed", [1, 2, 3, 8])
def test_what_is_said_of_a_restored_member_is_what_etcd_saw(
    etcd_binaries: EtcdBinaries, tmp_path: Path, seed: int
) -> None:
    verdict = judge(make(seed, etcd_binaries, tmp_path, WAYS[seed % len(WAYS)]))
    assert verdict.falsehoods == []
    below = verdict.counts["of the log below the compaction"]
    missing = below - verdict.counts["with trust A"] - verdict.counts["with trust B"]
    assert missing <= 0.3 * below


def recorded_truth(name: str) -> dict[tuple[int, int], dict[str, Any]]:
    """What the watch of all keys saw, by revision."""
    found, subs = {}, Counter[int]()
    with lzma.open(FIXTURES / "etcd37" / f"{name}-truth.jsonl.xz", "rt") as lines:
        for change in map(json.loads, lines):
            if "revision" in change:
                found[change["revision"], subs[change["revision"]]] = change
                subs[change["revision"]] += 1
    return found


def says_the_truth(record: Record, change: dict[str, Any] | None) -> bool:
    if change is None or record.key.decode() != change["key"]:
        return False
    if record.tombstone or change["type"] == "DELETE":
        return record.tombstone and change["type"] == "DELETE"
    return (
        hashlib.sha256(record.value).hexdigest() == change["sha256"]
        and record.version in (0, change["version"])
        and record.create_revision in (0, change["create_revision"])
        and record.lease == change["lease"]
    )


@needs_shared
@pytest.mark.parametrize(
    ("archive", "changes", "unknown_versions"),
    [("shop37-end", 969, 36), ("shop37-mid", 594, 36), ("repeat37-end", 970, 44)],
)
def test_every_change_of_a_recorded_member_comes_back(
    tmp_path: Path, archive: str, changes: int, unknown_versions: int
) -> None:
    with tarfile.open(FIXTURES / "etcd37" / f"{archive}-datadir.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    truth = recorded_truth(archive.partition("-")[0])
    connector = DataDirectoryConnector.open(next(tmp_path.iterdir()))
    records = [record for record in connector.records() if record.mod_revision > BASE]
    assert [r for r in records if not says_the_truth(r, truth.get(tuple(r.revision)))] == []
    assert {r.provenance.trust for r in records} == {Trust.VOUCHED, Trust.LOGGED}
    assert len(records) == changes
    # Keys that were deleted before the compaction and created before the log.
    assert sum(r.version == 0 and not r.tombstone for r in records) == unknown_versions
    refused = [one for one in connector.attempts() if one.provenance.origin is Origin.REFUSED]
    assert len(refused) < 20
    assert connector.damage == []


def test_an_edited_value_of_a_restored_member_is_found(
    etcd_binaries: EtcdBinaries, tmp_path: Path
) -> None:
    run = make(1, etcd_binaries, tmp_path, "restored")
    connector = DataDirectoryConnector.open(run.folder)
    rows, choose = connector.store.index.rows, random.Random(1)
    written = np.flatnonzero((rows.main > run.base + 1) & (rows.value_size > 0))
    chosen = [int(row) for row in choose.sample(written.tolist(), 4)]
    places = {
        (str(Revision(int(rows.main[row]), int(rows.sub[row]))), int(rows.value_offset[row]))
        for row in chosen
    }
    connector.close()
    database = run.folder / "member" / "snap" / "db"
    for revision, offset in places:
        sound = database.read_bytes()
        database.write_bytes(sound[: offset + 3] + b"#" + sound[offset + 4 :])
        edited = DataDirectoryConnector.open(run.folder)
        found = agreement.check(VerifiedSource(Registry(edited, Decoder())))
        assert [defect.revision for defect in found] == [revision]
        edited.close()
        database.write_bytes(sound)


@needs_shared
def test_an_enabled_downgrade_is_shown(tmp_path: Path) -> None:
    with tarfile.open(FIXTURES / "etcd37" / "downgrade37-datadir.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    connector = DataDirectoryConnector.open(next(tmp_path.iterdir()))
    assert connector.info().detail(DatabaseDetails).downgrade_target == "3.6.0"
