"""What a database proves of the log beside it.

Above its compact revision it has every change. At the compact revision it has the state of every
key. So each write of the log that took effect is found there, or lies before what was compacted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.etcd.replay.deduce.outcomes import EQUAL, digest
from etcdpod.etcd.replay.deduce.states import State
from etcdpod.etcd.replay.rows import PRIOR_SEGMENT
from etcdpod.etcd.replay.txn_evaluator import CompareTarget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etcdpod.etcd.mvcc.index import RevisionIndex
    from etcdpod.etcd.replay.deduce.outcomes import Option, Write

MAX_PLACES = 64
"""Revisions of one key that are weighed one by one."""


class KeyRows(NamedTuple):
    """The revisions of one key, from its state at the compact revision on."""

    main: list[int]
    row: list[int]
    """Of the database, as are the numbers below."""
    tombstone: list[bool]
    version: list[int]
    digest: list[int | None]
    """None for what no write of the log puts: then the database is wrong, or older."""
    top: int
    """No change that is missing here was made after this revision."""


class Places(NamedTuple):
    """Where a write can have taken effect."""

    main: list[int]
    """Revisions that the database has, ascending."""
    below: int
    """The highest revision that it has no more; 0 if it cannot have been one of those."""

    def limits(self, low: int) -> tuple[int, int] | None:
        """The lowest and the highest of them, none below ``low``; None without any."""
        ends = [*([low, self.below] if self.below >= low else []), *self.main[:1], *self.main[-1:]]
        return (min(ends), max(ends)) if ends else None


class BackendFacts:
    """A database whose tree is whole, as evidence for its log.

    Args:
        index: its revisions.
        written: what the log writes, by key: the digests of what it puts.
    """

    def __init__(self, index: RevisionIndex, written: dict[bytes, set[int]]) -> None:
        self.index = index
        self._written = written
        self._keys: dict[bytes, KeyRows] = {}
        self._table = index.table(b"")
        mains = index.rows.main[index.rows.main > index.compact_revision]
        missing = np.setdiff1d(
            np.arange(index.compact_revision + 1, index.current_revision + 1), mains
        )
        self._unlogged = [*missing.tolist(), *self._mains_of_strangers()]
        self._unlogged.sort()
        """Revisions of which the database shows nothing that the log can have written."""

    def keys_between(self, begin: bytes, end: bytes) -> list[bytes]:
        """The keys in a range that the database knows."""
        keys = self._table.keys
        stop = len(keys) if end == b"\0" else bisect_left(keys, end)
        return keys[bisect_left(keys, begin) : stop]

    def keys_of_lease(self, lease: int) -> list[bytes]:
        """The keys that hang on a lease."""
        rows = self.index.alive(b"", self.index.current_revision)
        rows = rows[self.index.rows.lease[rows] == lease]
        return [self.index.key(row) for row in rows.tolist()]

    def newest(self, key: bytes) -> State:
        """The state of a key at the newest revision."""
        rows = self._table.rows_of(key)
        if len(rows) == 0 or self.index.rows.tombstone[rows[-1]]:
            return State(False)
        row, known = int(rows[-1]), self.index.rows
        return State(
            True, main=int(known.main[row]), create_revision=int(known.create_revision[row]),
            version=int(known.version[row]), lease=int(known.lease[row]),
            digest=digest(self.index.value(row)),
            place=(PRIOR_SEGMENT, row, int(known.value_size[row])),
        )  # fmt: skip

    def rows(self, key: bytes) -> KeyRows:
        """The revisions of a key."""
        if key not in self._keys:
            self._keys[key] = self._rows(key)
        return self._keys[key]

    def places(self, option: Option, write: Write, low: int, high: int) -> Places | None:
        """Where between two revisions a write can have taken effect.

        None where there are too many to be weighed.
        """
        rows, stated = self.rows(write.key), _stated(option, write.key)
        below = min(rows.top, high)
        begin, end = bisect_left(rows.main, low), bisect_right(rows.main, high)
        if stated and stated not in self._unlogged:
            follows = bisect_right(rows.main, stated)
            if stated <= rows.top:
                # Then the write came before the key's state at the compact revision, or made it.
                is_kept = rows.top < self.index.compact_revision
                end = min(end, max(begin, int(is_kept)))
            elif follows == 0 or rows.main[follows - 1] != stated or rows.tombstone[follows - 1]:
                return Places([], 0)
            else:
                begin, end, below = max(begin, follows), min(end, follows + 1), 0
        if end - begin > MAX_PLACES:
            return None
        found = [
            rows.main[position]
            for position in range(begin, end)
            if _is_written(rows, position, write, is_new=stated == 0)
        ]
        strangers = self._unlogged[bisect_left(self._unlogged, low) :]
        strangers = strangers[: bisect_right(strangers, high)]
        if len(strangers) > MAX_PLACES:
            return None
        return Places(sorted({*found, *strangers}), below if below >= low else 0)

    def _rows(self, key: bytes) -> KeyRows:
        found, known = self._table.rows_of(key), self.index.rows
        compacted = self.index.compact_revision
        above, top = int(np.searchsorted(known.main[found], compacted, "right")), compacted
        if above > 0 and not known.tombstone[found[above - 1]]:
            above -= 1
            top = int(known.main[found[above]]) - 1
        found = found[above:]
        written = self._written.get(key, set())
        contents: list[int | None] = []
        for row in found.tolist():
            content = digest(self.index.value(row))
            contents.append(content if known.tombstone[row] or content in written else None)
        return KeyRows(
            known.main[found].tolist(), found.tolist(), known.tombstone[found].tolist(),
            known.version[found].tolist(), contents, top,
        )  # fmt: skip

    def _mains_of_strangers(self) -> Iterable[int]:
        """Revisions above the compaction that changed only keys of which the log says nothing."""
        known, compacted = self.index.rows, self.index.compact_revision
        ours: set[int] = set()
        others: set[int] = set()
        for position, key in enumerate(self._table.keys):
            start, stop = self._table.starts[position : position + 2]
            mains = known.main[self._table.order[start:stop]]
            (ours if key in self._written else others).update(mains[mains > compacted].tolist())
        return others - ours


def _stated(option: Option, key: bytes) -> int | None:
    """The mod revision that a key must have had; 0: it must not have existed; None: any."""
    for test in option.must.get(key, ()):
        if test.target == CompareTarget.MOD and test.relation == EQUAL:
            return test.given
    return None


def _is_written(rows: KeyRows, position: int, write: Write, *, is_new: bool) -> bool:
    if (write.value is None) != rows.tombstone[position]:
        return False
    if write.value is None:
        return True
    if is_new and rows.version[position] != 1:
        return False
    known = rows.digest[position]
    return known is None or write.keeps_value or known == write.digest
