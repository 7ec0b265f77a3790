"""Applies the simple writes of a log one after another, without checks for rare cases.

A write is applied here only if its outcome is certain: authorisation and alarms do not interfere,
the key's state is known, and the compare matches that state. The first write for which this fails
is left to ``apply``, which gives the same result for all of them but takes ten times as long.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.etcd.replay.fast_parse import NO_COMPARE, read_writes
from etcdpod.etcd.replay.rows import ABSENT, TOMBSTONE, Rest
from etcdpod.etcd.wal.columns import NORMAL_ENTRY

if TYPE_CHECKING:
    from etcdpod.etcd.replay.apply import Applier
    from etcdpod.etcd.wal.columns import EntryBlock


class _Write(NamedTuple):
    """What the outcome of a write depends on; offsets are relative to its block's window."""

    plain: bool
    """If False, the other fields are invalid."""
    key: int
    key_size: int
    compared: int
    stated: int
    deletes: bool
    lease: int


class PlainWriter:
    """Applies the simple writes among the entries of a block.

    Args:
        applier: the applier whose state is updated.
        block: entries of the log.
        committed: entries with a higher raft index are not applied.
    """

    def __init__(self, applier: Applier, block: EntryBlock, committed: int) -> None:
        self._applier = applier
        self._window = block.window
        places, rows = block.places, slice(block.position, block.position + len(block.data))
        begin = np.array(block.data, np.int64)
        writes = read_writes(block.window, begin, begin + np.array(block.size, np.int64))
        sure = np.frombuffer(bytes(places.verified[rows]), np.uint8) != 0
        sure &= np.frombuffer(bytes(places.type[rows]), np.uint8) == NORMAL_ENTRY
        sure &= np.array(places.index[rows]) <= committed
        hinges = (
            writes.plain & sure, writes.key, writes.key_size, writes.compared, writes.stated,
            writes.deletes, writes.lease,
        )  # fmt: skip
        self._writes = list(
            map(_Write._make, zip(*(column.tolist() for column in hinges), strict=True))
        )
        stores = writes.plain & ~writes.deletes
        self._rest = Rest(
            array("q", np.where(stores, writes.lease, 0).tobytes()),
            places.index[rows],
            places.segment[rows],
            places.offset[rows],
            array("Q", np.where(stores, block.start + writes.value, 0).tobytes()),
            array("L", np.where(stores, writes.value_size, 0).tolist()),
            np.where(writes.deletes, TOMBSTONE, 0).astype(np.uint8).tobytes(),
        )

    def run(self, row: int) -> int:
        """Apply the writes from ``row`` on; returns the row of the first write not applied."""
        applier, first = self._applier, row
        if applier.is_guarded:
            return row
        window, writes, rows = self._window, self._writes, applier.rows
        known = applier.state.keyspace.known()
        while row < len(writes):
            write = writes[row]
            if not write.plain:
                break
            key = window[write.key : write.key + write.key_size]
            old = known.get(key, ABSENT)
            if not self._is_settled(write, key, old):
                break
            self._carry_out(write, key, old)
            row += 1
        rows.finish(self._rest, first, row)
        return row

    def _is_settled(self, write: _Write, key: bytes, old: int) -> bool:
        """Whether the write certainly took effect and reveals nothing about earlier revisions."""
        applier = self._applier
        if write.stated > 0:
            holds = old >= 0 and applier.rows.main[old] == write.stated
        else:
            is_new = old == ABSENT and not write.deletes
            holds = write.stated == NO_COMPARE or is_new
        state = applier.state
        return (
            holds
            and (write.compared == write.key or self._window.startswith(key, write.compared))
            and (write.lease == 0 or write.lease in state.leases)
        )

    def _carry_out(self, write: _Write, key: bytes, old: int) -> None:
        applier = self._applier
        rows, state = applier.rows, applier.state
        applier.revision = applier.committed_revision = main = applier.revision + 1
        state.detach(key)
        if write.deletes:
            rows.begin(key, main, old, 0, 0)
            state.keyspace.remove(key)
            return
        if old == ABSENT:
            created, version = main, 1
        else:
            created, version = rows.create_revision[old], rows.version[old]
            version += version > 0
        state.keyspace.put(key, rows.begin(key, main, old, created, version))
        if write.lease != 0:
            state.attach(key, write.lease)
