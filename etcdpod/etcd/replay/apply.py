"""Applies logged requests as etcd does, so that each gets the revision that it had on the server.

The rules are those of etcd's apply loop: a request takes at most one main revision, only if it
changes something, and its changes are numbered from sub 0. A refused request leaves no trace in
the log except itself, so leases, alarms and permissions are tracked as well.

References:
    https://github.com/etcd-io/etcd/blob/main/server/etcdserver/txn/txn.go
    https://github.com/etcd-io/etcd/blob/main/server/etcdserver/apply/uber_applier.go
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.etcd.replay.alarms import Alarms, costs_space
from etcdpod.etcd.replay.attempts import keep_refused, place_of, value_place
from etcdpod.etcd.replay.auth import AuthStore, Permissions
from etcdpod.etcd.replay.rows import ABSENT, TOMBSTONE, LogRows
from etcdpod.etcd.replay.state import MAX_LEASE_TTL, State
from etcdpod.etcd.replay.txn_evaluator import holds

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.etcd.wal.columns import LoggedEntry


class Applier:
    """Carries out requests one by one, from the first one of a cluster on.

    Args:
        rows: the rows to which revisions are added.
        read: reads ``(segment, offset, size)`` of the log.
    """

    def __init__(
        self,
        rows: LogRows,
        read: Callable[[int, int, int], bytes],
    ) -> None:
        self.rows = rows
        self.revision = self.committed_revision = 1
        self.compact_revision = -1
        self.state = State(rows, read)
        self.auth = AuthStore()
        self.alarms = Alarms()
        self._permissions = Permissions(self.auth, self.state.leases)
        self._entry: LoggedEntry
        self._main = self._sub = self._flags = 0

    @property
    def is_guarded(self) -> bool:
        """Whether a request's outcome depends on more than the state of the keys."""
        return self.auth.enabled or self.alarms.is_corrupt or self.alarms.is_full

    def apply(self, entry: LoggedEntry, request: Any, flags: int = 0) -> None:
        """Apply the request of one entry; ``flags`` are set on every row that it adds."""
        self._entry = entry
        self._main, self._sub = self.revision + 1, 0
        self._flags = flags
        for name, action in _ACTIONS:
            if request.HasField(name):
                action(self, getattr(request, name), request)
                break
        else:
            self._administer(request)
        if self._sub > 0:
            self.revision = self._main

    def txn(self, request: Any, whole: Any) -> None:
        """TxnRequest: compares, then the operations of one branch."""
        if self.auth.enabled and not self._permissions.txn(request, whole.header):
            return
        if self.alarms.is_corrupt or (self.alarms.is_full and costs_space(request)):
            return
        operations: list[tuple[str, Any]] = []
        if not self._choose(request, operations):
            keep_refused(self.rows, self._entry, request, self._main, self._flags)
        if self._admits(operations):
            self._carry_out(operations)

    def put(self, request: Any, whole: Any) -> None:
        """PutRequest outside a transaction."""
        if self.auth.enabled and not self._permissions.put(request, whole.header):
            return
        if self.alarms.is_corrupt or self.alarms.is_full:
            return
        if self._admits_put(request):
            self._put(request)

    def delete_range(self, request: Any, whole: Any) -> None:
        """DeleteRangeRequest outside a transaction."""
        if self.auth.enabled and not self._permissions.delete_range(request, whole.header):
            return
        if not self.alarms.is_corrupt:
            self._delete_range(request)

    def lease_grant(self, request: Any, _: Any) -> None:
        """LeaseGrantRequest: creates a lease, changes no key."""
        is_refused = self.alarms.is_corrupt or self.alarms.is_full
        if not is_refused and request.ID != 0 and request.TTL <= MAX_LEASE_TTL:
            self.state.grant(request.ID)

    def lease_revoke(self, request: Any, whole: Any) -> None:
        """LeaseRevokeRequest, from a client or on expiry of the lease: deletes its keys."""
        if self.alarms.is_corrupt or not self._permissions.lease(request.ID, whole.header):
            return
        for key in sorted(self.state.leases.pop(request.ID, ())):
            self._delete(key)

    def compaction(self, request: Any, _: Any) -> None:
        """CompactionRequest: changes no key."""
        if not self.alarms.is_corrupt and request.revision <= self.revision:
            self.compact_revision = max(self.compact_revision, request.revision)

    def alarm(self, request: Any, _: Any) -> None:
        """AlarmRequest: raises or disarms an alarm for one member."""
        self.alarms.apply(request)

    def _administer(self, request: Any) -> None:
        """Requests that concern users, roles, members and versions, and reads."""
        for field, value in request.ListFields():
            if field.name.startswith("auth_") and self.auth.is_admin(request.header.username):
                self.auth.apply(field.name, value)

    def _choose(self, request: Any, operations: list[tuple[str, Any]]) -> bool:
        """Append the operations that a transaction carries out, those of nested ones included.

        All compares see the state before the transaction, so branches can be flattened. Nesting is
        bounded by protobuf, which rejects messages nested deeper than 100 levels.

        Returns:
            Whether the compares hold.
        """
        is_chosen = all(holds(compare, self.state) for compare in request.compare)
        for operation in request.success if is_chosen else request.failure:
            kind = operation.WhichOneof("request")
            if kind == "request_txn":
                self._choose(operation.request_txn, operations)
            elif kind is not None:
                operations.append((kind, getattr(operation, kind)))
        return is_chosen

    def _admits(self, operations: list[tuple[str, Any]]) -> bool:
        """The checks that etcd makes before it carries out a transaction; all or nothing."""
        for kind, operation in operations:
            if kind == "request_put" and not self._admits_put(operation):
                return False
            if (
                kind == "request_range"
                and operation.revision != 0
                and not self.compact_revision <= operation.revision <= self.revision
            ):
                return False
        return True

    def _admits_put(self, request: Any) -> bool:
        state = self.state
        keeps = request.ignore_value or request.ignore_lease
        if keeps and state.keyspace.row(request.key) == ABSENT:
            return False
        return request.lease == 0 or request.lease in state.leases

    def _carry_out(self, operations: list[tuple[str, Any]]) -> None:
        for kind, operation in operations:
            if kind == "request_put":
                self._put(operation)
            elif kind == "request_delete_range":
                self._delete_range(operation)

    def _put(self, request: Any) -> None:
        key, lease, rows = request.key, request.lease, self.rows
        old = self.state.keyspace.row(key)
        life = self._main, 1
        value = value_place(self._entry, request.value)
        if old >= 0:
            life = rows.create_revision[old], rows.version[old] + 1
            if request.ignore_value:
                value = rows.value_segment[old], rows.value_offset[old], rows.value_size[old]
            if request.ignore_lease:
                lease = rows.lease[old]
        self.state.detach(key)
        row = rows.add(
            key, (self._main, self._sub), place_of(self._entry), value,
            older=old, life=life, lease=lease, flags=self._flags,
        )  # fmt: skip
        self._sub += 1
        self.state.keyspace.put(key, row)
        self.state.attach(key, lease)

    def _delete_range(self, request: Any) -> None:
        if not request.range_end:
            self._delete(request.key)
        else:
            for key in self.state.keyspace.between(request.key, request.range_end):
                self._delete(key)

    def _delete(self, key: bytes) -> None:
        row = self.state.keyspace.row(key)
        if row == ABSENT:
            return
        self.state.detach(key)
        revision, flags = (self._main, self._sub), TOMBSTONE | self._flags
        self.rows.add(key, revision, place_of(self._entry), older=row, flags=flags)
        self._sub += 1
        self.state.keyspace.remove(key)


_ACTIONS: tuple[tuple[str, Callable[[Applier, Any, Any], None]], ...] = (
    ("txn", Applier.txn),
    ("put", Applier.put),
    ("delete_range", Applier.delete_range),
    ("lease_grant", Applier.lease_grant),
    ("lease_revoke", Applier.lease_revoke),
    ("compaction", Applier.compaction),
    ("alarm", Applier.alarm),
)
"""By field of InternalRaftRequest, most frequent first."""
