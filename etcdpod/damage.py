"""Defects of a source as data: a code, and typed fields for what varies from case to case.

Programs read codes and fields. The sentences are made from them in ``damage_text``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from etcdpod.records import Severity

if TYPE_CHECKING:
    from typing import Self

    from etcdpod.records import Provenance, Record, Revision

_NOTE, _WARNING, _LOSS = Severity.NOTE, Severity.WARNING, Severity.LOSS


class DamageCode(Enum):
    """What is wrong; the value is stable and appears in machine output."""

    severity: Severity
    """What a defect with this code costs whoever reads the source."""

    def __new__(cls, value: str, severity: Severity) -> Self:
        """A code with its severity."""
        code = object.__new__(cls)
        code._value_ = value
        code.severity = severity
        return code

    # bbolt: the file and its pages
    TRAILER_MISMATCH = "TrailerMismatch", _WARNING
    META_PAGE = "MetaPage", _WARNING
    META_PAGE_OF_MEMBER = "MetaPageOfMember", _WARNING
    NO_META_PAGE = "NoMetaPage", _LOSS
    FILE_TRUNCATED = "FileTruncated", _LOSS
    FILE_BUSY = "FileBusy", _WARNING
    NOT_A_BUCKET = "NotABucket", _LOSS
    INLINE_BUCKET = "InlineBucket", _LOSS
    TREE_TOO_DEEP = "TreeTooDeep", _LOSS
    POINTER_BEYOND_FILE = "PointerBeyondFile", _LOSS
    PAGE_ID = "PageID", _LOSS
    PAGE_TYPE = "PageType", _LOSS
    PAGE_REUSED = "PageReused", _LOSS
    OVERFLOW_BEYOND_FILE = "OverflowBeyondFile", _LOSS
    OVERFLOW_OVER_PAGES = "OverflowOverPages", _WARNING
    TOO_MANY_ELEMENTS = "TooManyElements", _LOSS
    ELEMENT_OUTSIDE_PAGE = "ElementOutsidePage", _LOSS
    ELEMENTS_OVERLAP = "ElementsOverlap", _LOSS
    ELEMENTS_APART = "ElementsApart", _WARNING

    # mvcc: the buckets and the revisions in them
    NO_KEY_BUCKET = "NoKeyBucket", _LOSS
    META_REVISION = "MetaRevision", _LOSS
    META_COUNTER = "MetaCounter", _LOSS
    META_JSON = "MetaJSON", _LOSS
    KEY_NOT_A_REVISION = "KeyNotARevision", _LOSS
    UNKNOWN_MARK = "UnknownMark", _WARNING
    OTHER_REVISION = "OtherRevision", _WARNING
    CONTRADICTORY_NUMBERS = "ContradictoryNumbers", _WARNING
    SUB_TOO_HIGH = "SubTooHigh", _WARNING
    MALFORMED_RECORD = "MalformedRecord", _LOSS
    FOREIGN_ENCODING = "ForeignEncoding", _WARNING
    NOT_ASCENDING = "NotAscending", _WARNING
    DUPLICATE_REVISION = "DuplicateRevision", _WARNING
    REVISIONS_MISSING = "RevisionsMissing", _LOSS
    REVISION_INCOMPLETE = "RevisionIncomplete", _LOSS
    REVISIONS_MISSING_ELSEWHERE = "RevisionsMissingElsewhere", _LOSS
    KEY_HISTORY_GAP = "KeyHistoryGap", _WARNING
    KEY_HISTORY_GAPS_ELSEWHERE = "KeyHistoryGapsElsewhere", _WARNING
    COMPACTION_NOT_SCHEDULED = "CompactionNotScheduled", _WARNING
    COMPACTION_AHEAD = "CompactionAhead", _WARNING

    # wal: segments, records, raft entries
    SEGMENT_UNREADABLE = "SegmentUnreadable", _WARNING
    SEGMENTS_MISSING = "SegmentsMissing", _LOSS
    SEGMENT_CHECKSUM = "SegmentChecksum", _WARNING
    SEGMENT_OF_OTHER_MEMBER = "SegmentOfOtherMember", _WARNING
    SEGMENT_TRUNCATED = "SegmentTruncated", _WARNING
    SEGMENT_REST_LOST = "SegmentRestLost", _LOSS
    RECORD_CHECKSUM = "RecordChecksum", _WARNING
    STORED_CHECKSUM = "StoredChecksum", _NOTE
    RECORD_MALFORMED = "RecordMalformed", _WARNING
    RECORD_TYPE = "RecordType", _WARNING
    BYTES_SKIPPED = "BytesSkipped", _LOSS
    TORN_RECORD = "TornRecord", _NOTE
    LOG_ENDS = "LogEnds", _WARNING
    ENTRIES_MISSING = "EntriesMissing", _LOSS
    BREAK_LIMIT = "BreakLimit", _WARNING
    REPORT_LIMIT = "ReportLimit", _WARNING

    # replay: the log against the database
    GAP_LIMIT = "GapLimit", _LOSS
    LOG_DIVERGES = "LogDiverges", _WARNING
    LOG_REVISIONS_UNKNOWN = "LogRevisionsUnknown", _WARNING
    LOG_INTERRUPTED = "LogInterrupted", _WARNING
    SEARCH_INTERRUPTED = "SearchInterrupted", _WARNING
    LOG_AND_DATABASE_DIFFER = "LogAndDatabaseDiffer", _WARNING
    NOT_IN_LOG = "NotInLog", _WARNING
    NOT_IN_DATABASE = "NotInDatabase", _WARNING

    # connectors: files beside the database, several sources, a live etcd
    NO_DATABASE = "NoDatabase", _LOSS
    DATABASE_UNREADABLE = "DatabaseUnreadable", _LOSS
    OTHER_DATABASE_UNREADABLE = "OtherDatabaseUnreadable", _NOTE
    RAFT_SNAPSHOT = "RaftSnapshot", _NOTE
    RAFT_SNAPSHOT_UNREADABLE = "RaftSnapshotUnreadable", _NOTE
    RECORDS_DIFFER = "RecordsDiffer", _WARNING
    KEYS_DIFFER = "KeysDiffer", _WARNING
    CLUSTER_UNPROVEN = "ClusterUnproven", _WARNING
    PACKED_FILE_TRUNCATED = "PackedFileTruncated", _LOSS
    PACKED_FILE_DAMAGED = "PackedFileDamaged", _LOSS
    ARCHIVE_DAMAGED = "ArchiveDamaged", _LOSS
    ZIP_DAMAGED = "ZipDamaged", _LOSS
    REVISIONS_COMPACTED = "RevisionsCompacted", _LOSS
    LIST_COMPACTED = "ListCompacted", _WARNING


class FaultCode(Enum):
    """What a check of a page, a record or a file found."""

    BEYOND_FILE = "BeyondFile"
    NO_MAGIC = "NoMagic"
    FORMAT_VERSION = "FormatVersion"
    CHECKSUM_MISMATCH = "ChecksumMismatch"
    PAGE_SIZE = "PageSize"
    LENGTH_TRUNCATED = "LengthTruncated"
    RECORD_TOO_LARGE = "RecordTooLarge"
    RECORD_TRUNCATED = "RecordTruncated"
    FILE_SHRANK = "FileShrank"
    NO_RECORD = "NoRecord"
    SNAPSHOT_TOO_LARGE = "SnapshotTooLarge"
    SNAPSHOT_EMPTY = "SnapshotEmpty"
    SNAPSHOT_CHECKSUM = "SnapshotChecksum"
    NOT_A_SNAPSHOT = "NotASnapshot"


class Fault(NamedTuple):
    """Why a page, a record or a file is not what it should be."""

    code: FaultCode
    number: int = 0
    """The version, size or number of bytes that was found."""
    expected: int = 0


@dataclass(frozen=True, slots=True)
class Damage:
    """A defect of a source. Readers report it and continue.

    Fields that a code does not use keep their defaults.
    """

    code: DamageCode
    source: str
    """The file, directory, archive or endpoint."""
    page: int | None = None
    """bbolt page id."""
    offset: int | None = None
    """Byte offset in the file."""
    key: bytes | None = None
    other_source: str = ""
    """The source that it was compared with."""
    file: str | None = None
    """File inside the source."""
    database_page: int | None = None
    """Page id in the database of a record that the log contradicts."""
    record: Provenance | None = None
    """Where the record concerned was read."""
    other: Provenance | None = None
    """Where the record that contradicts it was read."""
    revision: Revision | None = None
    first: int = 0
    """Of a span of revisions or entries."""
    last: int = 0
    """Of the same span, inclusive."""
    count: int = 0
    """How many bytes, revisions, keys, levels or segments."""
    total: int = 0
    """Out of how many."""
    transaction: int = 0
    """bbolt transaction id."""
    name: str = ""
    """A bucket, a field in bucket ``meta``, or the key at which a list continues."""
    reason: str = ""
    """What the operating system or a library said."""
    fault: Fault | None = None
    """What the check of a page, record or file found."""
    flip: tuple[int, int] | None = None
    """Byte offset and bit whose flip would explain the defect."""
    further: int = 0
    """How many further defects of the same code this one represents; 0 for a single defect."""
    pages: int = 0
    """On how many pages the further ones are."""

    @property
    def severity(self) -> Severity:
        """What it costs whoever reads the source."""
        return self.code.severity


def contradiction(best: Record, other: Record) -> Damage:
    """Two places hold different records of one revision, of which ``best`` is shown."""
    place = other.provenance
    return Damage(
        DamageCode.RECORDS_DIFFER,
        place.source,
        key=other.key,
        record=place,
        other=best.provenance,
        revision=best.revision,
    )
