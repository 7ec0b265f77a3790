"""Runs the checks of single values over all trusted revisions, on all cores."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from etcdpod.forensics.verify import identity, managed_fields, readable, shapes
from etcdpod.forensics.verify import roundtrip as faithful
from etcdpod.forensics.verify.bit_repair.keys import key_repairs
from etcdpod.forensics.verify.bit_repair.proof import proves_trailer
from etcdpod.forensics.verify.bit_repair.values import value_repairs
from etcdpod.forensics.verify.lives import LifeContent, Lives, content_of
from etcdpod.forensics.verify.model import Defect, VerifiedSource
from etcdpod.records import Encrypted, Trust
from etcdpod.registry.bulk import SLICE, map_slices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.forensics.verify.model import Repair
    from etcdpod.history.lives import Registry
    from etcdpod.kube.codec import Decoded
    from etcdpod.records import Record, Undecodable


_Found = tuple["Record", list[Defect]]


class ValueCheck(Protocol):
    """The signature of a value check."""

    def __call__(
        self, registry: Registry, record: Record, outcome: Decoded | Encrypted | Undecodable
    ) -> Iterator[Defect]:
        """Yield the defects of a value."""


VALUE_CHECKS: tuple[ValueCheck, ...] = (
    readable.check,
    identity.check,
    faithful.check,
    managed_fields.check,
    shapes.check,
)
"""Each runs only if the previous ones found nothing, so a defect is reported once."""
BELIEVED = (Trust.VOUCHED, Trust.LOGGED)
"""Carved values do not count against the file."""


def check(subject: VerifiedSource) -> Iterator[Defect]:
    """Report values that are undecodable, of another key, or not from an API server."""
    registry = subject.registry

    def work(records: Sequence[Record]) -> tuple[list[_Found], list[LifeContent], int]:
        found, lives, sealed = [], [], 0
        for record in records:
            if record.tombstone or record.provenance.trust not in BELIEVED:
                continue
            outcome = registry.decoder.verify(record.key, record.value)
            defects = _defects(registry, record, outcome)
            sealed += isinstance(outcome, Encrypted) and not defects
            if defects:
                found.append((record, defects))
            if (one := content_of(record, outcome)) is not None:
                lives.append(one)
        return found, lives, sealed

    lives = Lives()
    damaged = set()
    records = registry.connector.records()
    whole = len(records) if isinstance(records, Sized) else 0
    for number, (found, said, sealed) in enumerate(map_slices(records, work), 1):
        subject.sealed += sealed
        subject.tell(number * SLICE, whole)
        for one in said:
            lives.add(one)
        for record, defects in found:
            damaged.add((record.key, str(record.revision)))
            for defect in defects:
                yield _placed(subject, record, defect)
    for record, defect in lives.contradictions(subject):
        if (record.key, defect.revision) not in damaged:
            yield _placed(subject, record, defect)


def _defects(
    registry: Registry, record: Record, outcome: Decoded | Encrypted | Undecodable
) -> list[Defect]:
    """The defects of the first check that finds damage, and the notes of those before it."""
    defects: list[Defect] = []
    for check in VALUE_CHECKS:
        defects += check(registry, record, outcome)
        if any(defect.is_damage for defect in defects):
            break
    return defects


def _placed(subject: VerifiedSource, record: Record, defect: Defect) -> Defect:
    """The defect with its place in the file and proposed repairs."""
    start = subject.value_offset(record)
    # Offsets of value checks are relative to the value.
    inside = defect.offset
    offset = record.provenance.offset if start is None else start + (inside or 0)
    read = record.provenance
    placed = replace(
        defect,
        where=str(read if start is None else replace(read, offset=offset)),
        page=read.page,
        offset=offset,
        key=record.key,
        revision=str(record.revision),
    )
    if start is None or not defect.is_damage:
        return replace(placed, repairs=())
    return replace(placed, repairs=_repairs(subject, record, defect, start))


def _repairs(
    subject: VerifiedSource, record: Record, defect: Defect, start: int
) -> tuple[Repair, ...]:
    """Repairs of the value, or of the key if the two do not match."""
    store = subject.store
    if not defect.is_searched:
        # Candidate bits are already known: no search would find better ones.
        moved = [replace(one, offset=start + one.offset) for one in defect.repairs]
        return tuple(moved) if store is None else proves_trailer(store, moved)
    found = value_repairs(subject, record, start, defect)
    if defect.check != "identity" or store is None or any(one.proven for one in found):
        return found
    return proves_trailer(store, [*found, *key_repairs(subject.registry, record)])
