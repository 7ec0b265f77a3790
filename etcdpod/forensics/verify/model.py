"""What a check is given, and what it finds."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.connectors.capabilities import FileBacked, Hashing, Logged, capable
from etcdpod.records import Severity, Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etcdpod.connectors.base import Connector
    from etcdpod.connectors.disk.datadir_log import ReplayedLog
    from etcdpod.connectors.live.hashes import HashComparison
    from etcdpod.damage import DamageCode
    from etcdpod.etcd.mvcc.store import Store
    from etcdpod.history.lives import Registry
    from etcdpod.records import Record

SEARCH_SECONDS = 30.0
"""What all searches for repairs together may take."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One bit that, set right, makes a defect go. Proposed, never carried out."""

    offset: int
    """Byte offset in the file."""
    bit: int
    """0 is the lowest."""
    before: int
    """The byte as it is."""
    proof: str
    """What speaks for it, in a clause."""
    proven: bool = False
    """A checksum is right with it."""

    @property
    def after(self) -> int:
        """The byte as it should be."""
        return self.before ^ (1 << self.bit)

    def __str__(self) -> str:
        change = f"byte {self.offset}: 0x{self.before:02x} → 0x{self.after:02x} (bit {self.bit})"
        return f"{change}, {self.proof}"


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is not as it must be."""

    check: str
    """Name of the check that found it."""
    where: str
    """The file, with page and offset as text."""
    what: str
    """What is wrong, in a sentence."""
    consequence: str
    """What it costs whoever uses the file."""
    severity: Severity = Severity.WARNING
    code: DamageCode | None = None
    """Of the damage that the defect was made from; None where a check of its own found it."""
    page: int | None = None
    offset: int | None = None
    """Byte offset in the file."""
    key: bytes | None = None
    revision: str = ""
    path: str = ""
    """Field of the object, where one is concerned."""
    repairs: tuple[Repair, ...] = ()
    """One is a proposal; several are candidates."""
    is_searched: bool = True
    """Whether a flipped bit can be behind it at all."""

    @property
    def is_damage(self) -> bool:
        """Whether it counts; an oddity that costs nothing does not."""
        return self.severity is not Severity.NOTE


class Check(NamedTuple):
    """One check of the tuple of all."""

    name: str
    """A word: ``order``."""
    asks: str
    """What it asks, for people."""
    run: Callable[[VerifiedSource], Iterator[Defect]]
    obstacle: Callable[[VerifiedSource], str]
    """Why the source cannot be asked that, in a clause; empty where it can. Asked afterwards."""


@dataclass
class VerifiedSource:
    """A source that is verified.

    Args:
        registry: the source, read through a decoder.
        time_limit: seconds for all searches for repairs.
        progress: told how many bytes of the file are looked through, and of how many.
    """

    registry: Registry
    time_limit: float = SEARCH_SECONDS
    progress: Callable[[int, int], None] | None = None
    sealed: int = field(default=0, init=False)
    """Encrypted values that could not be looked into, so far."""
    _until: float | None = field(default=None, init=False)
    _hashes: HashComparison | None = field(default=None, init=False)
    _size: int | None = field(default=None, init=False)

    @property
    def connector(self) -> Connector:
        """Where records come from."""
        return self.registry.connector

    @property
    def store(self) -> Store | None:
        """The database file; None for a live etcd."""
        file = capable(self.connector, FileBacked)
        return None if file is None else file.store

    @property
    def log(self) -> ReplayedLog | None:
        """The write-ahead log; None where there is none."""
        source = capable(self.connector, Logged)
        return None if source is None else source.log

    @property
    def is_live(self) -> bool:
        """Whether it is a running etcd, of which only answers can be had."""
        return capable(self.connector, Hashing) is not None

    @property
    def hashes(self) -> HashComparison | None:
        """HashKV of the members of a running etcd, asked for once; None for a file."""
        if self._hashes is None and self.is_live:
            self._hashes = self.connector.hash_members()  # type: ignore[attr-defined]
        return self._hashes

    def tell(self, done: int, whole: int) -> None:
        """Report that so many of the records are looked through."""
        size = self.connector.info().size if self._size is None else self._size
        self._size = size
        if self.progress is not None and whole > 0:
            self.progress(size * min(done, whole) // whole, size)

    def seconds_left(self) -> float:
        """What is left for searches; counts from the first time it is asked."""
        if self._until is None:
            self._until = time.monotonic() + self.time_limit
        return self._until - time.monotonic()

    def value_offset(self, record: Record) -> int | None:
        """Byte offset in the database file of a record's value; None if it is not read there."""
        store = self.store
        if store is None or record.provenance.trust is not Trust.VOUCHED:
            return None
        rows = store.index.rows
        start = int(np.searchsorted(rows.main, record.revision.main))
        for row in range(start, len(rows.main)):
            if int(rows.main[row]) != record.revision.main:
                return None
            if int(rows.sub[row]) == record.revision.sub:
                return int(rows.value_offset[row])
        return None
