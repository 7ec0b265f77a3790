"""Replays a whole raft log into revisions, stretch by stretch, checked against a database.

A stretch that starts with an empty store is counted from revision 1. Any other is surveyed first to
find its first revision. If replay and database diverge for good, the server refused a request for
a reason not recorded in the log: the rest is surveyed and counted again.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from etcdpod.damage import Damage, DamageCode
from etcdpod.etcd.replay.apply import Applier
from etcdpod.etcd.replay.attempts import keep_uncommitted
from etcdpod.etcd.replay.backend_state import Agreement, IndexPrior, compare
from etcdpod.etcd.replay.fast_apply import PlainWriter
from etcdpod.etcd.replay.first_revision import Survey, survey
from etcdpod.etcd.replay.rows import CONTRADICTED, DOUBTFUL, UNCOMMITTED, LogRows, fill_versions
from etcdpod.etcd.wal.columns import NORMAL_ENTRY
from etcdpod.etcd.wal.entries import parse_request
from etcdpod.etcd.wal.messages import InternalRaftRequest
from etcdpod.records import Revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etcdpod.etcd.mvcc.index import RevisionIndex
    from etcdpod.etcd.wal.columns import LoggedEntry
    from etcdpod.etcd.wal.entries import RaftLog

MAX_RESTARTS = 8
"""How many times a replay is restarted where it diverged from the database."""
MAX_RUNS = 256
"""The maximum number of stretches between gaps that are replayed."""


@dataclass(slots=True)
class Stretch:
    """A part of the log that was counted without a break."""

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
    compact_revision: int = 0
    """The revision of the last compaction in the log; 0 if there is none."""
    is_cut: bool = False
    """Whether the end of the log was left out because reading was stopped early."""


class Replay:
    """One replay.

    Args:
        log: the raft log.
        index: the index of the accompanying database, if any.
        damage: where findings are appended.
        is_whole: nothing of the database is lost.
        progress: called with entries applied and total entries; returning True stops the replay.
    """

    def __init__(
        self,
        log: RaftLog,
        index: RevisionIndex | None,
        damage: list[Damage],
        *,
        is_whole: bool = True,
        progress: Callable[[int, int], bool] = lambda _done, _whole: False,
    ) -> None:
        self._log = log
        self._index = index
        self._prior = None if index is None else IndexPrior(index, is_whole=is_whole)
        self._damage = damage
        self._progress = progress
        self._result = Replayed()
        self._is_cut = False

    def run(self) -> Replayed:
        """Replay every stretch of the log."""
        is_first = self._log.begins_empty
        for number, (start, stop) in enumerate(self._log.runs()):
            if self._is_cut:
                break
            if number == MAX_RUNS:
                self._damage.append(Damage(DamageCode.GAP_LIMIT, self._folder, count=MAX_RUNS))
                break
            self._replay_run(start, stop, from_empty=is_first)
            is_first = False
        self._keep_replaced()
        self._result.is_cut = self._is_cut or self._log.is_cut
        return self._result

    def _replay_run(self, start: int, stop: int, *, from_empty: bool) -> None:
        """Count the entries at positions ``start`` to ``stop``, in several stretches if needed."""
        rows = self._result.rows
        reaches = self._log.places.index[stop - 1] >= self._log.applied
        for restart in range(MAX_RESTARTS):
            first_row = len(rows)
            applier = self._applier(start, stop, from_empty=from_empty)
            if applier is None:
                return
            self._apply(applier, start, stop)
            agreement = self._compare(first_row, to_end=reaches and not self._is_cut)
            parted = self._parting(first_row, agreement)
            if parted is None or self._is_cut or restart == MAX_RESTARTS - 1:
                self._close(applier, first_row, agreement)
                return
            from_empty = False
            if parted == first_row:
                rows.cut(first_row)
                continue
            # The rows before the divergence are kept; the rest is surveyed and counted again.
            start = bisect_right(self._log.places.index, rows.raft_index[parted - 1])
            rows.cut(parted)
            self._close(applier, first_row, agreement)
            after = Revision(rows.main[parted - 1])
            self._damage.append(Damage(DamageCode.LOG_DIVERGES, self._folder, revision=after))

    def _applier(self, start: int, stop: int, *, from_empty: bool) -> Applier | None:
        rows, read = self._result.rows, self._read
        if from_empty:
            return Applier(rows, read)
        revision, writes = self._survey(start, stop)
        if revision is None:
            if writes > 0:
                first = self._log.places.index[start]
                code = DamageCode.LOG_REVISIONS_UNKNOWN
                self._damage.append(Damage(code, self._folder, first=first))
            return None
        return Applier(rows, read, revision=revision, complete=False, prior=self._prior)

    def _survey(self, start: int, stop: int) -> Survey:
        index = self._index
        if index is not None and self._log.places.index[start] == self._log.applied + 1:
            return Survey(index.current_revision, 0)
        newest = (lambda _: None) if self._prior is None else self._prior.newest
        return survey(self._committed(start, stop), newest)

    def _committed(self, start: int, stop: int) -> Iterator[LoggedEntry]:
        committed = self._log.committed
        return takewhile(
            lambda entry: entry.raft_index <= committed, self._log.entries(start, stop)
        )

    def _apply(self, applier: Applier, start: int, stop: int) -> None:
        committed = self._log.committed
        for block in self._log.blocks(start, stop):
            writer = PlainWriter(applier, block, committed)
            row = 0
            while row < len(block.data):
                following = writer.run(row)
                if following > row:
                    self._result.revision = max(self._result.revision, applier.revision)
                else:
                    self._apply_one(applier, block.entry(row), committed)
                    following += 1
                row = following
            following = block.position + len(block.data)
            if self._progress(following, len(self._log.places)) and following < stop:
                self._is_cut = True
                return

    def _apply_one(self, applier: Applier, entry: LoggedEntry, committed: int) -> None:
        result = self._result
        request = parse_request(entry.data) if entry.type == NORMAL_ENTRY else None
        if isinstance(request, InternalRaftRequest):
            is_committed = entry.raft_index <= committed
            applier.apply(entry, request, 0 if is_committed else UNCOMMITTED)
            if is_committed:
                result.revision = max(result.revision, applier.revision)
                result.compact_revision = max(result.compact_revision, applier.compact_revision)
        elif not entry.verified or _is_unreadable(entry, request):
            applier.numbering.doubt(wild=True)
            applier.state.taint()

    def _compare(self, first_row: int, *, to_end: bool) -> Agreement:
        if self._index is None:
            return Agreement([], [], [], [], [])
        return compare(self._result.rows, first_row, self._index, self._read, to_end=to_end)

    def _parting(self, first_row: int, agreement: Agreement) -> int | None:
        """The first row after the last one that agrees with the database; None if none diverges."""
        rows = self._result.rows
        last = agreement.agreeing[-1] if agreement.agreeing else first_row - 1
        reached = rows.main[last] if agreement.agreeing else 0
        if any(row > last for row, _ in agreement.different_key):
            return last + 1
        known = None if self._index is None else self._index.rows.main
        if known is not None and any(known[row] > reached for row in agreement.unlogged):
            return last + 1
        return None

    def _close(self, applier: Applier, first_row: int, agreement: Agreement) -> None:
        """Settle which of the rows from ``first_row`` on are trusted."""
        rows = self._result.rows
        applier.numbering.settle(agreement.agreeing)
        for row in agreement.contradicted:
            if row < len(rows):
                rows.flags[row] |= CONTRADICTED
        if not applier.numbering.is_pristine:
            # One differing record among many that agree indicates a damaged database. Several in
            # a row indicate one only if nothing else can have gone wrong.
            for start, stop in agreement.disputed(rows, first_row):
                for row in range(start, stop):
                    rows.flags[row] |= DOUBTFUL
        if not applier.state.complete:
            fill_versions(rows, first_row, applier.numbering.breaks)
        self._result.stretches.append(Stretch(first_row, agreement, applier.numbering.is_pristine))

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
