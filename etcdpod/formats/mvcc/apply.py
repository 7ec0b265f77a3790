"""Applies logged requests as etcd does, so that each gets the revision that it had.

The rules are those of etcd's apply loop: one request takes at most one main revision, only when
it changes something, and numbers its changes from sub 0 on. What a server refused left no mark in
the log but the request itself, so leases, alarms and permissions are followed as well.

References:
    https://github.com/etcd-io/etcd/blob/main/server/etcdserver/txn/txn.go
    https://github.com/etcd-io/etcd/blob/main/server/etcdserver/apply/uber_applier.go
"""

from __future__ import annotations

from enum import IntEnum
from operator import eq, gt, lt, ne
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from etcdpod.formats.mvcc.auth import READ, WRITE, AuthStore
from etcdpod.formats.mvcc.keyspace import Keyspace
from etcdpod.formats.mvcc.logged import (
    ABSENT,
    DOUBTFUL,
    PRIOR,
    PRIOR_SEGMENT,
    REFUSED,
    TOMBSTONE,
    UNCOMMITTED,
    UNKNOWN,
    LogRows,
    Place,
)
from etcdpod.formats.mvcc.numbering import Numbering

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from etcdpod.formats.wal.entries import LoggedEntry

MAX_LEASE_TTL = 9_000_000_000
"""Seconds; a grant of more is refused."""


class Alarm(IntEnum):
    """etcdserverpb.AlarmType."""

    NONE = 0
    NOSPACE = 1
    CORRUPT = 2


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


class PriorState(NamedTuple):
    """What a database knows of a key at a moment before the log touched it."""

    row: int
    """Of the database; -1 where the key did not exist."""
    main: int = 0
    sub: int = 0
    create_revision: int = 0
    version: int = 0
    lease: int = 0
    value_size: int = 0


class Prior(Protocol):
    """A database that fills in what lies before the log."""

    def state(self, key: bytes, revision: int) -> PriorState | None:
        """The state of ``key`` at ``revision``; None where the database cannot tell."""

    def value(self, row: int) -> bytes:
        """The value of one of its rows."""


