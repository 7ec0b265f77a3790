"""Replays a whole raft log into revisions: run by run, checked against a database.

A run that begins with the cluster is counted from revision 1. Of any other one the base is not
known: what became of its requests is deduced. The same holds behind an entry that cannot be read,
and where the count and the database part for good: there a server had refused a request for a
reason that the log does not tell.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from etcdpod.damage import Damage, DamageCode
from etcdpod.etcd.replay.agreement import Agreement, compare
from etcdpod.etcd.replay.apply import Applier
from etcdpod.etcd.replay.attempts import keep_uncommitted
from etcdpod.etcd.replay.deduce.backend import BackendFacts
from etcdpod.etcd.replay.deduce.deduction import Deduction
from etcdpod.etcd.replay.deduce.outcomes import digest
from etcdpod.etcd.replay.deduce.rows import DeducedRows
from etcdpod.etcd.replay.deduce.statements import (
    MAX_FAILURES,
    Statement,
    agreed,
    inner,
    statements,
)
from etcdpod.etcd.replay.deduce.states import BASE, LIMIT, Contradiction, State
from etcdpod.etcd.replay.deduce.steps import NOTHING_KNOWN, LogSteps, Surroundings
from etcdpod.etcd.replay.fast_apply import PlainWriter
from etcdpod.etcd.replay.rows import (
    ABSENT,
    CONTRADICTED,
    DOUBTFUL,
    UNCOMMITTED,
    LogRows,
    fill_lives,
)
from etcdpod.etcd.wal.columns import NORMAL_ENTRY
from etcdpod.etcd.wal.entries import parse_request
from etcdpod.etcd.wal.messages import InternalRaftRequest
from etcdpod.records import Revision

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.etcd.mvcc.index import RevisionIndex
    from etcdpod.etcd.wal.columns import LoggedEntry
    from etcdpod.etcd.wal.entries import RaftLog

MAX_RUNS = 256
"""The maximum number of stretches between gaps that are replayed."""


@dataclass(slots=True)
class Stretch:
    """A part of the log that was replayed in one go."""

    first_row: int
    """The first row; the stretch ends where the next one starts."""
    agreement: Agreement
    is_pristine: bool
    """There was never a doubt: the log is complete from the creation of the cluster."""


@dataclass(slots=True)
class Replayed:
    """The outcome of a replay."""

    rows: LogRows = field(default_factory=LogRows)
    stretches: list[Stretch] = field(default_factory=list)
    revision: int = 1
    """The newest committed revision."""
    partial: set[int] = field(default_factory=set)
    """Main revisions of which some changes may not be known."""
    is_cut: bool = False
    """Whether the end of the log was left out because reading was stopped early."""


@dataclass(slots=True)
class _Begin:
    """Where a run begins, and what is known there."""

    position: int
    revision: tuple[int, int] = (1, LIMIT)
    """The lowest and the highest current revision."""
    initial: Callable[[bytes], State] = lambda _key: BASE


class Replay:
    """One replay.

    Args:
        log: the raft log.
        index: the index of the accompanying database, if any.
        damage: where findings are appended.
        is_whole: nothing of the database is lost.
        surroundings: what the database says besides its keys.
        progress: called now and then with the entries applied and their total; True: stop.
    """

    def __init__(
        self,
        log: RaftLog,
        index: RevisionIndex | None,
        damage: list[Damage],
        *,
        is_whole: bool = True,
        surroundings: Surroundings = NOTHING_KNOWN,
        progress: Callable[[int, int], bool] = lambda _done, _whole: False,
    ) -> None:
        self._log = log
        self._index = index
        self._is_whole = is_whole and index is not None
        self._surroundings = surroundings
        self._damage = damage
        self._progress = progress
        self._result = Replayed()
        self._is_cut = False

    def run(self) -> Replayed:
        """Replay every run of the log."""
        is_first = self._log.begins_empty
        for number, (start, stop) in enumerate(self._log.runs()):
            if self._is_cut:
                break
            if number == MAX_RUNS:
                self._damage.append(Damage(DamageCode.GAP_LIMIT, self._folder, count=MAX_RUNS))
                break
            begin = self._count(start, stop) if is_first else _Begin(start)
            if begin is not None and not self._is_cut:
                self._deduce(begin, stop)
            is_first = False
        self._keep_replaced()
        self._result.is_cut = self._is_cut or self._log.is_cut
        return self._result

    # --- a log that begins with its cluster -----------------------------------------------------

    def _count(self, start: int, stop: int) -> _Begin | None:
        """Count entries from revision 1 on; returns from where on that is not possible."""
        rows = self._result.rows
        applier = Applier(rows, self._read)
        position = self._apply(applier, start, stop)
        is_end = position == stop and not self._is_cut
        reaches = self._log.places.index[stop - 1] >= self._log.applied
        agreement = self._compare(0, to_end=is_end and reaches)
        parted = self._parting(agreement)
        if parted is None or self._is_cut:
            self._close(0, agreement, is_pristine=True)
            self._result.revision = applier.committed_revision
            if position == stop:
                return None
            return _Begin(position, (applier.revision,) * 2, self._known(applier))
        after = rows.main[parted - 1] if parted > 0 else 1
        if parted > 0:
            start = bisect_right(self._log.places.index, rows.raft_index[parted - 1])
            code, known = DamageCode.LOG_DIVERGES, Revision(after)
            self._damage.append(Damage(code, self._folder, revision=known))
        rows.cut(parted)
        self._close(0, self._compare(0, to_end=False), is_pristine=True)
        self._result.revision = after
        return _Begin(start, (after, after) if parted > 0 else (1, LIMIT))

    def _apply(self, applier: Applier, start: int, stop: int) -> int:
        """Apply entries until one cannot be believed; returns its position."""
        committed = self._log.committed
        for block in self._log.blocks(start, stop):
            writer = PlainWriter(applier, block, committed)
            row = 0
            while row < len(block.data):
                following = writer.run(row)
                if following == row:
                    if not self._apply_one(applier, block.entry(row), committed):
                        return block.position + row
                    following += 1
                row = following
            following = block.position + len(block.data)
            if self._progress(following, len(self._log.places)) and following < stop:
                self._is_cut = True
                return following
        return stop

    def _apply_one(self, applier: Applier, entry: LoggedEntry, committed: int) -> bool:
        """Apply one entry; returns whether it can be believed."""
        request = parse_request(entry.data) if entry.type == NORMAL_ENTRY else None
        if not entry.verified or _is_unreadable(entry, request):
            return False
        if isinstance(request, InternalRaftRequest):
            is_committed = entry.raft_index <= committed
            applier.apply(entry, request, 0 if is_committed else UNCOMMITTED)
            if is_committed:
                applier.committed_revision = applier.revision
        return True

    def _known(self, applier: Applier) -> Callable[[bytes], State]:
        """The states of keys as they were counted."""
        rows, keyspace = applier.rows, applier.state.keyspace

        def state(key: bytes) -> State:
            row = keyspace.row(key)
            if row == ABSENT:
                return State(False)
            place = rows.value_segment[row], rows.value_offset[row], rows.value_size[row]
            return State(
                True, main=rows.main[row], create_revision=rows.create_revision[row],
                version=rows.version[row], lease=rows.lease[row],
                digest=digest(self._read(*place)), place=place,
            )  # fmt: skip

        return state

    def _parting(self, agreement: Agreement) -> int | None:
        """The row from which on nothing agrees with the database any more; None without one."""
        rows = self._result.rows
        last = agreement.agreeing[-1] if agreement.agreeing else -1
        reached = rows.main[last] if agreement.agreeing else 0
        if any(row > last for row, _ in agreement.different_key):
            return last + 1
        known = None if self._index is None else self._index.rows.main
        if known is not None and any(known[row] > reached for row in agreement.unlogged):
            return last + 1
        return None

    # --- any other log --------------------------------------------------------------------------

    def _deduce(self, begin: _Begin, stop: int) -> None:
        """Find out what became of the entries from a position on."""
        log = self._log
        steps = LogSteps(log.applied, log.committed, self._surroundings)
        for position, entry in enumerate(log.entries(begin.position, stop), begin.position):
            steps.take(entry)
            if position % 4096 == 0 and self._progress(position, len(log.places)):
                self._is_cut = True
                break
        first, last = log.places.index[begin.position], log.places.index[stop - 1]
        is_known = self._index is not None and self._is_whole and first <= log.applied + 1
        facts = None
        if is_known and self._index is not None:
            facts = BackendFacts(self._index, steps.written())
        steps.finish(facts)
        cut = steps.cut if facts is not None and last >= log.applied and not self._is_cut else None
        if steps.steps:
            self._settle(begin, steps, facts, cut)

    def _settle(
        self, begin: _Begin, steps: LogSteps, facts: BackendFacts | None, cut: int | None
    ) -> None:
        rows = self._result.rows
        first_row = len(rows)
        stated = statements(steps.steps)
        deduction = Deduction(
            steps.steps, begin.revision, initial=begin.initial, facts=facts, cut=cut,
            granted=steps.granted,
        )  # fmt: skip
        is_sound = self._carry_on(deduction, stated)
        if not is_sound or deduction.bounds.high[0] == LIMIT:
            code, first = DamageCode.LOG_REVISIONS_UNKNOWN, self._log.places.index[begin.position]
            self._damage.append(Damage(code, self._folder, first=first))
            return
        added = DeducedRows(rows, deduction)
        added.add()
        self._result.partial |= added.partial
        self._close(first_row, self._compare(first_row, to_end=False), is_pristine=False)
        fill_lives(rows, first_row)
        reached = deduction.bounds.low[deduction.sure_until(steps.count_committed)]
        self._result.revision = max(self._result.revision, reached)

    @staticmethod
    def _carry_on(deduction: Deduction, stated: list[Statement]) -> bool:
        """Deduce what can be deduced, with what clients state; False: something is wrong."""
        try:
            deduction.run()
        except Contradiction:
            return False
        bounds = deduction.bounds
        if bounds.is_exact(0) and deduction.is_anchored:
            return True
        known = [
            one
            for one in stated
            if bounds.low[one.at + 1] <= one.revision <= bounds.high[one.at + 1]
            and not bounds.is_exact(one.at + 1)
        ]
        found = agreed(known)
        # The more must agree on either side, the fewer are wrong.
        for reach in (1, 4):
            chosen = inner(found, reach)
            if not chosen or deduction.believe(chosen):
                break
        if deduction.share_of_failures() < MAX_FAILURES:
            deduction.believe(found, is_of_writer=True)
        return True

    # --- both -----------------------------------------------------------------------------------

    def _compare(self, first_row: int, *, to_end: bool) -> Agreement:
        if self._index is None:
            return Agreement([], [], [], [])
        return compare(self._result.rows, first_row, self._index, self._read, to_end=to_end)

    def _close(self, first_row: int, agreement: Agreement, *, is_pristine: bool) -> None:
        rows = self._result.rows
        wrong = [
            row
            for row in agreement.contradicted
            if row < len(rows) and not rows.flags[row] & DOUBTFUL
        ]
        for row in wrong:
            rows.flags[row] |= CONTRADICTED
        if wrong and not is_pristine:
            # What was deduced is refuted somewhere: only what the database confirms is sure.
            for row in set(range(first_row, len(rows))).difference(agreement.agreeing, wrong):
                rows.flags[row] |= DOUBTFUL
        self._result.stretches.append(Stretch(first_row, agreement, is_pristine))

    def _keep_replaced(self) -> None:
        """Keep the writes of entries that were never committed, as attempts without a revision."""
        log = self._log
        for entry in log.entries(places=log.replaced):
            request = parse_request(entry.data) if entry.type == NORMAL_ENTRY else None
            if isinstance(request, InternalRaftRequest):
                keep_uncommitted(self._result.rows, entry, request)

    def _read(self, segment: int, offset: int, size: int) -> bytes:
        return self._log.reader.segments[segment].read(offset, size)

    @property
    def _folder(self) -> str:
        segments = self._log.reader.segments
        return str(segments[0].path.parent) if segments else "wal"


def _is_unreadable(entry: LoggedEntry, request: Any) -> bool:
    """Whether an entry holds a request that cannot be parsed."""
    return request is None and entry.type == NORMAL_ENTRY and len(entry.data) > 0
