"""Finds the bit flip that makes a value a sound object of its key."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from etcdpod.forensics.verify import identity, managed_fields, shapes
from etcdpod.forensics.verify import roundtrip as faithful
from etcdpod.forensics.verify.bit_repair.proof import proves_trailer
from etcdpod.forensics.verify.model import Repair, VerifiedSource
from etcdpod.kube.codec import Decoded
from etcdpod.kube.codec.envelope import MAGIC
from etcdpod.kube.codec.protobuf.message import is_lossless

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.forensics.verify.model import Defect
    from etcdpod.history.lives import Registry
    from etcdpod.records import Record

SECONDS = 5.0
"""Time limit in seconds for the search in one value."""
SECONDS_MORE = 1.0
"""Seconds to continue the search after the first match."""
MOST_NEIGHBOURS = 32
AROUND = 6
"""Bytes on each side of a bit compared with related values."""
LARGEST = 1 << 20
"""Maximum size in bytes of a value to search."""
MOST = 3
"""Maximum number of equally good candidates reported."""


class Flip(NamedTuple):
    """One bit of a value."""

    offset: int
    bit: int
    strangeness: int
    """0: the repaired bytes also occur in other revisions of the key; 1: in other objects."""


def value_repairs(
    subject: VerifiedSource, record: Record, start: int, defect: Defect
) -> tuple[Repair, ...]:
    """The bit flips that make a value sound, best first.

    Args:
        subject: the source being verified.
        record: the revision with the damaged value.
        start: byte offset of the value in its file.
        defect: the defect: the byte of the value, and the candidate bits if known.
    """
    seconds = min(SECONDS, subject.seconds_left())
    if seconds <= 0 or len(record.value) > LARGEST:
        return ()
    found, whole = _known(subject.registry, record, defect.repairs), True
    if not found:
        found, whole = _search(subject.registry, record, defect.offset, seconds)
    found.sort(key=lambda flip: flip.strangeness)
    best = [flip for flip in found if flip.strangeness == found[0].strangeness]
    reason = _reason(len(best), len(found), whole=whole and not defect.repairs)
    repairs = [
        Repair(start + flip.offset, flip.bit, record.value[flip.offset], reason) for flip in found
    ]
    store = subject.store
    proven = tuple(repairs) if store is None else proves_trailer(store, repairs)
    return proven if len(proven) == 1 else proven[: min(len(best), MOST)]


def _reason(best: int, found: int, *, whole: bool) -> str:
    if best > 1:
        return f"one of {best} bits that are as good"
    if found > 1:
        return f"of {found} bits that make the value sound the one that fits its neighbours"
    if not whole:
        return "makes the value sound; not every other bit was tried"
    return "the only bit that makes the value sound"


def _known(registry: Registry, record: Record, candidates: Sequence[Repair]) -> list[Flip]:
    """The bits named by a check that make the value sound."""
    value = bytearray(record.value)
    like = _Likeness(registry, record) if candidates else None
    found: list[Flip] = []
    for one in candidates:
        value[one.offset] = one.after
        if like is not None and _is_sound(registry, record, bytes(value)):
            found.append(Flip(one.offset, one.bit, like.strangeness(value, one.offset)))
        value[one.offset] = one.before
    return found


def _search(
    registry: Registry, record: Record, near: int | None, seconds: float
) -> tuple[list[Flip], bool]:
    """The flips that make the value sound, and whether all were tried."""
    value = bytearray(record.value)
    like = _Likeness(registry, record)
    found: list[Flip] = []
    until = time.monotonic() + seconds
    for count, offset in enumerate(_outwards(len(value), near)):
        if count % 8 == 0 and time.monotonic() > until:
            return found, False
        for bit in range(8):
            value[offset] ^= 1 << bit
            if _is_sound(registry, record, bytes(value)):
                if not found:
                    until = min(until, time.monotonic() + SECONDS_MORE)
                found.append(Flip(offset, bit, like.strangeness(value, offset)))
            value[offset] ^= 1 << bit
    return found, True


def _outwards(size: int, near: int | None) -> Iterator[int]:
    """All offsets of a value, those before the break first, nearest first."""
    middle = min(max(near if near is not None else 0, 0), size)
    before, after = middle - 1, middle
    while before >= 0 or after < size:
        for _ in range(4):  # the damage usually precedes the place where parsing fails
            if before >= 0:
                yield before
                before -= 1
        if after < size:
            yield after
            after += 1


def _is_sound(registry: Registry, record: Record, value: bytes) -> bool:
    if value.startswith(MAGIC) and not is_lossless(value):
        return False
    outcome = registry.decoder.verify(record.key, value)
    if not isinstance(outcome, Decoded) or outcome.unknown or outcome.lossless is False:
        return False
    probe = replace(record, value=value)
    checks = (identity.check, faithful.check, managed_fields.check, shapes.check)
    return not any(True for check in checks for _ in check(registry, probe, outcome))


class _Likeness:
    """Compares a value with related values.

    Args:
        registry: used to read related values.
        record: the record of the value.
    """

    def __init__(self, registry: Registry, record: Record) -> None:
        source = registry.connector
        own = (one for one in source.history(record.key) if one.revision != record.revision)
        folder = record.key[: record.key.rfind(b"/") + 1]
        others = (one for one in source.range(folder) if one.key != record.key)
        self._own = [one.value for one in islice(own, MOST_NEIGHBOURS)]
        self._others = [one.value for one in islice(others, MOST_NEIGHBOURS)]

    def strangeness(self, value: bytearray, offset: int) -> int:
        """How unusual the bytes around an offset are."""
        around = bytes(value[max(offset - AROUND, 0) : offset + AROUND + 1])
        for rank, neighbours in enumerate((self._own, self._others)):
            if any(around in other for other in neighbours):
                return rank
        return 2
