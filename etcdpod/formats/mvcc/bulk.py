"""Applies the plain writes of a log one behind the other, without a thought for rare things.

A write is carried out here only where nothing is left to decide: nobody is kept from writing, the
key's state is known, and its compare states just that. The first one for which that does not hold
is left to ``apply``, which comes to the same result for all of them, and takes ten times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.formats.mvcc.logged import ABSENT, PRIOR, TOMBSTONE, UNKNOWN
from etcdpod.formats.mvcc.plain import NO_COMPARE, read_writes
from etcdpod.formats.wal.columns import NORMAL_ENTRY

if TYPE_CHECKING:
    from etcdpod.formats.mvcc.apply import Applier
    from etcdpod.formats.mvcc.logged import Place
    from etcdpod.formats.wal.columns import EntryBlock


class _Write(NamedTuple):
    """One write; offsets count from the start of its block's window."""

    plain: bool
    """Otherwise nothing else here is right."""
    key: int
    key_size: int
    compared: int
    stated: int
    deletes: bool
    value: int
    value_size: int
    lease: int


class PlainWriter:
    """Carries out the plain writes among the entries of a block.

    Args:
        applier: what they are applied to.
        block: entries of the log.
        committed: entries with a higher raft index are left to others.
    """

    def __init__(self, applier: Applier, block: EntryBlock, committed: int) -> None:
        self._applier = applier
        self._window, self._start = block.window, block.start
        places, rows = block.places, slice(block.position, block.position + len(block.data))
        begin = np.array(block.data, np.int64)
        writes = read_writes(block.window, begin, begin + np.array(block.size, np.int64))
        sure = np.frombuffer(bytes(places.verified[rows]), np.uint8) != 0
        sure &= np.frombuffer(bytes(places.type[rows]), np.uint8) == NORMAL_ENTRY
        sure &= np.array(places.index[rows]) <= committed
        writes = writes._replace(plain=writes.plain & sure)
        self._writes = list(
            map(_Write._make, zip(*(column.tolist() for column in writes), strict=True))
        )
        self._places: list[Place] = list(
            zip(places.index[rows], places.segment[rows], places.offset[rows], strict=True)
        )

    def run(self, row: int) -> int:
        """Carry out the writes from ``row`` on; returns the row of the first that was not."""
        applier = self._applier
        if applier.is_guarded or applier.numbering.is_adrift or applier.numbering.is_wild:
            return row
        window, writes = self._window, self._writes
        known, missing = applier.state.keyspace.known()
        while row < len(writes):
            write = writes[row]
            if not write.plain:
                break
            key = window[write.key : write.key + write.key_size]
            old = known.get(key, missing)
            if not self._is_settled(write, key, old):
                break
            if write.stated > 0 and not applier.rows.flags[old] & PRIOR:
                applier.numbering.prove(old)
            self._carry_out(write, key, old, self._places[row])
            row += 1
        return row

    def _is_settled(self, write: _Write, key: bytes, old: int) -> bool:
        """Whether the write took effect, and nothing is to be learnt from it."""
        if write.stated > 0:
            holds = old >= 0 and self._applier.rows.main[old] == write.stated
        elif write.stated == NO_COMPARE:
            holds = old != UNKNOWN
        else:
            holds = old == ABSENT and not write.deletes
        state, applier = self._applier.state, self._applier
        return (
            holds
            and self._window.startswith(key, write.compared)
            and (write.lease == 0 or write.lease in state.leases)
            # A count that is in doubt is set right by what the database has of the key.
            and (
                state.prior is None
                or applier.numbering.is_sure
                or not state.prior.has_near(key, applier.revision + 1)
            )
        )

    def _carry_out(self, write: _Write, key: bytes, old: int, place: Place) -> None:
        applier = self._applier
        rows, state = applier.rows, applier.state
        applier.revision += 1
        revision = applier.revision, 0
        state.detach(key)
        if write.deletes:
            rows.add(key, revision, place, older=old, flags=TOMBSTONE)
            state.keyspace.remove(key)
            return
        version = rows.version[old] if old >= 0 else 0
        if old == ABSENT:
            life = applier.revision, 1
        else:
            life = rows.create_revision[old], version + (version > 0)
        value = place[1], self._start + write.value, write.value_size
        row = rows.add(key, revision, place, value, older=old, life=life, lease=write.lease)
        state.keyspace.put(key, row)
        state.attach(key, write.lease)
