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
from etcdpod.etcd.replay.backend_oracle import Witness, is_among
from etcdpod.etcd.replay.keyspace import in_range
from etcdpod.etcd.replay.numbering import Numbering
from etcdpod.etcd.replay.rows import (
    ABSENT,
    DOUBTFUL,
    TOMBSTONE,
    UNKNOWN,
    LogRows,
)
from etcdpod.etcd.replay.state import State
from etcdpod.etcd.replay.txn_evaluator import Judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from etcdpod.etcd.replay.backend_oracle import Operations
    from etcdpod.etcd.replay.state import Prior
    from etcdpod.etcd.wal.columns import LoggedEntry

MAX_LEASE_TTL = 9_000_000_000
"""Maximum TTL in seconds; a grant with a longer TTL is refused."""


class Applier:
    """Applies requests one by one.

    Args:
        rows: the rows to which revisions are added.
        read: reads ``(segment, offset, size)`` of the log.
        revision: the current revision before the first entry; 1 for an empty store.
        complete: the store is empty at the start; otherwise ``prior`` is consulted.
        prior: the database's knowledge of earlier state.
    """

    def __init__(
        self,
        rows: LogRows,
        read: Callable[[int, int, int], bytes],
        *,
        revision: int = 1,
        complete: bool = True,
        prior: Prior | None = None,
    ) -> None:
        self.rows = rows
        self.revision = revision
        self.compact_revision = -1
        self.state = State(rows, read, complete=complete, prior=prior)
        self.numbering = Numbering(rows, known=complete)
        self.auth = AuthStore()
        self.alarms = Alarms()
        self._judge = Judge(self.state, self.numbering)
        self._witness = Witness(prior, self.numbering)
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
        self._judge.begin(self.revision)
        if not entry.verified:
            self._flags |= DOUBTFUL
            self.numbering.doubt(wild=True)
        for name, action in _ACTIONS:
            if request.HasField(name):
                action(self, getattr(request, name), request)
                break
        else:
            self._administer(request)
        if self._sub > 0:
            self.revision = self._main
        if not entry.verified:
            self.state.taint()

    def txn(self, request: Any, whole: Any) -> None:
        """TxnRequest: compares, then the operations of one branch."""
        if self.auth.enabled and not self._permissions.txn(request, whole.header):
            return
        if self.alarms.is_corrupt or (self.alarms.is_full and costs_space(request)):
            return
        is_located = self._witness.is_needed and self._locate(
            operation.request_put
            for operation in request.success
            if operation.WhichOneof("request") == "request_put"
        )
        operations: Operations = []
        holds = self._choose(request, operations, is_located=is_located)
        if self._judge.correction:
            self._renumber(self._judge.correction)
        if self._judge.is_unsure and not is_located and not self._is_carried_out(operations):
            holds = False
            operations.clear()
        if not holds:
            keep_refused(self.rows, self._entry, request, self._main, self._flags)
        if not self._admits(operations):
            return
        for row in self._judge.proven:
            self.state.forget(self.numbering.prove(row))
        self._carry_out(operations)

    def put(self, request: Any, whole: Any) -> None:
        """PutRequest outside a transaction."""
        if self.auth.enabled and not self._permissions.put(request, whole.header):
            return
        if self.alarms.is_corrupt or self.alarms.is_full:
            return
        if self._witness.is_needed:
            self._locate([request])
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
        state = self.state
        keys = state.leases.pop(request.ID, None)
        if not state.complete and (keys is None or request.ID in state.older_leases):
            self._delete_untold(lambda key: self._lease(key) in (0, request.ID), keys or ())
            return
        for key in sorted(keys or ()):
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

    def _choose(self, request: Any, operations: Operations, *, is_located: bool = False) -> bool:
        """Append the operations that a transaction executes, nested transactions included.

        All compares see the state before the transaction, so branches can be flattened. Nesting is
        bounded by protobuf, which rejects messages nested deeper than 100 levels.

        Returns:
            Whether the compares hold.
        """
        holds = all(map(self._judge.holds, request.compare)) or is_located
        for operation in request.success if holds else request.failure:
            kind = operation.WhichOneof("request")
            if kind == "request_txn":
                self._choose(operation.request_txn, operations)
            elif kind is not None:
                operations.append((kind, getattr(operation, kind)))
        return holds

    def _admits(self, operations: Operations) -> bool:
        """The checks that etcd makes before it executes a transaction; all must pass."""
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
        state, is_untold = self.state, False
        if request.ignore_value or request.ignore_lease:
            row = self._row(request.key)
            if row == ABSENT:
                return False
            if row == UNKNOWN:
                is_untold = True
                # The row's stored state of the key is not known either.
                self._flags |= DOUBTFUL
        if request.lease != 0 and request.lease not in state.leases:
            if state.complete:
                return False
            is_untold = True
        return not is_untold or self._is_put(request.key)

    def _is_put(self, key: bytes) -> bool:
        """Whether a put was executed whose outcome the log does not determine."""
        told = self._witness.told(self._main)
        if told is None:
            self.numbering.doubt()
            return True
        return told.get(key) is not None

    def _carry_out(self, operations: Operations) -> None:
        for kind, operation in operations:
            if kind == "request_put":
                self._put(operation)
            elif kind == "request_delete_range":
                self._delete_range(operation)

    def _is_carried_out(self, operations: Operations) -> bool:
        """Whether operations that depend on an undecided compare were executed.

        Decided by the database if it has the revision; otherwise assumed, and marked as doubtful.
        """
        told = self._witness.told(self._main)
        if told is None:
            self.numbering.doubt()
            return True
        return is_among(operations, told)

    def _locate(self, puts: Iterable[Any]) -> bool:
        """Correct a doubtful revision count by looking up ``puts`` in the database.

        Returns:
            Whether the database holds a write of one of ``puts``, so that the request was executed.
        """
        main = self._witness.located(puts, self._main)
        if main is not None:
            self._renumber(main - self._main)
            self.state.forget(self.numbering.prove(len(self.rows)))
        return main is not None

    def _renumber(self, difference: int) -> None:
        """Correct the count by ``difference``; forget state that depends on the wrong count."""
        if difference != 0:
            self.state.forget(range(self.numbering.correct(), len(self.rows)))
            self.revision += difference
            self._main = self.revision + 1
            # The database is queried for a key's state by revision.
            self._judge.renumber(self.revision)

    def _delete_untold(self, is_concerned: Callable[[bytes], bool], known: Iterable[bytes]) -> None:
        """Delete keys that the log does not name: those in a range, or attached to an older lease.

        Args:
            is_concerned: whether a key is in that range or lease.
            known: the affected keys that are known from the log.
        """
        told = self._witness.told(self._main)
        if told is not None:
            for key, value in sorted(told.items()):
                if value is None and is_concerned(key):
                    self._delete(key)
            return
        self.numbering.doubt()
        # There may be others in between: their order within the transaction is unknown.
        self._flags |= DOUBTFUL
        for key in sorted(known):
            self._delete(key)
        # There probably were some: a lease is not granted for nothing.
        self._sub = max(self._sub, 1)

    def _lease(self, key: bytes) -> int:
        row = self._row(key)
        return self.rows.lease[row] if row >= 0 else 0

    def _row(self, key: bytes) -> int:
        return self.state.row(key, self.revision if self.numbering.is_sure else None)

    def _put(self, request: Any) -> None:
        key, lease, rows = request.key, request.lease, self.rows
        old = self._row(key)
        if old == UNKNOWN and key in self._judge.absent:
            old = ABSENT
        life = (self._main, 1) if old == ABSENT else (0, 0)
        value = value_place(self._entry, request.value)
        if old >= 0:
            version = rows.version[old]
            life = rows.create_revision[old], version + (version > 0)
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
        elif not self.state.keyspace.complete:
            known = self.state.keyspace.between(request.key, request.range_end)
            self._delete_untold(lambda key: in_range(key, request.key, request.range_end), known)
        else:
            for key in self.state.keyspace.between(request.key, request.range_end):
                self._delete(key)

    def _delete(self, key: bytes) -> None:
        row = self._row(key)
        if row == ABSENT:
            return
        if row == UNKNOWN and self._witness.told(self._main) is None:
            self.numbering.doubt()
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
