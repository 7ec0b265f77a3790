"""Logs that are sound, and too broken up to be replayed to their end."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from wal_writer import LogWriter, put

from etcdpod.damage import DamageCode
from etcdpod.etcd.replay.replay import MAX_RUNS
from etcdpod.forensics.verify import VerifiedSource, verify
from etcdpod.records import Severity
from etcdpod.session import Session, SourceOptions

if TYPE_CHECKING:
    from pathlib import Path


def test_the_limit_on_gaps_is_a_note_about_this_program_and_not_about_etcd(tmp_path: Path) -> None:
    log = LogWriter(tmp_path / "log")
    for number in range(MAX_RUNS + 5):
        log.index += 2
        log.request(**put(b"/k", b"%d" % number))
    log.commit()
    wal = tmp_path / "data" / "member" / "wal"
    wal.mkdir(parents=True)
    for path in log.save():
        shutil.move(path, wal / path.name)
    with Session.open(SourceOptions(targets=(str(tmp_path / "data"),))) as session:
        found = [one for one in verify(VerifiedSource(session.registry)) if one.check == "log"]
    (limit,) = [one for one in found if one.code is DamageCode.GAP_LIMIT]
    assert (limit.severity, limit.is_damage) == (Severity.NOTE, False)
    assert limit.consequence == "etcdpod reads no further: what follows is not checked"
    assert str(MAX_RUNS) in limit.what
    gaps = [one for one in found if one.code is DamageCode.ENTRIES_MISSING]
    assert len(gaps) > MAX_RUNS
    assert all(one.is_damage for one in gaps)
