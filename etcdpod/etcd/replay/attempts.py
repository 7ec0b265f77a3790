"""Writes in the log that never took effect: refused, or never committed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.etcd.replay.rows import REFUSED, UNCOMMITTED

if TYPE_CHECKING:
    from etcdpod.etcd.replay.rows import LogRows, Place
    from etcdpod.etcd.wal.columns import LoggedEntry


def keep_uncommitted(rows: LogRows, entry: LoggedEntry, request: Any) -> None:
    """Add the puts of a request that was never committed, as rows without a revision."""
    if request.HasField("put"):
        _keep(rows, entry, request.put, 0, UNCOMMITTED)
    elif request.HasField("txn"):
        keep_refused(rows, entry, request.txn, 0, UNCOMMITTED)


def keep_refused(rows: LogRows, entry: LoggedEntry, txn: Any, main: int, flags: int) -> None:
    """Add the puts of a transaction whose compares failed, with the revision they missed."""
    for operation in txn.success:
        if operation.WhichOneof("request") == "request_put":
            _keep(rows, entry, operation.request_put, main, flags)


def place_of(entry: LoggedEntry) -> Place:
    """The location of an entry in the log."""
    return entry.raft_index, entry.segment, entry.offset


def value_place(entry: LoggedEntry, value: bytes) -> tuple[int, int, int]:
    """The location of an entry's value in the log: any occurrence of its bytes will do."""
    return entry.segment, entry.data_offset + max(entry.data.rfind(value), 0), len(value)


def _keep(rows: LogRows, entry: LoggedEntry, put: Any, main: int, flags: int) -> None:
    value = value_place(entry, put.value)
    rows.add(put.key, (main, 0), place_of(entry), value, lease=put.lease, flags=flags | REFUSED)
