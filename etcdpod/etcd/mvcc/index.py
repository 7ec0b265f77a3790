"""An index of every revision of a bbolt file as arrays of offsets; no value is kept in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from etcdpod.damage import Damage, DamageCode
from etcdpod.etcd.bbolt.defects import NAMED
from etcdpod.etcd.bbolt.elements import pages_of
from etcdpod.etcd.mvcc.checks import holes, report_compaction, report_gaps, untouched
from etcdpod.etcd.mvcc.keys import KeyTable, rows_with_key, rows_with_prefix
from etcdpod.etcd.mvcc.scan import Rows, scan
from etcdpod.records import Revision

if TYPE_CHECKING:
    from etcdpod.etcd.bbolt.defects import Defects
    from etcdpod.etcd.bbolt.gather import Integers
    from etcdpod.etcd.bbolt.tree import Tree
    from etcdpod.etcd.mvcc.backend import Backend

KEY_BUCKET = b"key"

FEW_KEYS = 16
"""The number of single-key lookups after which a table of all keys is built."""
KEPT_TABLES = 4
"""The number of key tables cached for repeated queries of the same prefix."""


class RevisionIndex:
    """All revisions in one tree of a bbolt file, in ascending order.

    Args:
        tree: the tree to read; its bucket ``key`` is scanned once, on construction.
        backend: the contents of the file's other buckets.
        defects: where defects are reported.
    """

    def __init__(self, tree: Tree, backend: Backend, defects: Defects) -> None:
        self.path = tree.file.path
        self._data = tree.file.data
        self._gather = tree.gather
        self._defects = defects
        self._tables: dict[bytes, KeyTable] = {}
        self._reported: set[int] = set()
        self._asked = 0
        bucket = backend.buckets.get(KEY_BUCKET)
        if bucket is None:
            defects.one(DamageCode.NO_KEY_BUCKET)
        pages = pages_of() if bucket is None else tree.leaf_pages(bucket)
        rows, newest, self.empty = scan(tree, pages, defects)
        # ``empty``: (main, sub) of records without content, ascending.
        self.rows: Rows = rows
        """The columns; the methods below take and return indexes into them."""
        self.compact_revision = max(backend.scheduled_compaction, backend.finished_compaction, 0)
        """The compact revision a server started on this file would use; 0 if never compacted."""
        self.current_revision = max(newest, self.compact_revision, 1)
        """The newest revision; 1 for an empty store."""
        report_gaps(rows, self.compact_revision, defects)
        report_compaction(newest, backend, defects)

    def __len__(self) -> int:
        return len(self.rows.main)

    def before(self, revision: int) -> int:
        """The number of rows whose main revision is at most ``revision``."""
        return int(np.searchsorted(self.rows.main, revision, "right"))

    def of_key(self, key: bytes) -> Integers:
        """The rows of one key, ascending. After many lookups, a table of all keys is built."""
        self._asked += 1
        if self._asked > FEW_KEYS or b"" in self._tables:
            return self.table(b"").rows_of(key)
        found = rows_with_key(self._gather, self.rows, key)
        self._report_holes(found, np.zeros(min(len(found), 1), np.int64))
        return found

    def under(self, prefix: bytes) -> Integers:
        """The rows of all keys with the given ``prefix``, ascending by revision."""
        return rows_with_prefix(self._gather, self.rows, prefix)

    def since(self, rows: Integers, revision: int | None) -> Integers:
        """The ``rows`` whose main revision is at least ``revision``; all of them for None."""
        return rows if revision is None else rows[self.rows.main[rows] >= revision]

    def table(self, prefix: bytes) -> KeyTable:
        """The keys with the given ``prefix``, with their rows."""
        if prefix not in self._tables:
            if len(self._tables) == KEPT_TABLES:
                self._tables.clear()
            chosen = self.under(prefix)
            table = KeyTable(self._data, self._gather, self.rows, chosen)
            self._report_holes(table.order, table.starts[:-1])
            self._tables[prefix] = table
        return self._tables[prefix]

    def alive(self, prefix: bytes, at: int) -> Integers:
        """The row at revision ``at`` of each key under ``prefix`` that exists, in key order."""
        last = self.table(prefix).last_before(self.before(at))
        last = last[last >= 0]
        return last[~self.rows.tombstone[last]]

    def untouched(self) -> bool:
        """Whether no page of the rows has been reused since they were indexed."""
        return untouched(self._gather, self.rows)

    def key(self, row: int) -> bytes:
        """The key of a row."""
        offset = int(self.rows.key_offset[row])
        return self._data[offset : offset + int(self.rows.key_size[row])]

    def value(self, row: int) -> bytes:
        """The value of a row; empty for a tombstone."""
        offset = int(self.rows.value_offset[row])
        return self._data[offset : offset + int(self.rows.value_size[row])]

    def _report_holes(self, order: Integers, starts: Integers) -> None:
        found = holes(self.rows, order, starts, self.compact_revision).tolist()
        new = [row for row in found if row not in self._reported]
        self._reported.update(new)
        for row in new[:NAMED]:
            code, after = DamageCode.KEY_HISTORY_GAP, Revision(int(self.rows.main[row]))
            page, offset = int(self.rows.page[row]), int(self.rows.key_offset[row])
            key = self.key(row)
            self._defects.add(Damage(code, self.path, page, offset, key, revision=after))
        if len(new) > NAMED:
            code = DamageCode.KEY_HISTORY_GAPS_ELSEWHERE
            self._defects.add(Damage(code, self.path, count=len(new) - NAMED))
