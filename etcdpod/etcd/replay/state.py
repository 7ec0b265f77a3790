"""What exists at one moment of a replay: keys and leases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.etcd.replay.keyspace import Keyspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.etcd.replay.rows import LogRows


MAX_LEASE_TTL = 9_000_000_000
"""Maximum TTL in seconds; a grant with a longer TTL is refused."""


class State:
    """Keys and leases while a log is applied.

    Args:
        rows: the rows to which revisions are added.
        read: reads ``(segment, offset, size)`` of the log.
    """

    def __init__(self, rows: LogRows, read: Callable[[int, int, int], bytes]) -> None:
        self.rows = rows
        self.keyspace = Keyspace()
        self.leases: dict[int, set[bytes]] = {}
        """Keys of each lease."""
        self._lease_of: dict[bytes, int] = {}
        self._read = read

    def value(self, row: int) -> bytes:
        """The value of a row."""
        rows = self.rows
        return self._read(rows.value_segment[row], rows.value_offset[row], rows.value_size[row])

    def grant(self, lease: int) -> None:
        """Record that the lease exists."""
        self.leases.setdefault(lease, set())

    def attach(self, key: bytes, lease: int) -> None:
        """Attach the key to a lease, unless that is 0."""
        if lease == 0:
            return
        self.leases.setdefault(lease, set()).add(key)
        self._lease_of[key] = lease

    def detach(self, key: bytes) -> None:
        """Detach the key from its lease."""
        if not self._lease_of:
            return
        lease = self._lease_of.pop(key, 0)
        if lease in self.leases:
            self.leases[lease].discard(key)
