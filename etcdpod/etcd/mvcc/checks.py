"""Checks the invariants of a store's revisions; where one is violated, something is missing.

Above the compact revision nothing may be missing: main revisions increase by one, sub revisions
start at zero, and every lifetime of a key is complete. Below it, compaction leaves gaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from etcdpod.damage import Damage, DamageCode
from etcdpod.etcd.bbolt.defects import NAMED
from etcdpod.etcd.mvcc.revision import PLAIN_SIZE
from etcdpod.etcd.mvcc.varint import read_tagged
from etcdpod.records import Revision

if TYPE_CHECKING:
    from etcdpod.etcd.bbolt.defects import Defects
    from etcdpod.etcd.bbolt.gather import Gather, Integers, Mask
    from etcdpod.etcd.mvcc.backend import Backend
    from etcdpod.etcd.mvcc.scan import Rows

CHUNK_ROWS = 1 << 16
FIRST_REVISION = 2
"""The main revision of the first write of a cluster."""


def report_gaps(rows: Rows, compact_revision: int, defects: Defects) -> None:
    """Report the revisions above ``compact_revision`` that are missing from ``rows``."""
    expected = max(compact_revision + 1, FIRST_REVISION)
    start = int(np.searchsorted(rows.main, expected))
    main, sub = rows.main[start:], rows.sub[start:]
    if len(main) == 0:
        return
    before = np.concatenate([[expected - 1], main[:-1]])
    sub_before = np.concatenate([[-1], sub[:-1]])
    joins = ((main == before) & (sub == sub_before + 1)) | ((main == before + 1) & (sub == 0))
    gaps = np.flatnonzero(~joins)
    for gap in gaps[:NAMED].tolist():
        page = int(rows.page[start + gap])
        defects.add(_missing(defects.path, page, int(before[gap]), int(main[gap])))
    if len(gaps) > NAMED:
        code, count = DamageCode.REVISIONS_MISSING_ELSEWHERE, len(gaps) - NAMED
        defects.add(Damage(code, defects.path, count=count))


def _missing(path: str, page: int, before: int, after: int) -> Damage:
    if after <= before + 1:
        return Damage(DamageCode.REVISION_INCOMPLETE, path, page, revision=Revision(after))
    return Damage(DamageCode.REVISIONS_MISSING, path, page, first=before + 1, last=after - 1)


def report_compaction(newest: int, backend: Backend, defects: Defects) -> None:
    """Report compaction marks that no sequence of events can produce.

    Args:
        newest: the newest main revision in bucket ``key``.
        backend: the compaction marks.
        defects: where defects are reported.
    """
    scheduled, finished = backend.scheduled_compaction, backend.finished_compaction
    if finished > scheduled:
        code, marked = DamageCode.COMPACTION_NOT_SCHEDULED, Revision(finished)
        defects.add(Damage(code, defects.path, revision=marked, last=scheduled))
    elif scheduled > max(finished, newest):
        code, marked = DamageCode.COMPACTION_AHEAD, Revision(scheduled)
        defects.add(Damage(code, defects.path, revision=marked, last=newest))


def holes(rows: Rows, order: Integers, starts: Integers, compact_revision: int) -> Integers:
    """The rows above ``compact_revision`` whose predecessor in the key's lifetime is missing.

    Args:
        rows: all rows.
        order: row indexes, sorted by key and then by revision.
        starts: where the rows of each key start in ``order``.
        compact_revision: lifetimes may lack their start up to this revision.

    Returns:
        Row indexes, each the first row after a gap.
    """
    version, create = rows.version[order], rows.create_revision[order]
    tombstone = rows.tombstone[order]
    first = np.zeros(len(order), np.bool_)
    first[starts] = True
    after_delete = first.copy()
    after_delete[1:] |= tombstone[:-1]
    goes_on: Mask = np.zeros(len(order), np.bool_)
    goes_on[1:] = (version[1:] == version[:-1] + 1) & (create[1:] == create[:-1])
    whole = np.where(after_delete, (version == 1) & ~tombstone, tombstone | goes_on)
    return order[~whole & (rows.main[order] > compact_revision)]


def untouched(gather: Gather, rows: Rows) -> bool:
    """Whether the bytes just before and after each row's key are still those that were scanned.

    A writer that reuses a page writes other revisions there, so if the check passes, the keys read
    between the scan and now were valid.
    """
    for start in range(0, len(rows.main), CHUNK_ROWS):
        part = rows.select(slice(start, start + CHUNK_ROWS))
        size = part.key_size.astype(np.int64)
        # A KeyValue starts with a tag byte and the size of the key as a varint.
        message = part.key_offset - 2 - (size >= 1 << 7) - (size >= 1 << 14) - (size >= 1 << 21)
        main = gather.big_words(message - PLAIN_SIZE - part.tombstone).view(np.int64)
        if not np.array_equal(main, part.main):
            return False
        put = ~part.tombstone
        created = read_tagged(gather, part.key_offset[put] + size[put]).value.view(np.int64)
        if not np.array_equal(created, part.create_revision[put]):
            return False
    return True
