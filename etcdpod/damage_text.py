"""Damage in words, for people: the only place that makes sentences from codes and fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.damage import DamageCode as Code
from etcdpod.damage import FaultCode

if TYPE_CHECKING:
    from etcdpod.damage import Damage, Fault

SENTENCES = {
    Code.TRAILER_MISMATCH: "the SHA-256 at its end is wrong: something in it is not what etcd"
    " saved",
    Code.META_PAGE: "meta page is damaged ({fault}), read the other one"
    " (transaction {d.transaction})",
    Code.META_PAGE_OF_MEMBER: "meta page is damaged ({fault}), read the other one"
    " (transaction {d.transaction}); the newest transaction may be missing",
    Code.NO_META_PAGE: "both meta pages are damaged: what lies on single pages is shown, not what"
    " is current",
    Code.FILE_TRUNCATED: "truncated: {d.count} of {d.total} bytes",
    Code.FILE_BUSY: "the file was written faster than it could be read",
    Code.NOT_A_BUCKET: "an entry of the root bucket is no bucket",
    Code.INLINE_BUCKET: "the inline bucket {d.name} holds no leaf page",
    Code.TREE_TOO_DEEP: "the tree is deeper than {d.count} levels",
    Code.POINTER_BEYOND_FILE: "points beyond the file",
    Code.PAGE_ID: "the page carries another id",
    Code.PAGE_TYPE: "is neither a branch nor a leaf page",
    Code.PAGE_REUSED: "is referred to a second time",
    Code.OVERFLOW_BEYOND_FILE: "the overflow reaches beyond the file",
    Code.OVERFLOW_OVER_PAGES: "the overflow covers other pages",
    Code.TOO_MANY_ELEMENTS: "counts more elements than it can hold",
    Code.ELEMENT_OUTSIDE_PAGE: "an element does not lie in its page",
    Code.ELEMENTS_OVERLAP: "an element reaches into the next one",
    Code.ELEMENTS_APART: "the elements do not join: one may be misread",
    Code.NO_KEY_BUCKET: "bucket key is missing: no revision can be read",
    Code.META_REVISION: "{d.name} of bucket meta is no revision",
    Code.META_COUNTER: "{d.name} of bucket meta has {d.count} bytes",
    Code.META_JSON: "{d.name} is not the JSON object that it should be",
    Code.KEY_NOT_A_REVISION: "a key of bucket key is no revision",
    Code.UNKNOWN_MARK: "a revision has a mark that etcd does not know",
    Code.OTHER_REVISION: "the record states another revision than its key",
    Code.CONTRADICTORY_NUMBERS: "the revisions and the version that the record states cannot all"
    " be right",
    Code.SUB_TOO_HIGH: "no transaction has as many changes as the key states",
    Code.MALFORMED_RECORD: "a record is malformed and cannot be read",
    Code.FOREIGN_ENCODING: "a record is not written as etcd writes it",
    Code.NOT_ASCENDING: "revisions are not in order",
    Code.DUPLICATE_REVISION: "a revision is there twice",
    Code.REVISIONS_MISSING: "{span}, though nothing was compacted there",
    Code.REVISION_INCOMPLETE: "a part of revision {d.revision} is missing, though nothing was"
    " compacted there",
    Code.REVISIONS_MISSING_ELSEWHERE: "revisions are missing in {d.count} more places",
    Code.KEY_HISTORY_GAP: "a revision of this key is missing or damaged before {d.revision}",
    Code.KEY_HISTORY_GAPS_ELSEWHERE: "revisions are missing or damaged in the lives of {d.count}"
    " more keys",
    Code.COMPACTION_NOT_SCHEDULED: "compaction at revision {d.revision} is marked finished, yet"
    " {d.last} is the last that was begun",
    Code.COMPACTION_AHEAD: "compaction at revision {d.revision} was begun, yet the newest record"
    " is {d.last}",
    Code.SEGMENT_UNREADABLE: "segment cannot be opened: {d.reason}",
    Code.SEGMENTS_MISSING: "{d.count} segments before this one are missing",
    Code.SEGMENT_CHECKSUM: "the segment does not continue the checksum of the one before",
    Code.SEGMENT_OF_OTHER_MEMBER: "the segment is of another member's log",
    Code.SEGMENT_TRUNCATED: "the file became shorter while it was read",
    Code.SEGMENT_REST_LOST: "{fault}: the rest of the segment is lost",
    Code.RECORD_CHECKSUM: "a record fails its checksum: its content is not believed{flip}",
    Code.STORED_CHECKSUM: "the stored checksum of a sound record is wrong",
    Code.RECORD_MALFORMED: "a record's content does not parse",
    Code.RECORD_TYPE: "a record is not of the type that it states",
    Code.BYTES_SKIPPED: "{fault}: {d.count} bytes are passed by",
    Code.TORN_RECORD: "the last record is torn, as a power loss leaves it",
    Code.LOG_ENDS: "the log ends here: {fault}",
    Code.ENTRIES_MISSING: "entries {d.first} to {d.last} are missing",
    Code.BREAK_LIMIT: "too many breaks: the rest is passed by",
    Code.REPORT_LIMIT: "and more of this sort from here on",
    Code.GAP_LIMIT: "the log has more than {d.count} gaps: what follows is passed by",
    Code.LOG_DIVERGES: "log and database diverge after revision {d.revision}: counted again",
    Code.LOG_REVISIONS_UNKNOWN: "the revisions of the log from entry {d.first} on are unknown",
    Code.LOG_INTERRUPTED: "interrupted: of the log only what leads to revision {d.revision} was"
    " read",
    Code.SEARCH_INTERRUPTED: "interrupted: only a part of the free pages was searched",
    Code.LOG_AND_DATABASE_DIFFER: "revision {d.revision} differs between the log and the database",
    Code.NOT_IN_LOG: "revision {d.revision} is in the database and not in the log",
    Code.NOT_IN_DATABASE: "revision {d.revision} is in the log and missing from the database",
    Code.NO_DATABASE: "there is no database beside the log",
    Code.DATABASE_UNREADABLE: "{d.reason}",
    Code.OTHER_DATABASE_UNREADABLE: "cannot be read: {d.reason}",
    Code.RAFT_SNAPSHOT: "raft snapshot {fault}",
    Code.RAFT_SNAPSHOT_UNREADABLE: "raft snapshot cannot be read: {d.reason}",
    Code.RECORDS_DIFFER: "another record of revision {d.revision} than {d.other} has",
    Code.KEYS_DIFFER: "{d.count} of {d.total} unchanged keys differ",
    Code.CLUSTER_UNPROVEN: "nothing shows that these are of one cluster: no key is unchanged"
    " between them",
    Code.PACKED_FILE_TRUNCATED: "the packed file is cut off: what follows is missing",
    Code.PACKED_FILE_DAMAGED: "the packed file is damaged, what follows is missing: {d.reason}",
    Code.ARCHIVE_DAMAGED: "the archive is damaged, what follows is missing: {d.reason}",
    Code.ZIP_DAMAGED: "the zip is damaged, what follows is missing: {d.reason}",
    Code.REVISIONS_COMPACTED: "revisions {d.first} to {d.last} were compacted before they could be"
    " read: only what was left of them at revision {d.revision} is shown",
    Code.LIST_COMPACTED: "revision {d.revision} was compacted while it was listed: the keys from"
    " {d.name} on are shown at a newer revision",
}
"""The sentence of each code; ``d`` is the damage."""
FAULTS = {
    FaultCode.BEYOND_FILE: "the file ends before it",
    FaultCode.NO_MAGIC: "no bbolt magic",
    FaultCode.FORMAT_VERSION: "format version {0.number} instead of {0.expected}",
    FaultCode.CHECKSUM_MISMATCH: "checksum mismatch",
    FaultCode.PAGE_SIZE: "page size {0.number}",
    FaultCode.LENGTH_TRUNCATED: "the file ends within a length field",
    FaultCode.RECORD_TOO_LARGE: "a record of {0.number} bytes is announced",
    FaultCode.RECORD_TRUNCATED: "a record of {0.number} bytes does not fit",
    FaultCode.FILE_SHRANK: "the file became shorter while it was read",
    FaultCode.NO_RECORD: "no record begins here",
    FaultCode.SNAPSHOT_TOO_LARGE: "is too large to be a raft snapshot",
    FaultCode.SNAPSHOT_EMPTY: "is empty",
    FaultCode.SNAPSHOT_CHECKSUM: "fails its checksum",
    FaultCode.NOT_A_SNAPSHOT: "is no raft snapshot",
}
_WITHOUT_OFFSET = {Code.META_PAGE, Code.META_PAGE_OF_MEMBER, Code.FILE_TRUNCATED}
"""Codes whose offset adds nothing to the page or the sentence."""


def damage_text(damage: Damage) -> str:
    """Where it is and what is wrong, in one line."""
    return f"{damage_place(damage)}: {damage_sentence(damage)}"


def damage_sentence(damage: Damage) -> str:
    """What is wrong, in one sentence without its place."""
    fault = "" if damage.fault is None else fault_text(damage.fault)
    parts = {"span": _span(damage), "flip": _flip(damage), "fault": fault}
    text = SENTENCES[damage.code].format(d=damage, **parts)
    if damage.pages:
        return f"{text}: {damage.further} more times, on {damage.pages} pages"
    return f"{damage.further} more of this sort: {text}" if damage.further else text


def damage_place(damage: Damage) -> str:
    """Where it is: source, file, page and offset, as far as they are known."""
    if damage.record is not None:
        return str(damage.record)
    other = damage.other_source
    parts = [f"{damage.source} and {other}" if other else damage.source]
    if damage.file is not None:
        parts.append(damage.file)
    if damage.page is not None:
        parts.append(f"page {damage.page}")
    if damage.offset is not None and damage.code not in _WITHOUT_OFFSET:
        parts.append(f"offset {damage.offset}")
    text = " ".join(parts)
    if damage.database_page is None:
        return text
    return f"{text}{', ' if damage.offset is not None else ' '}db page {damage.database_page}"


def fault_text(fault: Fault) -> str:
    """A fault as a clause."""
    return FAULTS[fault.code].format(fault)


def _span(damage: Damage) -> str:
    if damage.first == damage.last:
        return f"revision {damage.first} is missing"
    return f"revisions {damage.first} to {damage.last} are missing"


def _flip(damage: Damage) -> str:
    if damage.flip is None:
        return ""
    return f"; one flipped bit would explain it, bit {damage.flip[1]} of byte {damage.flip[0]}"
