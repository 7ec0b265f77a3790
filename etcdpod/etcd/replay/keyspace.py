"""The keys that exist at one point of a replay, with range queries."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from etcdpod.etcd.replay.rows import ABSENT, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

FROM_KEY = b"\0"
"""A range end that means: all keys from the start on."""
MAX_UNSORTED = 1024


class Keyspace:
    """Maps each key to the row of its newest record.

    Args:
        complete: a key that is not listed does not exist; otherwise its state is unknown.
    """

    def __init__(self, *, complete: bool) -> None:
        self.complete = complete
        self._missing = ABSENT if complete else UNKNOWN
        self._rows: dict[bytes, int] = {}
        self._stale: dict[bytes, int] = {}
        """What was known before a request of unknown content."""
        self._sorted: list[bytes] = []
        self._unsorted: set[bytes] = set()
        """Keys added since ``_sorted`` was built."""

    def known(self) -> tuple[Mapping[bytes, int], int]:
        """The mapping behind ``row``: the rows by key, and the result for all other keys."""
        return self._rows, self._missing

    def row(self, key: bytes) -> int:
        """The row of a key, ABSENT or UNKNOWN."""
        return self._rows.get(key, self._missing)

    def stale_row(self, key: bytes) -> int:
        """The row of a key before ``taint``, if the key has not been changed since; or UNKNOWN."""
        return self._stale.get(key, UNKNOWN)

    def put(self, key: bytes, row: int) -> None:
        """Record that the key exists, with that row as its newest."""
        if key not in self._rows:
            self._unsorted.add(key)
        self._rows[key] = row
        self._stale.pop(key, None)

    def remove(self, key: bytes) -> None:
        """Record that the key does not exist."""
        if self.complete:
            self._rows.pop(key, None)
        else:
            self._rows[key] = ABSENT
            self._stale.pop(key, None)

    def forget(self, key: bytes) -> None:
        """Mark the state of the key as unknown."""
        self._rows.pop(key, None)
        self._stale.pop(key, None)
        self.complete = False
        self._missing = UNKNOWN

    def taint(self) -> None:
        """Mark all known state as possibly stale, after a request of unknown content."""
        self._stale.update(self._rows)
        self._rows.clear()
        self._sorted.clear()
        self._unsorted.clear()
        self.complete = False
        self._missing = UNKNOWN

    def between(self, key: bytes, range_end: bytes) -> list[bytes]:
        """The keys known to exist in etcd's range ``[key, range_end)``, ascending."""
        if len(self._unsorted) > MAX_UNSORTED:
            # The input is nearly sorted, so this is about linear.
            self._sorted = sorted({*self._sorted, *self._unsorted} & self._rows.keys())
            self._unsorted.clear()
        start = bisect_left(self._sorted, key)
        is_open = range_end == FROM_KEY
        stop = len(self._sorted) if is_open else bisect_left(self._sorted, range_end)
        fresh = {other for other in self._unsorted if in_range(other, key, range_end)}
        found = fresh.union(self._sorted[start:stop])
        return sorted(other for other in found if self._rows.get(other, ABSENT) >= 0)


def in_range(key: bytes, begin: bytes, range_end: bytes) -> bool:
    """Whether ``key`` lies in etcd's range ``[begin, range_end)``, which must not be empty."""
    return key >= begin and (range_end == FROM_KEY or key < range_end)
