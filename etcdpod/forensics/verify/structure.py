"""What the readers of the file met: broken pages, elements, checksums, gaps."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from etcdpod.forensics.verify.bit_repair.log import log_repairs
from etcdpod.forensics.verify.bit_repair.pages import page_repairs
from etcdpod.forensics.verify.model import Defect
from etcdpod.records import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.verify.model import Repair, Subject
    from etcdpod.records import Damage

ELSEWHERE = ("SHA-256", "differs between the log and the database")
"""What other checks tell with more detail."""
_FAILS = "fails its checksum"
_NO_META, _NO_BUCKET = "both meta pages", "bucket key is missing"
_BEYOND = "points beyond the file"
_PROPOSAL = "; one flipped bit"
_UNREACHABLE = "what lies there is not reached through the tree: etcd cannot serve it"
_REFUSED = "etcd stops with a panic when it reads this at its start"
CONSEQUENCES = (
    ("meta page is damaged", "structure", "etcd goes on from the other meta page"),
    (_NO_META, "structure", "nothing says which pages are current; etcd cannot open it"),
    (_BEYOND, "structure", _UNREACHABLE),
    ("carries another id", "structure", _UNREACHABLE),
    ("neither a branch nor a leaf", "structure", _UNREACHABLE),
    ("referred to a second time", "double use", "one of the two places shows what is not its own"),
    ("overflow", "structure", "a large value on this page may be cut or overwritten"),
    ("counts more elements", "structure", "a part of the page's entries is not readable"),
    ("an element", "structure", "this entry, and perhaps its neighbour, cannot be read"),
    ("elements do not join", "structure", "an entry of this page may be misread"),
    ("the file is cut", "structure", "all pages behind the cut are missing"),
    ("packed file", "structure", "what follows in the packed file is missing"),
    ("entry of the root bucket", "structure", "a bucket cannot be opened"),
    ("inline bucket", "structure", "what the bucket held cannot be read"),
    (_NO_BUCKET, "structure", "no revision can be read through the tree"),
    ("deeper than", "structure", _UNREACHABLE),
    ("is no revision", "revisions", _REFUSED),
    ("another revision than its key", "revisions", "its resourceVersion is not that of its place"),
    ("cannot all be right", "revisions", "conditional updates of this key are misjudged"),
    ("is malformed", "revisions", _REFUSED),
    ("not written as etcd writes", "revisions", "another program, or an error, wrote this record"),
    ("not in order", "order", "a lookup by revision may miss entries of this page"),
    ("is there twice", "revisions", "one of the two records is not what was written"),
    ("as many changes", "revisions", "the place of this record in its transaction is wrong"),
    ("nothing was compacted there", "gaps", "what changed at these revisions is lost here"),
    ("revisions are missing in", "gaps", "what changed at these revisions is lost here"),
    ("missing or damaged before", "gaps", "the history of this key has a hole"),
    ("missing or damaged in the lives", "gaps", "the histories of these keys have holes"),
    ("compaction at revision", "revisions", "etcd may compact at the wrong revision at its start"),
    ("another record of revision", "structure", "two leftovers of one revision differ"),
    ("missing from the database", "gaps", "the database lost a write that was acknowledged"),
    ("entries ", "log", "these writes are not in this log any more"),
    ("raft snapshot", "log", "etcd renames it and takes an older one"),
    ("not in the log", "log", "the log's own record of it is missing or broken"),
    ("fails its checksum", "log", "etcd refuses to start with this log"),
    ("stored checksum of a sound record", "log", "etcd refuses to start with this log"),
    ("segments before this one", "log", "what was written in between is not in this log"),
    ("does not continue the checksum", "log", "a segment is missing, or of another log"),
    ("the last record is torn", "log", "etcd cuts it off at its start: it was not acknowledged"),
    ("passed by", "log", "etcd refuses to start with this log"),
    ("the rest of the segment is lost", "log", "etcd refuses to start with this log"),
    ("the log ends here", "log", "what was written after this is lost"),
)
"""Part of what a reader says, the check it belongs to, and what it costs."""
_GRAVER = ("stored checksum of a sound record",)
"""What costs a reader nothing, and etcd its start."""
_BY_SEVERITY = {
    Severity.NOTE: "nothing is lost by it",
    Severity.WARNING: "what is shown may be incomplete or wrong",
    Severity.LOSS: "data could not be read",
}


def check(subject: Subject) -> Iterator[Defect]:
    """Every defect that reading the whole source brought up, with a repair where one is found."""
    source = subject.connector
    store = subject.store
    if store is not None:
        for bucket in store.backend.buckets.values():
            store.tree.leaf_pages(bucket)
        store.index.table(b"")  # looks for holes in the life of every key
        for _ in source.records(keys_only=True):
            pass
    found = [d for d in source.damage if not any(part in d.what for part in ELSEWHERE)]
    found = _gathered(_causes(found))
    is_broken = any(part in damage.what for damage in found for part in (_FAILS, *_GRAVER))
    in_log = log_repairs(subject) if is_broken else {}
    for damage in found:
        of_log = tuple(fix for place, fix in in_log.items() if damage.where.endswith(place))
        yield _defect(subject, damage, of_log)


def _causes(found: list[Damage]) -> list[Damage]:
    """Without what only follows from another defect: where nothing is current, nothing is right."""
    if any(_NO_META in damage.what for damage in found):
        found = [d for d in found if not (_BEYOND in d.what and d.page == 0)]
    others = [damage for damage in found if _NO_BUCKET not in damage.what]
    return others if any(one.severity is Severity.LOSS for one in others) else found


def _gathered(found: list[Damage]) -> list[Damage]:
    """The same of many elements of one page once, with their number."""
    first: dict[tuple[str, int | None], Damage] = {}
    more: Counter[tuple[str, int | None]] = Counter()
    for number, damage in enumerate(found):
        what = (damage.what, damage.page if damage.page is not None else -1 - number)
        more[what] += 1
        first.setdefault(what, damage)
    return [
        damage if more[what] == 1 else replace(damage, what=f"{damage.what} ({more[what]} times)")
        for what, damage in first.items()
    ]


def _defect(subject: Subject, damage: Damage, of_log: tuple[Repair, ...]) -> Defect:
    named = next((row for row in CONSEQUENCES if row[0] in damage.what), None)
    check_name, consequence = named[1:] if named else ("structure", _BY_SEVERITY[damage.severity])
    return Defect(
        check=check_name,
        where=damage.where,
        what=damage.what.partition(_PROPOSAL)[0] if of_log else damage.what,
        consequence=consequence,
        severity=_severity(damage),
        page=damage.page,
        offset=damage.offset,
        key=damage.key,
        repairs=of_log or page_repairs(subject, damage),
    )


def _severity(damage: Damage) -> Severity:
    if "another record of revision" in damage.what and "free page" in damage.where:
        return Severity.NOTE  # what is no longer in use is nobody's loss
    is_graver = damage.severity is Severity.NOTE and any(p in damage.what for p in _GRAVER)
    return Severity.WARNING if is_graver else damage.severity