class Store:
    """The state of etcd's key-value store while a log is applied to it.

    Args:
        rows: where revisions are added.
        read: reads ``(segment, offset, size)`` of the log.
        revision: the current revision before the first entry; 1 for an empty store.
        complete: the store is empty at the start; otherwise ``prior`` is asked.
        prior: what a database knows of the time before.
        refused: raft indexes of requests that are known to have had no effect.
    """

    def __init__(
        self,
        rows: LogRows,
        read: Callable[[int, int, int], bytes],
        *,
        revision: int = 1,
        complete: bool = True,
        prior: Prior | None = None,
        refused: Collection[int] = (),
    ) -> None:
        self.rows = rows
        self.revision = revision
        self.compact_revision = -1
        self.complete = complete
        """Nothing exists or existed but what the log tells."""
        self.keyspace = Keyspace(complete=complete)
        self.leases: dict[int, set[bytes]] = {}
        self._older_leases: set[int] = set()
        """Leases that were granted before the log begins: they may hold further keys."""
        self.alarms: dict[int, set[int]] = {Alarm.NOSPACE: set(), Alarm.CORRUPT: set()}
        self.auth = AuthStore()
        self.numbering = Numbering(rows, known=complete)
        self.known_from = revision if complete else 0
        """The state of every key is known from this revision on."""
        self._read = read
        self._prior = prior
        self._refused = refused
        self._entry: LoggedEntry
        self._place = Place(0, 0, 0)
        self._main = 0
        self._sub = 0
        self._flags = 0
        self._proofs: list[int] = []

    def apply(self, entry: LoggedEntry, request: Any, flags: int = 0) -> None:
        """Carry out the request of one entry; ``flags`` go to every row that it makes."""
        self._entry = entry
        self._place = Place(entry.raft_index, entry.segment, entry.offset)
        self._main, self._sub = self.revision + 1, 0
        self._flags = flags
        self._proofs.clear()
        if not entry.verified:
            self._flags |= DOUBTFUL
            self.numbering.doubt()
        for name, action in _ACTIONS.items():
            if request.HasField(name):
                action(self, getattr(request, name), request.header)
                break
        else:
            self._administer(request)
        if self._sub > 0:
            self.revision = self._main
        if not entry.verified:
            self.numbering.doubt()

    # --- requests -------------------------------------------------------------------------------

    def txn(self, request: Any, header: Any) -> None:
        """TxnRequest: compares, then the operations of one branch."""
        if self.auth.enabled and not self._permits_txn(request, header):
            return
        if self.alarms[Alarm.CORRUPT] or (self.alarms[Alarm.NOSPACE] and _has_put(request)):
            return
        operations: list[tuple[str, Any]] = []
        is_refused = self._entry.raft_index in self._refused
        if not self._choose(request, operations) or is_refused:
            _keep_puts(self.rows, self._entry, request, self._main, self._flags)
        if is_refused or not self._admits(operations):
            return
        for row in self._proofs:
            self.numbering.prove(row)
        for kind, operation in operations:
            if kind == "request_put":
                self._put(operation)
            elif kind == "request_delete_range":
                self._delete_range(operation)

    def put(self, request: Any, header: Any) -> None:
        """PutRequest outside a transaction."""
        if self.auth.enabled and not self._permits_put(request, header):
            return
        if self.alarms[Alarm.CORRUPT] or self.alarms[Alarm.NOSPACE]:
            return
        if self._admits_put(request):
            self._put(request)

    def delete_range(self, request: Any, header: Any) -> None:
        """DeleteRangeRequest outside a transaction."""
        if self.auth.enabled and not self._permits_delete(request, header):
            return
        if not self.alarms[Alarm.CORRUPT]:
            self._delete_range(request)

    def lease_grant(self, request: Any, _: Any) -> None:
        """LeaseGrantRequest: makes a lease, changes no key."""
        is_refused = self.alarms[Alarm.CORRUPT] or self.alarms[Alarm.NOSPACE]
        if not is_refused and request.ID != 0 and request.TTL <= MAX_LEASE_TTL:
            self.leases.setdefault(request.ID, set())

    def lease_revoke(self, request: Any, header: Any) -> None:
        """LeaseRevokeRequest, of a client or because the lease ran out: deletes its keys."""
        if self.alarms[Alarm.CORRUPT] or not self._permits_lease(request.ID, header):
            return
        keys = self.leases.pop(request.ID, None)
        for key in sorted(keys or ()):
            self._delete(key, self.keyspace.row(key))
        if not self.complete and (keys is None or request.ID in self._older_leases):
            # It may have held keys that the log never named; that it held any is likely.
            self.numbering.doubt()
            self._sub = max(self._sub, 1)
            self.known_from = max(self.known_from, self._main)

    def compaction(self, request: Any, _: Any) -> None:
        """CompactionRequest: changes no key."""
        if not self.alarms[Alarm.CORRUPT] and request.revision <= self.revision:
            self.compact_revision = max(self.compact_revision, request.revision)

    def alarm(self, request: Any, _: Any) -> None:
        """AlarmRequest: raises or disarms an alarm of one member."""
        members = self.alarms.get(request.alarm)
        if members is not None and request.action == 1:
            members.add(request.memberID)
        elif members is not None and request.action == 2:
            members.discard(request.memberID)

    def _administer(self, request: Any) -> None:
        """Requests that concern users, roles, members and versions, and reads."""
        for field, value in request.ListFields():
            if field.name.startswith("auth_") and self.auth.is_admin(request.header.username):
                self.auth.apply(field.name, value)

    # --- transactions ---------------------------------------------------------------------------

    def _choose(self, request: Any, operations: list[tuple[str, Any]]) -> bool:
        """Append the operations that a transaction carries out, those of nested ones included.

        All compares see the state before the transaction, so that the branches can be laid out
        flat. Nesting is bounded by protobuf, which refuses messages deeper than 100.

        Returns:
            Whether the compares hold.
        """
        holds = all(self._holds(compare) for compare in request.compare)
        for operation in request.success if holds else request.failure:
            kind = operation.WhichOneof("request")
            if kind == "request_txn":
                self._choose(operation.request_txn, operations)
            elif kind is not None:
                operations.append((kind, getattr(operation, kind)))
        return holds

    def _holds(self, compare: Any) -> bool:
        if compare.range_end:
            if not self.keyspace.complete:
                self.numbering.doubt()
            keys = self.keyspace.between(compare.key, compare.range_end)
            rows = [self.keyspace.row(key) for key in keys] or [ABSENT]
            return all(self._row_holds(compare, row) for row in rows)
        row = self._row(compare.key)
        if row == UNKNOWN:
            self.numbering.doubt()
            return True
        if compare.target == Target.MOD and compare.result == 0 and row >= 0:
            self._weigh(compare, row)
            row = self._row(compare.key)
        return row == UNKNOWN or self._row_holds(compare, row)

    def _row_holds(self, compare: Any, row: int) -> bool:
        relate = _RESULTS.get(compare.result, _any)
        if compare.target == Target.VALUE:
            return row != ABSENT and relate(self._value(row), compare.value)
        field = _TARGET_FIELDS.get(compare.target)
        given = getattr(compare, field) if field is not None else 0
        actual = self._number(compare.target, row)
        if actual == 0 and row != ABSENT and compare.target in (Target.VERSION, Target.CREATE):
            # The life of the key began before the log: believe what the client compared with.
            self.numbering.doubt()
            return True
        return bool(relate(actual, given))

    def _number(self, target: int, row: int) -> int:
        rows = self.rows
        if row == ABSENT:
            return 0
        columns = (rows.version, rows.create_revision, rows.main, None, rows.lease)
        column = columns[target] if 0 <= target < len(columns) else None
        return 0 if column is None else column[row]

    def _weigh(self, compare: Any, row: int) -> None:
        """What a compare of a mod revision says of the numbers given so far."""
        if self.rows.flags[row] & PRIOR:
            return
        stated, counted = compare.mod_revision, self.rows.main[row]
        if stated == counted:
            self._proofs.append(row)
        elif stated > 0 and self.numbering.is_doubtful(row):
            first = self.numbering.correct()
            self.revision += stated - counted
            self._main = self.revision + 1
            for doubtful in range(first, len(self.rows)):
                self.keyspace.forget(self.rows.keys[self.rows.key[doubtful]])
            self.known_from = max(self.known_from, self._main)

    def _admits(self, operations: list[tuple[str, Any]]) -> bool:
        """The checks that etcd makes before it carries out a transaction; all or nothing."""
        for kind, operation in operations:
            if kind == "request_put" and not self._admits_put(operation):
                return False
            if kind == "request_range" and operation.revision != 0:
                oldest = self.compact_revision
                if not oldest <= operation.revision <= self.revision:
                    return False
        return True

    def _admits_put(self, request: Any) -> bool:
        needs_key = request.ignore_value or request.ignore_lease
        if needs_key and self._row(request.key) == ABSENT:
            return False
        return request.lease == 0 or request.lease in self.leases or not self.complete

    # --- changes --------------------------------------------------------------------------------

    def _put(self, request: Any) -> None:
        key, lease, rows = request.key, request.lease, self.rows
        old = self._row(key)
        create_revision, version = (self._main, 1) if old == ABSENT else (0, 0)
        if old >= 0:
            create_revision, version = rows.create_revision[old], rows.version[old]
            version += version > 0
            self._detach(key, rows.lease[old])
        else:
            self._note_unknown(old)
        value = _place_of(self._entry, request.value)
        if request.ignore_value and old >= 0:
            value = rows.segment[old], rows.value_offset[old], rows.value_size[old]
        if request.ignore_lease and old >= 0:
            lease = rows.lease[old]
        row = rows.add(
            key, self._main, self._sub, self._place, create_revision=create_revision,
            version=version, lease=lease, value=value, flags=self._flags,
        )  # fmt: skip
        self._sub += 1
        self.keyspace.put(key, row)
        self._attach(key, lease)

    def _delete_range(self, request: Any) -> None:
        if not request.range_end:
            self._delete(request.key, self._row(request.key))
            return
        if not self.keyspace.complete:
            self.numbering.doubt()
            self.known_from = max(self.known_from, self._main)
        for key in self.keyspace.between(request.key, request.range_end):
            self._delete(key, self.keyspace.row(key))

    def _delete(self, key: bytes, row: int) -> None:
        if row == ABSENT:
            return
        if row >= 0:
            self._detach(key, self.rows.lease[row])
        else:
            self.numbering.doubt()
            self._note_unknown(row)
        flags = TOMBSTONE | self._flags
        self.rows.add(key, self._main, self._sub, self._place, flags=flags)
        self._sub += 1
        self.keyspace.remove(key)

    def _attach(self, key: bytes, lease: int) -> None:
        if lease != 0:
            if lease not in self.leases:
                self.leases[lease] = set()
                self._older_leases.add(lease)
            self.leases[lease].add(key)

    def _detach(self, key: bytes, lease: int) -> None:
        if lease != 0 and lease in self.leases:
            self.leases[lease].discard(key)

    def _note_unknown(self, row: int) -> None:
        """A key is changed of whose state before nothing is known."""
        if row == UNKNOWN:
            self.known_from = max(self.known_from, self._main)

    def _row(self, key: bytes) -> int:
        """The row of a key; the database is asked where the log does not know."""
        row = self.keyspace.row(key)
        if row != UNKNOWN or self._prior is None:
            return row
        state = self._prior.state(key, self.revision)
        if state is None:
            return UNKNOWN
        if state.row < 0:
            self.keyspace.remove(key)
            return ABSENT
        row = self.rows.add(
            key, state.main, state.sub, Place(0, PRIOR_SEGMENT, 0),
            create_revision=state.create_revision, version=state.version, lease=state.lease,
            value=(PRIOR_SEGMENT, state.row, state.value_size), flags=PRIOR,
        )  # fmt: skip
        self.keyspace.put(key, row)
        self._attach(key, state.lease)
        return row

    def _value(self, row: int) -> bytes:
        rows = self.rows
        if rows.segment[row] == PRIOR_SEGMENT:
            return b"" if self._prior is None else self._prior.value(rows.value_offset[row])
        return self._read(rows.segment[row], rows.value_offset[row], rows.value_size[row])

    # --- permissions ----------------------------------------------------------------------------

    def _permits(self, header: Any, key: bytes, end: bytes, wanted: int) -> bool:
        return self.auth.permits(header.username, header.auth_revision, key, end, wanted)

    def _permits_put(self, request: Any, header: Any) -> bool:
        return (
            self._permits(header, request.key, b"", WRITE)
            and self._permits_lease(request.lease, header)
            and (not request.prev_kv or self._permits(header, request.key, b"", READ))
        )

    def _permits_delete(self, request: Any, header: Any) -> bool:
        span = request.key, request.range_end
        return self._permits(header, *span, WRITE) and (
            not request.prev_kv or self._permits(header, *span, READ)
        )

    def _permits_lease(self, lease: int, header: Any) -> bool:
        """Who changes a lease must be allowed to write all keys that it holds."""
        if not self.auth.enabled or self.auth.is_admin(header.username):
            return True
        return all(self._permits(header, key, b"", WRITE) for key in self.leases.get(lease, ()))

    def _permits_txn(self, request: Any, header: Any) -> bool:
        """Both branches must be permitted, whichever is taken."""
        compares = all(
            self._permits(header, compare.key, compare.range_end, READ)
            for compare in request.compare
        )
        return compares and all(
            self._permits_operation(operation, header)
            for operation in (*request.success, *request.failure)
        )

    def _permits_operation(self, operation: Any, header: Any) -> bool:
        kind = operation.WhichOneof("request")
        if kind == "request_put":
            return self._permits(header, operation.request_put.key, b"", WRITE)
        if kind == "request_delete_range":
            return self._permits_delete(operation.request_delete_range, header)
        if kind == "request_range":
            wanted = operation.request_range
            return self._permits(header, wanted.key, wanted.range_end, READ)
        return kind is None or self._permits_txn(operation.request_txn, header)


