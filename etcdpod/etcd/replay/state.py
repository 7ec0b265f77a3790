"""The state at one point of a replay: keys, leases, and what a database knows of earlier state."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from etcdpod.etcd.replay.keyspace import Keyspace
from etcdpod.etcd.replay.rows import ABSENT, PRIOR, PRIOR_SEGMENT, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.etcd.replay.rows import LogRows


class PriorState(NamedTuple):
    """A database's knowledge of a key at a revision before the log touched it."""

    row: int
    """Row of the database; -1 if the key did not exist."""
    main: int = 0
    sub: int = 0
    create_revision: int = 0
    version: int = 0
    lease: int = 0
    value_size: int = 0


class Prior(Protocol):
    """A database that supplies what the log does not contain."""

    def state(self, key: bytes, revision: int) -> PriorState | None:
        """The state of ``key`` at ``revision``; None if the database cannot determine it."""

    def value(self, row: int) -> bytes:
        """The value of one of the database's rows."""

    def changes(self, revision: int) -> dict[bytes, bytes | None] | None:
        """What one main revision changed: keys with their values, None for a deletion.

        None if the database cannot determine it.
        """

    def locate(self, key: bytes, value: bytes, near: int) -> int | None:
        """The only main revision near ``near`` that put exactly this value; None if not unique."""

    def has_near(self, key: bytes, revision: int) -> bool:
        """Whether the database has revisions of this key near that main revision."""


class State:
    """Keys and leases while a log is applied.

    Args:
        rows: the rows to which revisions are added.
        read: reads ``(segment, offset, size)`` of the log.
        complete: nothing exists or existed that is not in the log.
        prior: the database's knowledge of earlier state.
    """

    def __init__(
        self,
        rows: LogRows,
        read: Callable[[int, int, int], bytes],
        *,
        complete: bool,
        prior: Prior | None,
    ) -> None:
        self.rows = rows
        self.complete = complete
        self.prior = prior
        self.keyspace = Keyspace(complete=complete)
        self.leases: dict[int, set[bytes]] = {}
        """The keys of each lease."""
        self.older_leases: set[int] = set()
        """Leases that were granted before the log starts: they may have further keys."""
        self._lease_of: dict[bytes, int] = {}
        self._read = read

    def row(self, key: bytes, revision: int | None) -> int:
        """The row of a key at ``revision``, ABSENT or UNKNOWN.

        The database is consulted if the log does not know, unless the revision is unknown too.
        """
        row = self.keyspace.row(key)
        if row != UNKNOWN or self.prior is None or revision is None:
            return row
        state = self.prior.state(key, revision)
        if state is None:
            return UNKNOWN
        if state.row < 0:
            self.keyspace.remove(key)
            return ABSENT
        row = self.rows.add(
            key, (state.main, state.sub), (0, PRIOR_SEGMENT, 0),
            (PRIOR_SEGMENT, state.row, state.value_size),
            life=(state.create_revision, state.version), lease=state.lease, flags=PRIOR,
        )  # fmt: skip
        self.keyspace.put(key, row)
        self.attach(key, state.lease)
        return row

    def value(self, row: int) -> bytes:
        """The value of a row."""
        rows = self.rows
        segment = rows.value_segment[row]
        if segment == PRIOR_SEGMENT:
            return b"" if self.prior is None else self.prior.value(rows.value_offset[row])
        return self._read(segment, rows.value_offset[row], rows.value_size[row])

    def forget(self, rows: range) -> None:
        """Forget the state of the keys last written by rows whose numbers are uncertain."""
        for row in rows:
            key = self.rows.keys[self.rows.key[row]]
            known = self.keyspace.row(key), self.keyspace.stale_row(key)
            if row in known or ABSENT in known:
                self.keyspace.forget(key)

    def taint(self) -> None:
        """Mark keys and leases as possibly stale, after a request of unknown content."""
        self.keyspace.taint()
        self.complete = False
        self.older_leases.update(self.leases)

    def grant(self, lease: int) -> None:
        """Record that the lease exists."""
        self.leases.setdefault(lease, set())

    def attach(self, key: bytes, lease: int) -> None:
        """Attach the key to a lease, unless that is 0."""
        if lease == 0:
            return
        if lease not in self.leases:
            self.leases[lease] = set()
            self.older_leases.add(lease)
        self.leases[lease].add(key)
        self._lease_of[key] = lease

    def detach(self, key: bytes) -> None:
        """Detach the key from its lease."""
        if not self._lease_of:
            return
        lease = self._lease_of.pop(key, 0)
        if lease in self.leases:
            self.leases[lease].discard(key)
