"""The frozen types that cross layers: revisions, records, sources, damage, and typed absences."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etcdpod.source_details import Details

_Detail = TypeVar("_Detail")


class Revision(NamedTuple):
    """The identity of one change. Never the per-key ``version``: that restarts after a delete."""

    main: int
    """Shared by all changes of one transaction; the first write of a cluster has 2."""
    sub: int = 0
    """Order inside the transaction, from 0."""

    def __str__(self) -> str:
        return str(self.main) if self.sub == 0 else f"{self.main}.{self.sub}"


class Trust(Enum):
    """How far a record can be believed; the value is the letter that is shown."""

    VOUCHED = "A"
    """Reachable from the newest valid meta page, or answered by a live etcd."""
    LOGGED = "B"
    """Rebuilt from committed, checksummed WAL entries with an anchored revision."""
    OLDER_TREE = "C"
    """Reachable from the older meta page, or from another complete db file."""
    STALE_PAGE = "D"
    """Carved from an unreachable leaf page that passes every structure test."""
    SUSPECT = "E"
    """Carved beside suspect pages, or from a WAL after a checksum break."""
    UNCOMMITTED = "F"
    """Attempted, overwritten or unsynced: it may never have been true."""

    @property
    def meaning(self) -> str:
        """What the letter means."""
        return _MEANINGS[self]


_MEANINGS = {
    Trust.VOUCHED: "in the newest tree of the database, or answered by etcd",
    Trust.LOGGED: "from committed, checksummed entries of the write-ahead log",
    Trust.OLDER_TREE: "in the tree of an older transaction, or in another complete database",
    Trust.STALE_PAGE: "carved from a free page that passes every test of structure",
    Trust.SUSPECT: "carved beside suspect pages, or logged after a broken checksum",
    Trust.UNCOMMITTED: "an attempt that may never have been true",
}


class Origin(Enum):
    """The structure in which a record was read; the value is its name in output."""

    TREE = "tree"
    """The newest tree of a database."""
    LIVE = "live"
    """An answer of a running etcd."""
    LOG = "wal"
    """The write-ahead log."""
    REFUSED = "wal, refused"
    """A write in the log that etcd refused."""
    OLDER_TREE = "older tree"
    """The tree of an older transaction."""
    FREE_PAGE = "free page"
    """A page that no tree refers to."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the bytes of a record were read."""

    source: str
    """The source as the user named it: a path or an endpoint."""
    origin: Origin = Origin.TREE
    file: str | None = None
    """File inside the source (a WAL segment), where there are several."""
    page: int | None = None
    """bbolt page id."""
    offset: int | None = None
    """Byte offset in the file."""
    trust: Trust = Trust.VOUCHED
    is_listed: bool = field(default=False, compare=False)
    """From a list of a live etcd, which returns no sub revisions."""

    def __str__(self) -> str:
        parts = [self.source, self.origin.value]
        if self.file is not None:
            parts.append(self.file)
        if self.page is not None:
            parts.append(f"page {self.page}")
        if self.offset is not None:
            parts.append(f"offset {self.offset}")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Record:
    """One revision of one etcd key, as stored (mvccpb.KeyValue beside its bucket key)."""

    key: bytes
    revision: Revision
    tombstone: bool
    """The key was deleted here; ``value`` is empty and the numbers below are 0."""
    create_revision: int
    """Main revision of the put that began this life of the key; 0 where a log that lacks its
    beginning does not tell."""
    version: int
    """1 for the first put of a life, then counting; 0 where the log does not tell."""
    lease: int
    value: bytes
    """Empty when only keys were asked for."""
    value_size: int
    """Bytes of the value, also when ``value`` was not loaded; -1 where a live etcd listed keys
    alone, which it does without sizes."""
    provenance: Provenance

    def __repr__(self) -> str:
        what = "deletion" if self.tombstone else f"{self.value_size} bytes"
        trust = self.provenance.trust.value
        return f"<{self.key[:120]!r} at revision {self.revision}: {what}, trust {trust}>"

    @property
    def knows_lease(self) -> bool:
        """Whether ``lease`` is known: etcd 3.7 omits it when it lists keys without values."""
        return self.lease != 0 or self.value_size >= 0

    @property
    def mod_revision(self) -> int:
        """The main revision: what Kubernetes shows as ``metadata.resourceVersion``."""
        return self.revision.main