_ACTIONS: dict[str, Callable[[Store, Any, Any], None]] = {
    "txn": Store.txn,
    "put": Store.put,
    "delete_range": Store.delete_range,
    "lease_grant": Store.lease_grant,
    "lease_revoke": Store.lease_revoke,
    "compaction": Store.compaction,
    "alarm": Store.alarm,
}
"""By field of InternalRaftRequest, the most frequent first."""


def _has_put(request: Any) -> bool:
    """Whether a transaction costs space: a put in either branch, nested ones not counted."""
    operations: Iterator[Any] = iter((*request.success, *request.failure))
    return any(operation.WhichOneof("request") == "request_put" for operation in operations)


def _any(_: Any, __: Any) -> bool:
    return True


def keep_attempts(rows: LogRows, entry: LoggedEntry, request: Any) -> None:
    """Add the puts of a request that was never committed, as rows without a revision."""
    if request.HasField("put"):
        _keep_put(rows, entry, request.put, 0, UNCOMMITTED)
    elif request.HasField("txn"):
        _keep_puts(rows, entry, request.txn, 0, UNCOMMITTED)


def _keep_puts(rows: LogRows, entry: LoggedEntry, txn: Any, main: int, flags: int) -> None:
    """The writes of a transaction that had no effect: they never came to be."""
    for operation in txn.success:
        if operation.WhichOneof("request") == "request_put":
            _keep_put(rows, entry, operation.request_put, main, flags)


def _keep_put(rows: LogRows, entry: LoggedEntry, put: Any, main: int, flags: int) -> None:
    place = Place(entry.raft_index, entry.segment, entry.offset)
    value = _place_of(entry, put.value)
    rows.add(put.key, main, 0, place, lease=put.lease, value=value, flags=flags | REFUSED)


def _place_of(entry: LoggedEntry, value: bytes) -> tuple[int, int, int]:
    """Where a value lies in the log. Any equal bytes of the record will do."""
    return entry.segment, entry.offset + 8 + max(entry.record.find(value), 0), len(value)
