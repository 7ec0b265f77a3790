"""Who writes, how much and when: the keys-only records of all revisions, as columns.

A ledger holds no values. It answers what exists at a revision, what was written in a range of
revisions, and which kinds, namespaces or keys take up the bytes.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from etcdpod.history.lost_tombstones import LEFT_OVER, is_left_over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    from etcdpod.records import Record, Trust

    Numbers = npt.NDArray[np.int64]

REVISION_KEY_BYTES = 17
"""Size in bytes of a revision as a key of etcd's bucket; a tombstone has one more."""


@dataclass(frozen=True)
class LedgerColumns:
    """The records read so far; row ``i`` of every column is the same revision."""

    key: Numbers
    """Which key, as an index into ``Ledger.keys``."""
    main: Numbers
    """Main revision, ascending."""
    gone: npt.NDArray[np.bool_]
    """The key does not exist after it: a tombstone, or a put whose deletion was compacted."""
    left_over: npt.NDArray[np.bool_]
    """Recovered from unreferenced space: not part of the database."""
    created: Numbers
    """Main revision at which this life of the key began; 0 for a tombstone."""
    stored: Numbers
    """Size in etcd's bucket in bytes, including the revision key."""

    @cached_property
    def by_key(self) -> tuple[Numbers, Numbers]:
        """Rows sorted by key, then revision, and the first row of each key."""
        order = np.argsort(self.key, kind="stable")
        count = int(self.key.max()) + 1 if len(self.key) else 0
        return order, np.searchsorted(self.key[order], np.arange(count + 1))


class Ledger:
    """The keys-only records of all kept revisions, in revision order; grows as records are read.

    One thread may add while others read.
    """

    def __init__(self, compact_revision: int = 0) -> None:
        self.compact_revision = compact_revision
        """Compact revision of the source; set it before adding records."""
        self.keys: list[bytes] = []
        """All keys, in order of first revision."""
        self.trust: Counter[Trust] = Counter()
        """Number of revisions by trust grade."""
        self._number: dict[bytes, int] = {}
        self._key, self._main, self._created, self._stored = (array("q") for _ in range(4))
        self._gone, self._left_over = bytearray(), bytearray()
        self._columns: LedgerColumns | None = None
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._gone)

    def add(self, records: Iterable[Record]) -> None:
        """Add records; they must be newer than all added so far."""
        keys: list[bytes] = []
        key, main, created, stored = (array("q") for _ in range(4))
        gone, left_over = bytearray(), bytearray()
        for record in records:
            number = self._number.get(record.key)
            if number is None:
                number = len(self.keys) + len(keys)
                self._number[record.key] = number
                keys.append(record.key)
            key.append(number)
            main.append(record.revision.main)
            created.append(record.create_revision)
            stored.append(stored_bytes(record))
            gone.append(record.tombstone or is_left_over(record, self.compact_revision))
            left_over.append(record.provenance.trust in LEFT_OVER)
            self.trust[record.provenance.trust] += 1
        with self._lock:
            self.keys += keys
            self._key += key
            self._main += main
            self._created += created
            self._stored += stored
            self._gone += gone
            self._left_over += left_over

    @property
    def columns(self) -> LedgerColumns:
        """All records added so far, as arrays."""
        columns = self._columns
        if columns is None or len(columns.main) < len(self):
            with self._lock:
                columns = self._columns = LedgerColumns(
                    key=np.array(self._key, dtype=np.int64),
                    main=np.array(self._main, dtype=np.int64),
                    gone=np.array(self._gone, dtype=np.bool_),
                    left_over=np.array(self._left_over, dtype=np.bool_),
                    created=np.array(self._created, dtype=np.int64),
                    stored=np.array(self._stored, dtype=np.int64),
                )
        return columns

    def number(self, key: bytes) -> int | None:
        """The index of a key; None if unknown."""
        return self._number.get(key)

    def before(self, revision: int | None) -> int:
        """Number of rows at or before a main revision; all rows for None."""
        return _before(self.columns, revision)

    def newest(self, at: int | None = None) -> Numbers:
        """The current row of each key at ``at``; -1 if it was not yet written."""
        columns = self.columns
        end = _before(columns, at)
        rows = np.full(len(self.keys), -1, dtype=np.int64)
        rows[columns.key[:end]] = np.arange(end)  # the last assignment wins
        return rows

    def kept(self, at: int | None = None) -> Numbers:
        """The number of revisions of each key kept up to ``at``, tombstones included."""
        columns = self.columns
        return np.bincount(columns.key[: _before(columns, at)], minlength=len(self.keys))

    def rows_of(self, number: int) -> Numbers:
        """The rows of one key, ascending."""
        if "by_key" not in vars(self.columns):  # sorting costs more than one scan
            return np.flatnonzero(self.columns.key == number)
        order, starts = self.columns.by_key
        if number + 1 >= len(starts):
            return np.zeros(0, dtype=np.int64)
        return order[starts[number] : starts[number + 1]]

    def revisions_of(self, key: bytes) -> list[int]:
        """The main revisions of one key, ascending; empty for an unknown one."""
        number = self.number(key)
        return [] if number is None else self.columns.main[self.rows_of(number)].tolist()


