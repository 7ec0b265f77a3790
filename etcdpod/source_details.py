"""What ``info`` adds for each kind of source: typed fields, in the order they are shown."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class TrailerState(Enum):
    """What is known of the SHA-256 at the end of a snapshot; the value is its name in output."""

    ABSENT = "none"
    UNCHECKED = "sha256, not checked"
    RIGHT = "sha256, right"
    WRONG = "sha256, wrong"


@dataclass(frozen=True, slots=True)
class PackedFile:
    """The compressed file or archive that a source was unpacked from."""

    packed_file: str
    """``gzip``, ``tar.xz``, ``zip``, …"""
    packed_size: int
    """Bytes."""
    packed_sha256: str
    """In hexadecimal."""
    unpacked_from: str
    """The members that were taken, as the archive names them."""


@dataclass(frozen=True, slots=True)
class DatabaseMember:
    """A member of the cluster, as a database lists it."""

    id: str | None
    """In hexadecimal; None where the entry has none."""
    name: str
    peer_urls: list[str]
    client_urls: list[str]
    learner: bool


@dataclass(frozen=True, slots=True)
class DatabaseDetails:
    """What a backend file states."""

    trailer: TrailerState
    page_size: int
    """Bytes."""
    transaction: int
    meta_page: int
    """0 or 1: the page that holds the newest valid meta."""
    older_transaction: int | None
    """Of the other meta page, where it roots an older state."""
    database_size: int
    """Bytes up to the high-water mark."""
    free_pages: int
    freelist_stored: bool
    storage_version: str | None
    cluster_version: str | None
    downgrade_target: str | None
    """The version to which a downgrade of the cluster is enabled."""
    consistent_index: int | None
    """The raft index up to which the log was applied."""
    raft_term: int | None
    scheduled_compaction: int | None
    finished_compaction: int | None
    auth_enabled: bool
    members: tuple[DatabaseMember, ...]
    voters: tuple[str, ...]
    """Ids in hexadecimal."""
    leases: int
    revisions: int
    tombstones: int
    buckets: Mapping[str, int]
    """Entries by bucket."""


@dataclass(frozen=True, slots=True)
class DatabaseReach:
    """How far the database of a data directory reaches without the log."""

    database_compact_revision: int


@dataclass(frozen=True, slots=True)
class LogDetails:
    """What a write-ahead log states, and what its replay gave."""

    member: str | None
    """Id in hexadecimal."""
    wal_segments: tuple[str, ...]
    first_raft_index: int
    last_raft_index: int
    committed_raft_index: int
    replaced_entries: int
    log_complete: bool
    """The log was read to its end."""
    log_revisions: int
    doubtful_revisions: int
    contradicted_revisions: int
    """Revisions that the database has in another form."""
    refused_writes: int
    uncommitted_writes: int


@dataclass(frozen=True, slots=True)
class DirectoryFiles:
    """What else lies in a data directory."""

    other_databases: tuple[str, ...]
    raft_snapshots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MergedSource:
    """One of several sources that are read as one."""

    source: str
    kind: str
    from_: int
    """Compact revision."""
    to: int
    """Current revision."""


@dataclass(frozen=True, slots=True)
class MergedSources:
    """The sources that are read as one."""

    sources: tuple[MergedSource, ...]


@dataclass(frozen=True, slots=True)
class MemberStatus:
    """What one member of a running etcd reports about itself."""

    endpoint: str
    name: str = ""
    member_id: int = 0
    version: str = ""
    storage_version: str = ""
    """From etcd 3.6 on."""
    is_leader: bool = False
    is_learner: bool = False
    leader_id: int = 0
    """0: this member knows no leader."""
    raft_term: int = 0
    raft_index: int = 0
    raft_applied_index: int = 0
    revision: int = 0
    """The newest revision that this member has."""
    db_size: int = 0
    """Bytes of the database file that are in use by pages, free ones included."""
    db_size_in_use: int = 0
    """Bytes without the free pages."""
    db_size_quota: int = 0
    """Bytes, from etcd 3.6 on; 0 if unknown."""
    alarms: tuple[str, ...] = ()
    """Alarms and errors as etcd words them."""
    problem: str = ""
    """Why the member did not answer; the numbers are 0 then."""


@dataclass(frozen=True, slots=True)
class ClusterDetails:
    """The state of a running etcd, with every member asked."""

    endpoint_in_use: str
    raft_term: int
    size_in_use: int
    """Bytes without the free pages."""
    leader: str | None
    """Its name, or its endpoint; None where no member that answered is one."""
    alarms: tuple[str, ...]
    """Alarms as etcd words them, each with its member."""
    revision_skew: int
    """How many revisions the members that answered are apart."""
    members: tuple[MemberStatus, ...]
    notes: tuple[str, ...] = field(default=())
    """Why numbers above may be of one member alone."""


Details = (
    PackedFile
    | DatabaseDetails
    | DatabaseReach
    | LogDetails
    | DirectoryFiles
    | MergedSources
    | ClusterDetails
)


def detail_fields(details: tuple[Details, ...]) -> Iterator[tuple[str, object]]:
    """Name and value of every field that is shown."""
    for detail in details:
        for one in fields(detail):
            value = getattr(detail, one.name)
            if one.name != "notes" or value:
                yield one.name, value


_LABELS = {
    "database_compact_revision": "compact revision of the database",
    "replaced_entries": "entries that were replaced",
    "log_complete": "log read to its end",
    "log_revisions": "revisions from the log",
    "doubtful_revisions": "revisions of doubtful number",
    "contradicted_revisions": "revisions that the database contradicts",
    "peer_urls": "peer URLs",
    "client_urls": "client URLs",
}


def detail_label(name: str) -> str:
    """A field's name for people, in lower case."""
    return _LABELS.get(name) or name.replace("_", " ").strip()
