"""Input and results of checks."""

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
"""Total time limit in seconds for all repair searches."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A bit flip that repairs a defect. Proposed, never applied."""

    offset: int
    """Byte offset in the file."""
    bit: int
    """Bit number; 0 is the lowest."""
    before: int
    """The current byte."""
    proof: str
    """The reason for it, as a clause."""
    proven: bool = False
    """Confirmed by a checksum."""

    @property
    def after(self) -> int:
        """The repaired byte."""
        return self.before ^ (1 << self.bit)

    def __str__(self) -> str:
        change = f"byte {self.offset}: 0x{self.before:02x} → 0x{self.after:02x} (bit {self.bit})"
        return f"{change}, {self.proof}"


@dataclass(frozen=True, slots=True)
class Defect:
    """A defect found by a check."""

    check: str
    """Name of the check."""
    where: str
    """The file, with page and offset as text."""
    what: str
    """What is wrong, in a sentence."""
    consequence: str
    """Its impact on users of the file."""
    severity: Severity = Severity.WARNING
    code: DamageCode | None = None
    """Code of the damage that it was made from; None if found by a check itself."""
    page: int | None = None
    offset: int | None = None
    """Byte offset in the file."""
    key: bytes | None = None
    revision: str = ""
    path: str = ""
    """Field of the object, if any."""
    repairs: tuple[Repair, ...] = ()
    """One is a proposal; several are candidates."""
    is_searched: bool = True
    """Whether a flipped bit can be the cause."""

    @property
    def is_damage(self) -> bool:
        """Whether it is damage rather than a harmless anomaly."""
        return self.severity is not Severity.NOTE


class Check(NamedTuple):
    """An integrity check."""

    name: str
    """One word: ``order``."""
    asks: str
    """A description of what it checks."""
    run: Callable[[VerifiedSource], Iterator[Defect]]
    obstacle: Callable[[VerifiedSource], str]
    """Why it does not apply to the source, as a clause; empty if it does. Called after it."""


@dataclass
class VerifiedSource:
    """A source being verified.

    Args:
        registry: the source.
        time_limit: total seconds for all repair searches.
        progress: called with the bytes of the file checked so far, and the total.
    """

    registry: Registry
    time_limit: float = SEARCH_SECONDS
    progress: Callable[[int, int], None] | None = None
    sealed: int = field(default=0, init=False)
    """Number of encrypted values that could not be checked so far."""
    _until: float | None = field(default=None, init=False)
    _hashes: HashComparison | None = field(default=None, init=False)
    _size: int | None = field(default=None, init=False)

    @property
    def connector(self) -> Connector:
        """The connector of the source."""
        return self.registry.connector

    @property
    def store(self) -> Store | None:
        """The database file; None for a live etcd."""
        file = capable(self.connector, FileBacked)
        return None if file is None else file.store

    @property
    def log(self) -> ReplayedLog | None:
        """The write-ahead log; None if there is none."""
        source = capable(self.connector, Logged)
        return None if source is None else source.log

    @property
    def is_live(self) -> bool:
        """Whether it is a running etcd, whose files cannot be read."""
        return capable(self.connector, Hashing) is not None

    @property
    def hashes(self) -> HashComparison | None:
        """HashKV of the members of a running etcd, cached; None for a file."""
        if self._hashes is None and self.is_live:
            self._hashes = self.connector.hash_members()  # type: ignore[attr-defined]
        return self._hashes

    def tell(self, done: int, whole: int) -> None:
        """Report the number of records checked."""
        size = self.connector.info().size if self._size is None else self._size
        self._size = size
        if self.progress is not None and whole > 0:
            self.progress(size * min(done, whole) // whole, size)

    def seconds_left(self) -> float:
        """Seconds left for searches; counts from the first call."""
        if self._until is None:
            self._until = time.monotonic() + self.time_limit
        return self._until - time.monotonic()

    def value_offset(self, record: Record) -> int | None:
        """Byte offset of a record's value in the database file; None if it is not from there."""
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