class Severity(Enum):
    """What a defect costs."""

    NOTE = "note"
    """Odd, but nothing is lost by it."""
    WARNING = "warning"
    """A check failed; what is shown may be incomplete."""
    LOSS = "loss"
    """Data could not be read."""


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a source is and how far it reaches."""

    target: str
    """As the user named it."""
    kind: str
    """``snapshot``, ``db``, ``data directory``, ``live`` or ``merged``."""
    current_revision: int
    """The newest revision held; 1 for an empty store."""
    compact_revision: int
    """History below this is incomplete; 0 when never compacted."""
    etcd_version: str = ""
    """Storage or cluster version as the source states it, e.g. ``3.6.0``; empty if unknown."""
    cluster_id: int | None = None
    size: int = 0
    """Bytes of the file, or of the database for an endpoint."""
    details: tuple[Details, ...] = field(default=(), repr=False)
    """Further facts for ``info``, in the order in which they are shown."""

    def detail(self, kind: type[_Detail]) -> _Detail | None:
        """The details of one type; None where this source has none."""
        return next((one for one in self.details if isinstance(one, kind)), None)


@dataclass(frozen=True, slots=True)
class BesideTheTree:
    """How many revisions were found in the log and in free pages, and not in the tree."""

    by_trust: Mapping[Trust, int]
    newer_than_source: int
    """Left out: written after the moment that the source shows."""


# --- typed absences: why there is no object to show -------------------------------------------


@dataclass(frozen=True, slots=True)
class NotRecorded:
    """The source has no revision of this key at all (in the span that it covers)."""

    key: bytes


@dataclass(frozen=True, slots=True)
class Deleted:
    """The key was deleted and does not exist at the revision asked for."""

    key: bytes
    tombstone: Record | None
    """The deletion; None where compaction took it, and the key is known to be gone by then."""
    last: Record | None
    """The last revision before the deletion, where it is still found."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """The answer lay below the compact revision and is gone from this source."""

    key: bytes
    revision: int
    compact_revision: int


class SealCode(Enum):
    """Why an encrypted value was not opened; the value is its text, with fields of the fault."""

    NO_KEYS = "no keys were given"
    HEADER_CUT = "its header is cut off"
    MISSING_KEY = "no key of this name is in the configuration"
    WRONG_KEY = "no configured key of this name opens it"
    CUT = "the value is cut short"
    MOVED = "the key is right, but the value was moved here from another etcd key or changed"
    CHANGED = "the key is right, but the value was changed"
    PLUGIN_ADDRESS = "its KMS plugin is at {0.endpoint!r}, which is no unix socket"
    PLUGIN_FAILED = "the KMS plugin at {0.endpoint} did not open it: {0.status}"
    PLUGIN_EMPTY = "the KMS plugin at {0.endpoint} gave an empty answer"
    PLUGIN_KEY_SIZE = "the KMS plugin gave a key of the wrong length"


@dataclass(frozen=True, slots=True)
class SealFault:
    """Why an encrypted value was not opened."""

    code: SealCode
    endpoint: str = ""
    """Of the KMS plugin, where one is concerned."""
    status: str = ""
    """The gRPC status of its answer."""

    def __str__(self) -> str:
        return self.code.value.format(self)


@dataclass(frozen=True, slots=True)
class Encrypted:
    """The value is encrypted at rest and no key opened it."""

    scheme: str
    """``aescbc``, ``aesgcm``, ``secretbox`` or ``kms``, with its version: ``aescbc:v1``."""
    key_name: str
    """Name of the key (local schemes) or of the KMS provider."""
    reason: SealFault | None = None

    def __str__(self) -> str:
        text = f"encrypted ({self.scheme}, key {self.key_name})"
        return f"{text}: {self.reason}" if self.reason else text


@dataclass(frozen=True, slots=True)
class Undecodable:
    """The value is there and is no object that we can read."""

    reason: str
    raw: bytes
    offset: int | None = None
    """Byte offset in the value where reading failed, where known."""
    path: str = ""
    """Field path where reading failed, where known."""

    def __repr__(self) -> str:
        return f"<{str(self)[:150]}; {len(self.raw)} bytes>"

    def __str__(self) -> str:
        place = f" at byte {self.offset}" if self.offset is not None else ""
        field_path = f" in {self.path}" if self.path else ""
        return f"undecodable{field_path}{place}: {self.reason}"


Absence = NotRecorded | Deleted | Compacted
