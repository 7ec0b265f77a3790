"""Decides the compares of transactions, where the whole state before them is known.

References:
    https://github.com/etcd-io/etcd/blob/main/server/etcdserver/txn/txn.go
"""

from __future__ import annotations

from enum import IntEnum
from operator import eq, gt, lt, ne
from typing import TYPE_CHECKING, Any

from etcdpod.etcd.replay.rows import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.etcd.replay.state import State


class CompareTarget(IntEnum):
    """etcdserverpb.Compare.CompareTarget."""

    VERSION = 0
    CREATE = 1
    MOD = 2
    VALUE = 3
    LEASE = 4


_TARGET_FIELDS = {
    CompareTarget.VERSION: "version",
    CompareTarget.CREATE: "create_revision",
    CompareTarget.MOD: "mod_revision",
    CompareTarget.LEASE: "lease",
}
_RESULTS: dict[int, Callable[[Any, Any], bool]] = {0: eq, 1: gt, 2: lt, 3: ne}
"""etcdserverpb.Compare.CompareResult: the required relation of the stored to the given value."""


def holds(compare: Any, state: State) -> bool:
    """Whether one compare holds."""
    keyspace = state.keyspace
    if not compare.range_end:
        return _row_holds(compare, state, keyspace.row(compare.key))
    keys = keyspace.between(compare.key, compare.range_end)
    # A range without keys is compared as a key that does not exist.
    return all(
        _row_holds(compare, state, row) for row in [keyspace.row(key) for key in keys] or [ABSENT]
    )


def _row_holds(compare: Any, state: State, row: int) -> bool:
    relate = _RESULTS.get(compare.result, _any)
    if compare.target == CompareTarget.VALUE:
        return row != ABSENT and relate(state.value(row), compare.value)
    field = _TARGET_FIELDS.get(compare.target)
    given = getattr(compare, field) if field is not None else 0
    return relate(_number(compare.target, state, row), given)


def _number(target: int, state: State, row: int) -> int:
    rows = state.rows
    if row == ABSENT:
        return 0
    columns = (rows.version, rows.create_revision, rows.main, None, rows.lease)
    column = columns[target] if 0 <= target < len(columns) else None
    return 0 if column is None else column[row]


def _any(_: Any, __: Any) -> bool:
    return True
