"""Decides the compares of transactions, and weighs what they say of the revision numbers.

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
"""Older revisions of a key that are looked through for one that a late client compared with."""


MAX_CORRECTION = 1_000_000
"""A compare that states more than this beyond the count is nonsense."""


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
"""etcdserverpb.Compare.CompareResult: how the stored value must relate to the given one."""


class Judge:
    """Compares against the state at one moment. What it notes is reset by ``begin``."""

    def __init__(self, state: State, numbering: Numbering) -> None:
        self._state = state
        self._numbering = numbering
        self._revision = 1
        self.is_unsure = False
        """Whether a compare could not be decided, and was taken to hold."""
        self.absent: set[bytes] = set()
        """Keys that must not have existed, if the compares did hold."""
        self.proven: list[int] = []
        """Rows whose revision a compare states as we counted it."""
        self.correction = 0
        """What must be added to the current revision, as a compare shows."""

    def begin(self, revision: int) -> None:
        """Judge another request, at the current revision ``revision``."""
        self._revision = revision
        self.is_unsure, self.correction = False, 0
        if self.absent:
            self.absent.clear()
        if self.proven:
            self.proven.clear()

    def renumber(self, revision: int) -> None:
        """The current revision was another one; what was noted stays."""
        self._revision = revision

    def holds(self, compare: Any) -> bool:
        """Whether one compare holds; taken to hold where that cannot be decided."""
        keyspace = self._state.keyspace
        if compare.range_end:
            self.is_unsure |= not keyspace.complete
            keys = keyspace.between(compare.key, compare.range_end)
            # A range without keys is compared as a key that does not exist.
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
        """Believe again what was known of a key, where a client has known the same, or less."""
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
            # This life of the key began before the log: believe what the client compared with.
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
        """Compare the mod revision that a client knew with the one that was counted."""
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
        """Whether a client has known a newer revision of a key than the log tells.

        Then a write of it is missing, and whether the compare held cannot be told.
        """
        state = self._state
        if state.complete or self.correction != 0 or compare.mod_revision <= state.rows.main[row]:
            return False
        state.keyspace.forget(compare.key)
        self.is_unsure = True
        return True

    def _is_older(self, stated: int, row: int) -> bool:
        """Whether a client that came late compared with an older revision of the same key."""
        rows = self._state.rows
        for _ in range(MAX_OLDER):
            row = rows.older[row]
            if row < 0:
                return False
            if rows.main[row] == stated:
                return True
        return False


def _says_absent(compare: Any) -> bool:
    """Whether a compare holds only for a key that does not exist, as that of a creation."""
    field = _TARGET_FIELDS.get(compare.target)
    is_born = compare.target in (Target.MOD, Target.CREATE, Target.VERSION)
    return is_born and compare.result == 0 and field is not None and not getattr(compare, field)


def _any(_: Any, __: Any) -> bool:
    return True