def _before(columns: LedgerColumns, revision: int | None) -> int:
    if revision is None:
        return len(columns.main)
    return int(np.searchsorted(columns.main, revision, "right"))


def stored_bytes(record: Record) -> int:
    """Bytes of a revision in etcd's bucket: its revision key and its encoded KeyValue."""
    key = len(record.key)
    total = REVISION_KEY_BYTES + 1 + _varint_bytes(key) + key
    if record.tombstone:
        return total + 1
    for number in (record.create_revision, record.revision.main, record.version, record.lease):
        if number:
            total += 1 + _varint_bytes(number)
    if record.value_size > 0:  # negative if a live etcd was asked for keys only
        total += 1 + _varint_bytes(record.value_size) + record.value_size
    return total


def _varint_bytes(number: int) -> int:
    return max((number & 0xFFFF_FFFF_FFFF_FFFF).bit_length() + 6, 7) // 7


def writes(ledger: Ledger, edges: Sequence[int], keys: Numbers | None = None) -> list[int]:
    """Number of revisions written from each edge up to, but excluding, the next.

    Args:
        ledger: the heads of the database.
        edges: main revisions, ascending; one more than there are slices.
        keys: count only revisions of these keys, given by index.
    """
    main = ledger.columns.main
    if keys is not None:
        main = main[np.isin(ledger.columns.key, keys)]
    counts: list[int] = np.diff(np.searchsorted(main, edges)).tolist()
    return counts


@dataclass(frozen=True, slots=True)
class Consumer:
    """The share of a database that one kind, namespace, key or writer takes."""

    name: str
    keys: int
    """Keys that exist or existed."""
    revisions: int
    """Revisions kept, tombstones included."""
    bytes: int
    """Their size in etcd's bucket in bytes; see ``stored_bytes``."""
    largest: int
    """Size of the largest in bytes."""
    first: int
    """Its oldest kept revision."""
    last: int


def consumers(
    ledger: Ledger, name_of: Callable[[bytes], str], *, since: int | None = None
) -> list[Consumer]:
    """The consumers of a database, most revisions first.

    Each revision counts once, so the totals are those of the database.

    Args:
        ledger: the keys-only records of the whole database.
        name_of: returns the consumer that a key is counted under.
        since: count only revisions from this one on.
    """
    names = [name_of(key) for key in ledger.keys]
    return grouped(ledger, _numbered(names, ledger.columns.key), since=since)


def grouped(
    ledger: Ledger, groups: tuple[list[str], Numbers], *, since: int | None = None
) -> list[Consumer]:
    """Like ``consumers`` for given groups: their names, and the group of each row."""
    names, group = groups
    columns = ledger.columns
    counted = ~columns.left_over
    counted[: 0 if since is None else ledger.before(since - 1)] = False
    group, key = group[counted], columns.key[counted]
    main, stored = columns.main[counted], columns.stored[counted]
    size = len(names)
    revisions = np.bincount(group, minlength=size)
    total = np.bincount(group, weights=stored, minlength=size).astype(np.int64)
    largest, first = np.zeros(size, np.int64), np.full(size, np.iinfo(np.int64).max)
    last = np.zeros(size, np.int64)
    np.maximum.at(largest, group, stored)
    np.minimum.at(first, group, main)
    np.maximum.at(last, group, main)
    pairs = np.unique(group * (len(ledger.keys) + 1) + key)
    keys = np.bincount(pairs // (len(ledger.keys) + 1), minlength=size)
    found = [
        Consumer(*values)
        for values in zip(
            names,
            *(part.tolist() for part in (keys, revisions, total, largest, first, last)),
            strict=True,
        )
        if values[2]
    ]
    return sorted(found, key=lambda one: (-one.revisions, -one.bytes, one.name))


def _numbered(names: Sequence[str], key: Numbers) -> tuple[list[str], Numbers]:
    """Distinct names, and the index of its key's name for each row of the ledger."""
    distinct = dict.fromkeys(names)
    number = {name: index for index, name in enumerate(distinct)}
    table = np.array([number[name] for name in names], dtype=np.int64)
    return list(distinct), table[key] if len(table) else key
