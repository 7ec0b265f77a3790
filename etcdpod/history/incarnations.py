"""The life of one key: its incarnations, and its revisions as a watch would have sent them.

An etcd key can live many times. A life begins with a put of ``version`` 1 and a ``create_revision``
of its own, and ends with a tombstone; the per-key ``version`` counts within it. Any part of this
may be missing from a source, and is then reported as missing, not made up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from etcdpod.changes import Incarnation, Step
from etcdpod.history.diff.missing import oldest_kept, orphaned_tombstone
from etcdpod.history.diff.objects import changes
from etcdpod.history.lost_tombstones import is_left_over
from etcdpod.history.summary import (
    describe,
    summarise,
    summarise_creation,
    summarise_deletion,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from etcdpod.records import Encrypted, Record, Undecodable

    Decoded = dict[str, Any] | Encrypted | Undecodable
    Decode = Callable[[Record], Decoded]


def incarnations(headers: Iterable[Record], compact_revision: int = 0) -> list[Incarnation]:
    """The lives of one key, oldest first.

    Lives are separated by what etcd itself keeps: a tombstone between them, or another
    create revision. Values are not needed.

    Args:
        headers: all kept revisions of the key, in revision order.
        compact_revision: the source's; a tombstone at or below it is all that is left of a life.

    Returns:
        One entry a life; numbers count from 1 for the oldest that left a trace.
    """
    lives: list[Incarnation] = []
    previous: Record | None = None
    for record in headers:
        missing = _missing_before(previous, record)
        if _begins_life(previous, record):
            if previous is not None and not previous.tombstone:
                lives[-1] = replace(lives[-1], end_missing=True)
            number = len(lives) + 1
            lives.append(Incarnation(number, record.create_revision, record, record, 0, 0, None))
        life = lives[-1]
        lives[-1] = replace(
            life,
            last=record,
            kept=life.kept + 1,
            missing=life.missing + missing,
            deleted_at=record.mod_revision if record.tombstone else None,
        )
        previous = record
    return lives


def _begins_life(previous: Record | None, record: Record) -> bool:
    """Whether ``record`` belongs to another life of its key than the record kept before it."""
    if previous is None or previous.tombstone:
        return True
    return not record.tombstone and record.create_revision != previous.create_revision


def _missing_before(previous: Record | None, record: Record) -> int:
    """Revisions of this life that existed right before ``record`` and are not kept.

    A tombstone has no version: between it and the last put that is kept nothing can be counted,
    but one that stands alone had at least the put that made the key.
    """
    begins = _begins_life(previous, record)
    if record.tombstone:
        return 1 if begins else 0
    before = 0 if begins or previous is None else previous.version
    return max(record.version - before - 1, 0)


def steps(
    records: Iterable[Record],
    decode: Decode,
    *,
    compact_revision: int = 0,
    noise: bool = False,
) -> Iterator[Step]:
    """The revisions of one key as a watch would have sent them, each with what it changed.

    ADDED is the first put of a life (``version`` 1), wherever a reader comes in; DELETED carries
    the last object with the deletion's resourceVersion. Where a uid changes within what etcd
    calls one life, the object was overwritten by another of its name, as no Kubernetes API does;
    that begins an incarnation as well.

    Only the revision before is held, so a history of any length streams.

    Args:
        records: all kept revisions of one key, with values, in revision order.
        decode: a record's object with its resourceVersion, or why there is none.
        compact_revision: the source's; it explains what is missing.
        noise: put noise (see ``changes``) among the changes.
    """
    last: Step | None = None
    for record in records:
        if record.tombstone:
            last = _deleted(last, record, compact_revision)
        elif last is None or _begins_life(last.record, record):
            last = _begun(last, record, decode(record), compact_revision)
        else:
            last = _continued(last, record, decode(record), noise)
        yield last


def _deleted(last: Step | None, record: Record, compact_revision: int) -> Step:
    """A tombstone: the end of the life before it, or all that is left of one."""
    if last is None or last.record.tombstone:
        return Step(
            event="DELETED",
            record=record,
            incarnation=last.incarnation + 1 if last else 1,
            uid="",
            object=None,
            problem=None,
            changes=(),
            summary=("DELETED", orphaned_tombstone(record, compact_revision)),
            missing_before=_missing_before(last.record if last else None, record),
        )
    value = last.object
    if value is not None and isinstance(value.get("metadata"), dict):
        metadata = {**value["metadata"], "resourceVersion": str(record.mod_revision)}
        value = {**value, "metadata": metadata}
    return replace(
        last,
        event="DELETED",
        record=record,
        object=value,
        changes=(),
        # Between what was left over and its deletion more may have been written.
        summary=("DELETED",)
        if is_left_over(last.record, compact_revision)
        else summarise_deletion(last.object),
        missing_before=0,
    )


def _begun(last: Step | None, record: Record, decoded: Decoded, compact_revision: int) -> Step:
    """The oldest kept put of a life, which is not always the one that began it."""
    missing = _missing_before(last.record if last else None, record)
    value, problem = _split(decoded)
    summary: tuple[str, ...]
    if value is None:
        summary = (str(problem),)
    elif record.version == 1:
        summary = summarise_creation(value, last.object if last else None)
    else:
        summary = describe(value)
    if missing:
        summary = (oldest_kept(record, compact_revision), *summary)
    return Step(
        event="ADDED" if record.version == 1 else "MODIFIED",
        record=record,
        incarnation=last.incarnation + 1 if last else 1,
        uid=_uid(value),
        object=value,
        problem=problem,
        changes=(),
        summary=summary,
        missing_before=missing,
    )


def _continued(last: Step, record: Record, decoded: Decoded, noise: bool) -> Step:
    """A further put of the life that ``last`` belongs to."""
    value, problem = _split(decoded)
    uid = _uid(value) or last.uid
    replaced = bool(last.uid) and uid != last.uid
    differences = changes(last.object, value, noise=noise)
    summary: tuple[str, ...]
    if value is None:
        summary = (str(problem),)
    elif last.object is None:
        summary = ("not compared: the revision before could not be read", *describe(value))
    elif replaced:
        summary = ("overwritten by another object of the same name", *describe(value))
    else:
        summary = summarise(last.object, value, differences)
    return Step(
        event="ADDED" if record.version == 1 else "MODIFIED",
        record=record,
        incarnation=last.incarnation + replaced,
        uid=uid,
        object=value,
        problem=problem,
        changes=differences,
        summary=summary,
        missing_before=_missing_before(last.record, record),
    )


def _split(decoded: Decoded) -> tuple[dict[str, Any] | None, Encrypted | Undecodable | None]:
    return (decoded, None) if isinstance(decoded, dict) else (None, decoded)


def _uid(value: dict[str, Any] | None) -> str:
    metadata = value.get("metadata") if value is not None else None
    uid = metadata.get("uid") if isinstance(metadata, dict) else None
    return uid if isinstance(uid, str) else ""
