"""Reports damage found while reading: broken pages, elements, checksums, gaps."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from etcdpod.damage import DamageCode as Code
from etcdpod.damage_text import damage_place, damage_sentence
from etcdpod.forensics.verify.bit_repair.log import log_repairs
from etcdpod.forensics.verify.bit_repair.pages import page_repairs
from etcdpod.forensics.verify.model import Defect
from etcdpod.records import Origin, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.damage import Damage
    from etcdpod.forensics.verify.model import Repair, VerifiedSource

_UNREACHABLE = "what lies there is not reached through the tree: etcd cannot serve it"
_REFUSED = "etcd stops with a panic when it reads this at its start"
_NO_START = "etcd refuses to start with this log"
_LOST = "what changed at these revisions is lost here"
_OWN_LIMIT = "etcdpod reads no further: what follows is not checked"

REPORTED_ELSEWHERE = frozenset({Code.TRAILER_MISMATCH, Code.LOG_AND_DATABASE_DIFFER})
"""Codes that other checks report with more detail."""
CONSEQUENCES = {
    Code.META_PAGE: ("structure", "etcd continues from the other meta page"),
    Code.META_PAGE_OF_MEMBER: ("structure", "etcd continues from the other meta page"),
    Code.NO_META_PAGE: (
        "structure",
        "nothing says which pages are current; etcd cannot open it",
    ),
    Code.POINTER_BEYOND_FILE: ("structure", _UNREACHABLE),
    Code.PAGE_ID: ("structure", _UNREACHABLE),
    Code.PAGE_TYPE: ("structure", _UNREACHABLE),
    Code.PAGE_REUSED: ("double use", "one of the two places shows what is not its own"),
    Code.OVERFLOW_BEYOND_FILE: (
        "structure",
        "a large value on this page may be cut or overwritten",
    ),
    Code.OVERFLOW_OVER_PAGES: (
        "structure",
        "a large value on this page may be cut or overwritten",
    ),
    Code.TOO_MANY_ELEMENTS: ("structure", "a part of the page's entries is not readable"),
    Code.ELEMENT_OUTSIDE_PAGE: (
        "structure",
        "this entry, and perhaps its neighbour, cannot be read",
    ),
    Code.ELEMENTS_OVERLAP: ("structure", "this entry, and perhaps its neighbour, cannot be read"),
    Code.ELEMENTS_APART: ("structure", "an entry of this page may be misread"),
    Code.FILE_TRUNCATED: ("structure", "all pages behind the cut are missing"),
    Code.PACKED_FILE_TRUNCATED: ("structure", "what follows in the packed file is missing"),
    Code.PACKED_FILE_DAMAGED: ("structure", "what follows in the packed file is missing"),
    Code.NOT_A_BUCKET: ("structure", "a bucket cannot be opened"),
    Code.INLINE_BUCKET: ("structure", "what the bucket held cannot be read"),
    Code.NO_KEY_BUCKET: ("structure", "no revision can be read through the tree"),
    Code.TREE_TOO_DEEP: ("structure", _UNREACHABLE),
    Code.META_REVISION: ("revisions", _REFUSED),
    Code.KEY_NOT_A_REVISION: ("revisions", _REFUSED),
    Code.OTHER_REVISION: ("revisions", "its resourceVersion is not that of its place"),
    Code.CONTRADICTORY_NUMBERS: (
        "revisions",
        "conditional updates of this key are misjudged",
    ),
    Code.MALFORMED_RECORD: ("revisions", _REFUSED),
    Code.FOREIGN_ENCODING: ("revisions", "another program, or an error, wrote this record"),
    Code.NOT_ASCENDING: ("order", "a lookup by revision may miss entries of this page"),
    Code.DUPLICATE_REVISION: ("revisions", "one of the two records is not what was written"),
    Code.SUB_TOO_HIGH: ("revisions", "the place of this record in its transaction is wrong"),
    Code.REVISIONS_MISSING: ("gaps", _LOST),
    Code.REVISION_INCOMPLETE: ("gaps", _LOST),
    Code.REVISIONS_MISSING_ELSEWHERE: ("gaps", _LOST),
    Code.KEY_HISTORY_GAP: ("gaps", "the history of this key has a hole"),
    Code.KEY_HISTORY_GAPS_ELSEWHERE: ("gaps", "the histories of these keys have holes"),
    Code.COMPACTION_NOT_SCHEDULED: (
        "revisions",
        "etcd may compact at the wrong revision at its start",
    ),
    Code.COMPACTION_AHEAD: (
        "revisions",
        "etcd may compact at the wrong revision at its start",
    ),
    Code.RECORDS_DIFFER: ("structure", "two leftovers of one revision differ"),
    Code.NOT_IN_DATABASE: ("gaps", "the database lost a write that was acknowledged"),
    Code.ENTRIES_MISSING: ("log", "these writes are not in this log any more"),
    Code.RAFT_SNAPSHOT: ("log", "etcd renames it and takes an older one"),
    Code.RAFT_SNAPSHOT_UNREADABLE: ("log", "etcd renames it and takes an older one"),
    Code.NOT_IN_LOG: ("log", "the log's own record of it is missing or broken"),
    Code.RECORD_CHECKSUM: ("log", _NO_START),
    Code.STORED_CHECKSUM: ("log", _NO_START),
    Code.SEGMENTS_MISSING: ("log", "what was written in between is not in this log"),
    Code.SEGMENT_CHECKSUM: ("log", "a segment is missing, or of another log"),
    Code.TORN_RECORD: ("log", "etcd cuts it off at its start: it was not acknowledged"),
    Code.BYTES_SKIPPED: ("log", _NO_START),
    Code.SEGMENT_REST_LOST: ("log", _NO_START),
    Code.LOG_ENDS: ("log", "what was written after this is lost"),
    Code.BREAK_LIMIT: ("log", _OWN_LIMIT),
    Code.GAP_LIMIT: ("log", _OWN_LIMIT),
}
"""The check and impact of a code; otherwise its severity decides."""
SEVERITIES = {
    Code.STORED_CHECKSUM: Severity.WARNING,
    Code.BREAK_LIMIT: Severity.NOTE,
    Code.GAP_LIMIT: Severity.NOTE,
}
"""Codes whose impact on etcd differs from that on readers of the source."""
_BY_SEVERITY = {
    Severity.NOTE: "nothing is lost by it",
    Severity.WARNING: "what is shown may be incomplete or wrong",
    Severity.LOSS: "data could not be read",
}


def check(subject: VerifiedSource) -> Iterator[Defect]:
    """Report all damage found by reading the source, with repairs if found."""
    source = subject.connector
    store = subject.store
    if store is not None:
        for bucket in store.backend.buckets.values():
            store.tree.leaf_pages(bucket)
        store.index.table(b"")  # looks for gaps in the history of every key
        for _ in source.records(keys_only=True):
            pass
    found = [damage for damage in source.damage if damage.code not in REPORTED_ELSEWHERE]
    found = _causes(found)
    is_broken = any(damage.code in (Code.RECORD_CHECKSUM, Code.STORED_CHECKSUM) for damage in found)
    in_log = log_repairs(subject) if is_broken else {}
    for damage, times in _gathered(found):
        repair = in_log.get((PurePath(damage.source).name, damage.offset))
        yield _defect(subject, damage, times, () if repair is None else (repair,))


def _causes(found: list[Damage]) -> list[Damage]:
    """Without consequential defects: if nothing is current, everything fails."""
    if any(damage.code is Code.NO_META_PAGE for damage in found):
        found = [d for d in found if d.code is not Code.POINTER_BEYOND_FILE or d.page != 0]
    others = [damage for damage in found if damage.code is not Code.NO_KEY_BUCKET]
    return others if any(one.severity is Severity.LOSS for one in others) else found


def _gathered(found: list[Damage]) -> list[tuple[Damage, int]]:
    """Merge identical defects of a page's elements, with their number."""
    first: dict[object, Damage] = {}
    times: Counter[object] = Counter()
    for number, damage in enumerate(found):
        same = number if damage.page is None else replace(damage, offset=None, key=None)
        times[same] += 1
        first.setdefault(same, damage)
    return [(damage, times[same]) for same, damage in first.items()]


def _defect(
    subject: VerifiedSource, damage: Damage, times: int, of_log: tuple[Repair, ...]
) -> Defect:
    by_severity = ("structure", _BY_SEVERITY[damage.severity])
    check_name, consequence = CONSEQUENCES.get(damage.code, by_severity)
    # The log search proposes a better repair.
    what = damage_sentence(replace(damage, flip=None) if of_log else damage)
    return Defect(
        check=check_name,
        code=damage.code,
        where=damage_place(damage),
        what=what if times == 1 else f"{what} ({times} times)",
        consequence=consequence,
        severity=_severity(damage),
        page=damage.page,
        offset=damage.offset,
        key=damage.key,
        repairs=of_log or page_repairs(subject, damage),
    )


def _severity(damage: Damage) -> Severity:
    if damage.record is not None and damage.record.origin is Origin.FREE_PAGE:
        return Severity.NOTE  # unused parts do not matter
    return SEVERITIES.get(damage.code, damage.severity)
