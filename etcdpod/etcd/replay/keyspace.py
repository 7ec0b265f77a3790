"""The keys that exist at one point of a replay, with range queries."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from etcdpod.etcd.replay.rows import ABSENT

if TYPE_CHECKING:
    from collections.abc import Mapping

FROM_KEY = b"\0"
"""A range end that means: all keys from the start on."""
MAX_UNSORTED = 1024


class Keyspace:
    """Key to row of its newest record; a key that is not listed does not exist."""

    def __init__(self) -> None:
        self._rows: dict[bytes, int] = {}
        self._sorted: list[bytes] = []
        self._unsorted: set[bytes] = set()
        """Keys added since ``_sorted`` was built."""

    def known(self) -> Mapping[bytes, int]:
        """The rows by key."""
        return self._rows

    def row(self, key: bytes) -> int:
        """The row of a key, or ABSENT."""
        return self._rows.get(key, ABSENT)

    def put(self, key: bytes, row: int) -> None:
        """Record that the key exists, with that row as its newest."""
        if key not in self._rows:
            self._unsorted.add(key)
        self._rows[key] = row

    def remove(self, key: bytes) -> None:
        """The key does not exist any more."""
        self._rows.pop(key, None)

    def between(self, key: bytes, range_end: bytes) -> list[bytes]:
        """The keys of etcd's range ``[key, range_end)`` that exist, ascending."""
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
