"""A database tree combined with further evidence into one source.

What the newest tree has is answered from the tree alone. The evidence adds revisions removed by
compaction, revisions of the log not yet in the database, and those lost from a damaged tree.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.connectors.disk.evidence import EvidenceIndex
from etcdpod.connectors.disk.evidence_places import RANK, TRUST_ORDER
from etcdpod.errors import CompactedError, SourceError
from etcdpod.etcd.mvcc.revision import combined
from etcdpod.records import BesideTheTree, Severity, Trust

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etcdpod.connectors.disk.evidence_places import Place
    from etcdpod.damage import Damage
    from etcdpod.etcd.bbolt.gather import Integers, Mask
    from etcdpod.etcd.mvcc.index import RevisionIndex
    from etcdpod.etcd.mvcc.keys import KeyTable
    from etcdpod.etcd.mvcc.store import Store
    from etcdpod.records import Record

TREE, EVIDENCE = 0, 1


class RevisionSpan(NamedTuple):
    """The revisions that an overlay covers."""

    current: int
    """The newest revision."""
    compacted: int
    """The tree is complete from this revision on."""
    whole_from: int
    """The log has every main revision from this one up to ``compacted``, with all its parts."""

    def may_miss(self, revision: int) -> bool:
        """Whether a change after ``revision`` may be missing."""
        return revision < min(self.whole_from - 1, self.compacted)

    @property
    def complete_from(self) -> int:
        """Nothing that happened after this revision is missing; 0 if nothing is missing at all."""
        before = min(self.compacted, self.whole_from - 1)
        return before if before > 1 else 0


class FoundRows(NamedTuple):
    """Revisions of an overlay: the place of each, and its row number there."""

    place: Integers
    number: Integers

    @classmethod
    def of(cls, entries: Sequence[tuple[int, int]]) -> FoundRows:
        """From pairs."""
        columns = np.array(entries, np.int64).reshape(-1, 2)
        return cls(columns[:, 0], columns[:, 1])

    def entry(self, position: int) -> tuple[int, int] | None:
        """Place and row number at a position; None before the first."""
        if position < 0:
            return None
        return int(self.place[position]), int(self.number[position])


class Overlay:
    """One state of a store, combined with the evidence beside it.

    Args:
        store: the database.
        places: where further revisions lie, most trusted first.
        overruled: revisions of the tree (``places.combined``) that the log contradicts.
        span: the revisions covered by all of it together.
        damage: the list to which contradictions between places are appended.
    """

    def __init__(
        self,
        store: Store,
        places: Sequence[Place],
        overruled: Integers,
        span: RevisionSpan,
        damage: list[Damage],
    ) -> None:
        self.store = store
        self.index: RevisionIndex = store.index
        self.span = span
        rows = self.index.rows
        self._overruled: Mask = np.isin(combined(rows.main, rows.sub), overruled)
        self.evidence = EvidenceIndex(places, self.index, np.flatnonzero(self._overruled), damage)
        columns = self.evidence.columns
        over = np.isin(combined(columns.main, columns.sub), overruled)
        # A tree that lost pages is supplemented by older copies of them.
        limit = RANK[Trust.STALE_PAGE if has_losses(store) else Trust.LOGGED]
        self._is_newer: Mask = ((columns.main > span.compacted) | over) & (columns.rank <= limit)
        self._is_believed: Mask = columns.rank <= RANK[Trust.STALE_PAGE]
        # A copy made under a running etcd may hold pages of a newer state than its own.
        self._is_ahead: Mask = columns.main > span.current
        self._is_shown: Mask = self._is_believed & ~self._is_ahead

    # --- all revisions --------------------------------------------------------------------------

    def of_key(self, key: bytes, since: int | None) -> FoundRows:
        """All revisions of one key, ascending."""
        return self._merged(self.index.of_key(key), self.evidence.of_key(key), since)

    def under(self, prefix: bytes, since: int | None) -> FoundRows:
        """All revisions under a prefix, ascending."""
        return self._merged(self.index.under(prefix), self.evidence.under(prefix), since)

    def suspects(self, prefix: bytes) -> FoundRows:
        """The revisions under a prefix that are not trusted enough to show, ascending."""
        numbers = self.evidence.under(prefix)
        numbers = numbers[~self._is_believed[numbers] & ~self._is_ahead[numbers]]
        return FoundRows(np.full(len(numbers), EVIDENCE), numbers)

    def left_out(self, key: bytes) -> int:
        """How many revisions of a key were found but are not trusted enough to be shown."""
        return int(np.count_nonzero(~self._is_believed[self.evidence.of_key(key)]))

    def beside_the_tree(self) -> BesideTheTree:
        """How many revisions were found that are not in the tree."""
        ranks = self.evidence.columns.rank[~self._is_ahead]
        counts = np.bincount(ranks, minlength=len(TRUST_ORDER)).tolist()
        found = {rank: count for rank, count in zip(TRUST_ORDER, counts, strict=True) if count}
        return BesideTheTree(found, int(np.count_nonzero(self._is_ahead)))

    def _merged(self, rows: Integers, numbers: Integers, since: int | None) -> FoundRows:
        rows = rows[~self._overruled[rows]]
        numbers = numbers[self._is_shown[numbers]]
        known, columns = self.index.rows, self.evidence.columns
        main = np.concatenate([known.main[rows], columns.main[numbers]])
        sub = np.concatenate([known.sub[rows], columns.sub[numbers]])
        place = np.repeat([TREE, EVIDENCE], [len(rows), len(numbers)])
        order = np.lexsort((sub, main))
        if since is not None:
            order = order[main[order] >= since]
        return FoundRows(place[order], np.concatenate([rows, numbers])[order])

    # --- one state ------------------------------------------------------------------------------

    def alive(self, prefix: bytes, at: int) -> FoundRows:
        """The newest revision up to ``at`` of each key that exists then, in byte order."""
        if at < self.span.compacted:
            return self._alive_below(prefix, at)
        table = self.index.table(prefix)
        limit = self.index.before(at)
        last = table.last_before(limit)
        changed = self._changed(prefix, at)
        for position in np.flatnonzero((last >= 0) & self._overruled[last]).tolist():
            changed.setdefault(table.keys[position], -1)
        if not changed:
            last = last[last >= 0]
            rows = last[~self.index.rows.tombstone[last]]
            return FoundRows(np.full(len(rows), TREE), rows)
        newest: dict[bytes, tuple[int, int]] = {}
        for key, row in zip(table.keys, last.tolist(), strict=True):
            if key not in changed and row >= 0 and not self.index.rows.tombstone[row]:
                newest[key] = TREE, row
        for key, number in changed.items():
            found = self._newer(self._tree_row(table, key, limit), number)
            if found is not None:
                newest[key] = found
        ordered = [newest[key] for key in sorted(newest)]
        return FoundRows.of(ordered)

    def last_two(self, key: bytes, at: int) -> FoundRows:
        """The newest revision of a key up to ``at``, preceded by the one before it, if any.

        Empty if the key did not exist at ``at`` and its deletion is not known either.
        """
        found = self.of_key(key, None)
        main = self._mains(found)
        is_evidence = found.place == EVIDENCE
        numbers = found.number[is_evidence]
        columns = self.evidence.columns
        # For revisions carved from below the compact revision, the subsequent deletion may be lost.
        believed = ~is_evidence
        logged = columns.rank[numbers] <= RANK[Trust.LOGGED]
        believed[is_evidence] = logged | self._is_newer[numbers]
        # Below the compact revision, a put is current only if the tree has kept it.
        current = ~is_evidence
        current[is_evidence] = columns.tombstone[numbers] | self._is_newer[numbers]
        chosen = np.flatnonzero(believed & (main <= at))[-2:]
        if len(chosen) > 0 and not current[chosen[-1]]:
            chosen = chosen[:0]
        return FoundRows(found.place[chosen], found.number[chosen])

    def _mains(self, found: FoundRows) -> Integers:
        main = np.empty(len(found.number), np.int64)
        is_tree = found.place == TREE
        main[is_tree] = self.index.rows.main[found.number[is_tree]]
        main[~is_tree] = self.evidence.columns.main[found.number[~is_tree]]
        return main

    def _changed(self, prefix: bytes, at: int) -> dict[bytes, int]:
        """The keys with a newer revision in the evidence than in the tree, and its row number."""
        columns = self.evidence.columns
        numbers = self.evidence.under(prefix)
        numbers = numbers[self._is_newer[numbers] & (columns.main[numbers] <= at)]
        return {self.evidence.key(number): number for number in numbers.tolist()}

    def _tree_row(self, table: KeyTable, key: bytes, limit: int) -> int:
        """The newest trusted row of a key below ``limit``; -1 if there is none."""
        position = bisect_left(table.keys, key)
        if position == len(table.keys) or table.keys[position] != key:
            return -1
        rows = table.order[table.starts[position] : table.starts[position + 1]]
        rows = rows[(rows < limit) & ~self._overruled[rows]]
        return int(rows[-1]) if len(rows) > 0 else -1

    def _newer(self, row: int, number: int) -> tuple[int, int] | None:
        """The newer of a row of the tree and a row of the evidence, if it is a put."""
        known, columns = self.index.rows, self.evidence.columns
        revisions = []
        if row >= 0:
            revisions.append((int(known.main[row]), int(known.sub[row]), TREE, row))
        if number >= 0:
            main, sub = int(columns.main[number]), int(columns.sub[number])
            revisions.append((main, sub, EVIDENCE, number))
        if not revisions:
            return None
        _, _, place, found = max(revisions)
        is_deleted = known.tombstone[found] if place == TREE else columns.tombstone[found]
        return None if is_deleted else (place, found)

    # --- states below the compact revision ------------------------------------------------------

    def _alive_below(self, prefix: bytes, at: int) -> FoundRows:
        if at + 1 < self.span.whole_from:  # even if no key is known: there may have been some
            raise self.compacted(at)
        keys = {*self.index.table(prefix).keys, *self.evidence.keys(prefix)}
        found = (self.below(key, at) for key in sorted(keys))
        return FoundRows.of([entry for entry in found if entry is not None])

    def below(self, key: bytes, at: int) -> tuple[int, int] | None:
        """The revision of a key that was current at ``at``, below the compact revision.

        The log is complete from ``at`` on, so no change of the key after that is unseen: its state
        was that at the compact revision, or the one that its next revision replaced.

        Returns:
            Place and row number; None if the key did not exist.

        Raises:
            CompactedError: the log does not reach back far enough.
        """
        if at + 1 < self.span.whole_from:
            raise self.compacted(at)
        found = self.of_key(key, None)
        main = self._mains(found)
        older, upto = np.searchsorted(main, [at, self.span.compacted], "right").tolist()
        last = found.entry(upto - 1)
        if older == upto:
            # Unchanged since: the revision kept by the tree, if any.
            is_kept = last is not None and last[0] == TREE
            return last if is_kept and not self.record(last, keys_only=True).tombstone else None
        following = self.record(found.entry(older), keys_only=True)
        if not following.tombstone and following.version == 1:
            return None
        before = found.entry(older - 1)
        if before is None or not self._is_followed(before, int(main[older - 1]), following):
            raise self.compacted(at)
        return before

    def _is_followed(self, before: tuple[int, int], main: int, following: Record) -> bool:
        """Whether nothing can lie between a revision and the next known one."""
        record = self.record(before, keys_only=True)
        if record.tombstone:
            return False
        is_next = record.version == following.version - 1
        is_next = is_next and record.create_revision == following.create_revision
        return main >= self.span.whole_from or (is_next and following.version > 1)

    # --- records --------------------------------------------------------------------------------

    def record(self, entry: tuple[int, int] | None, *, keys_only: bool) -> Record:
        """One revision as a record.

        Raises:
            SourceError: its bytes have since been overwritten by a running etcd.
        """
        assert entry is not None
        place, number = entry
        if place == TREE:
            return self.store.read(np.array([number]), keys_only=keys_only)[0]
        record = self.evidence.record(number, keys_only=keys_only)
        if record is None:
            what = "a free page was handed out again while it was read"
            raise SourceError(what, next_step="read it again", path=self.store.file.path)
        return record

    def compacted(self, at: int) -> CompactedError:
        """The error for a state at ``at`` that cannot be determined."""
        return CompactedError(
            f"revision {at} was compacted away",
            next_step=f"oldest complete revision: {self.span.complete_from}",
            path=self.store.file.path,
            revision=at,
        )


def has_losses(store: Store) -> bool:
    """Whether part of the tree could not be read."""
    return any(damage.severity is Severity.LOSS for damage in store.damage)
