"""Checks that database and write-ahead log agree on all common revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from etcdpod.forensics.verify.model import Defect, Repair
from etcdpod.records import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.etcd.mvcc.store import Store
    from etcdpod.forensics.verify.model import VerifiedSource
    from etcdpod.records import Record


_COUNTED = "etcd serves something that was never written; other members differ from it"
_DEDUCED = "the log has another write at this revision; compare with another member"


def check(subject: VerifiedSource) -> Iterator[Defect]:
    """Report revisions whose content in the checksummed log differs from the database.

    If they differ in a single bit, proposes a repair.
    """
    log, store = subject.log, subject.store
    if log is None or store is None:
        return
    for number in log.place.contradicting().tolist():
        logged = log.place.record(number, keys_only=False)
        row = _row(store, logged)
        if row is not None:
            (stored,) = store.read(np.array([row]))
            consequence = _DEDUCED if log.is_deduced(number) else _COUNTED
            yield _defect(store, row, stored, logged, consequence)


def _row(store: Store, logged: Record) -> int | None:
    rows = store.index.rows
    main, sub = logged.revision
    start, stop = np.searchsorted(rows.main, [main, main + 1])
    found = start + np.flatnonzero(rows.sub[start:stop] == sub)
    return int(found[0]) if len(found) else None


def _defect(store: Store, row: int, stored: Record, logged: Record, consequence: str) -> Defect:
    rows = store.index.rows
    page = int(rows.page[row])
    value_offset, key_offset = int(rows.value_offset[row]), int(rows.key_offset[row])
    part, offset, ours, theirs = "value", value_offset, stored.value, logged.value
    if stored.key != logged.key:
        part, offset, ours, theirs = "key", key_offset, stored.key, logged.key
    differing = _differing(ours, theirs)
    place = offset + (differing[0] if differing else 0)
    what = f"its {part} is not what the log has: {_extent(ours, theirs, differing)}"
    return Defect(
        check="agreement",
        where=f"{store.file.path} page {page} offset {place}",
        what=what,
        consequence=consequence,
        severity=Severity.WARNING,
        page=page,
        offset=place,
        key=logged.key,
        revision=str(logged.revision),
        repairs=_repairs(ours, theirs, differing, offset),
    )


def _differing(ours: bytes, theirs: bytes) -> list[int]:
    """Positions at which values of equal length differ."""
    if len(ours) != len(theirs):
        return []
    one, other = (np.frombuffer(content, np.uint8) for content in (ours, theirs))
    found: list[int] = np.flatnonzero(one != other).tolist()
    return found


def _extent(ours: bytes, theirs: bytes, differing: list[int]) -> str:
    if len(ours) != len(theirs):
        return f"{len(ours)} bytes instead of {len(theirs)}"
    if not differing:
        return "its other numbers differ"
    count = "1 byte differs" if len(differing) == 1 else f"{len(differing)} bytes differ"
    return f"{count}, from byte {differing[0]} on"


def _repairs(ours: bytes, theirs: bytes, differing: list[int], offset: int) -> tuple[Repair, ...]:
    if len(differing) != 1:
        return ()
    position = differing[0]
    change = ours[position] ^ theirs[position]
    if change.bit_count() != 1:
        return ()
    proof = "as the checksummed log has it"
    bit = change.bit_length() - 1
    return (Repair(offset + position, bit, ours[position], proof, proven=True),)
