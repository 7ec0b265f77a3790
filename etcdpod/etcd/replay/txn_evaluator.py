"""Evaluates the compares of transactions, and what they imply about the revision numbers.

References:
    https://github.com/etcd-io/etcd/blob/main/server/etcdserver/txn/txn.go
"""

from __future__ import annotations

from enum import IntEnum
from operator import eq, gt, lt, ne
from typing import TYPE_CHECKING, Any

from etcdpod.etcd.replay.rows import ABSENT, PRIOR, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.etcd.replay.numbering import Numbering
    from etcdpod.etcd.replay.state import State

MAX_OLDER = 32
"""The number of older revisions of a key that are searched for one a slow client compared with."""


MAX_CORRECTION = 1_000_000
"""A compare with a revision further above the count than this is ignored."""


class Target(IntEnum):
    """etcdserverpb.Compare.CompareTarget."""

    VERSION = 0
    CREATE = 1
    MOD = 2
    VALUE = 3
    LEASE = 4


_TARGET_FIELDS = {
    Target.VERSION: "version",
    Target.CREATE: "create_revision",
    Target.MOD: "mod_revision",
    Target.LEASE: "lease",
}
_RESULTS: dict[int, Callable[[Any, Any], bool]] = {0: eq, 1: gt, 2: lt, 3: ne}
"""etcdserverpb.Compare.CompareResult: the required relation of the stored to the given value."""


class Judge:
    """Evaluates compares against the current state. Its findings are reset by ``begin``."""

    def __init__(self, state: State, numbering: Numbering) -> None:
        self._state = state
        self._numbering = numbering
        self._revision = 1
        self.is_unsure = False
        """Whether a compare could not be decided, and was assumed to hold."""
        self.absent: set[bytes] = set()
        """Keys that must not have existed if the compares held."""
        self.proven: list[int] = []
        """Rows whose counted revision is confirmed by a compare."""
        self.correction = 0
        """The number to add to the current revision, according to a compare."""

    def begin(self, revision: int) -> None:
        """Start on another request, at the current revision ``revision``."""
        self._revision = revision
        self.is_unsure, self.correction = False, 0
        if self.absent:
            self.absent.clear()
        if self.proven:
            self.proven.clear()

    def renumber(self, revision: int) -> None:
        """Change the current revision; the findings are kept."""
        self._revision = revision

    def holds(self, compare: Any) -> bool:
        """Whether one compare holds; assumed to hold if that cannot be decided."""
        keyspace = self._state.keyspace
        if compare.range_end:
            self.is_unsure |= not keyspace.complete
            keys = keyspace.between(compare.key, compare.range_end)
            # An empty range is compared as a single key that does not exist.
            return all(
                self._row_holds(compare, row)
                for row in [keyspace.row(key) for key in keys] or [ABSENT]
            )
        is_update = compare.target == Target.MOD and compare.result == 0
        if is_update and not keyspace.complete:
            self._refresh(compare.key, compare.mod_revision)
        revision = self._revision if self._numbering.is_sure else None
        row = self._state.row(compare.key, revision)
        if row == UNKNOWN:
            self.is_unsure = True
            if _says_absent(compare):
                self.absent.add(compare.key)
            return True
        if is_update and row >= 0:
            self._weigh(compare.mod_revision, row)
            if self._state.rows.main[row] == compare.mod_revision:
                return True
            if self._was_changed_unseen(compare, row):
                return True
        return self.correction != 0 or self._row_holds(compare, row)

    def _refresh(self, key: bytes, stated: int) -> None:
        """Restore what was known of a key, if a client compared with that revision or an older."""
        row = self._state.keyspace.stale_row(key)
        if row < 0:
            return
        if 0 < stated <= self._state.rows.main[row] and not self._numbering.is_doubtful(row):
            self._state.keyspace.put(key, row)

    def _row_holds(self, compare: Any, row: int) -> bool:
        relate = _RESULTS.get(compare.result, _any)
        if compare.target == Target.VALUE:
            return row != ABSENT and relate(self._state.value(row), compare.value)
        field = _TARGET_FIELDS.get(compare.target)
        given = getattr(compare, field) if field is not None else 0
        actual = self._number(compare.target, row)
        if actual == 0 and row != ABSENT and compare.target in (Target.VERSION, Target.CREATE):
            # This lifetime of the key started before the log: trust the client's compare.
            self.is_unsure = True
            return True
        return relate(actual, given)

    def _number(self, target: int, row: int) -> int:
        rows = self._state.rows
        if row == ABSENT:
            return 0
        columns = (rows.version, rows.create_revision, rows.main, None, rows.lease)
        column = columns[target] if 0 <= target < len(columns) else None
        return 0 if column is None else column[row]

    def _weigh(self, stated: int, row: int) -> None:
        """Compare the mod revision that a client expected with the one that was counted."""
        rows = self._state.rows
        counted = rows.main[row]
        if rows.flags[row] & PRIOR:
            return
        if stated == counted:
            self.proven.append(row)
        elif (
            0 < stated < counted + MAX_CORRECTION
            and self._numbering.is_doubtful(row)
            and not self._is_older(stated, row)
        ):
            self.correction = stated - counted

    def _was_changed_unseen(self, compare: Any, row: int) -> bool:
        """Whether a client compared with a newer revision of a key than the log has.

        Then a write to the key is missing, and whether the compare held is unknown.
        """
        state = self._state
        if state.complete or self.correction != 0 or compare.mod_revision <= state.rows.main[row]:
            return False
        state.keyspace.forget(compare.key)
        self.is_unsure = True
        return True

    def _is_older(self, stated: int, row: int) -> bool:
        """Whether a slow client compared with an older revision of the same key."""
        rows = self._state.rows
        for _ in range(MAX_OLDER):
            row = rows.older[row]
            if row < 0:
                return False
            if rows.main[row] == stated:
                return True
        return False


def _says_absent(compare: Any) -> bool:
    """Whether a compare holds only for a key that does not exist, as when creating one."""
    field = _TARGET_FIELDS.get(compare.target)
    is_born = compare.target in (Target.MOD, Target.CREATE, Target.VERSION)
    return is_born and compare.result == 0 and field is not None and not getattr(compare, field)


def _any(_: Any, __: Any) -> bool:
    return True
