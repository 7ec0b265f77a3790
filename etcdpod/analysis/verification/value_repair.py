"""Searches the one bit of a value that, set right, makes it a sound object of its key."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from etcdpod.analysis.verification import faithful, identity
from etcdpod.analysis.verification.base import Repair, Subject
from etcdpod.analysis.verification.proof import proves_trailer
from etcdpod.decoder import Decoded
from etcdpod.decoder.envelope import MAGIC
from etcdpod.decoder.protobuf import is_lossless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.history.view import Registry
    from etcdpod.records import Record

SECONDS = 5.0
"""For the search in one value."""
LARGEST = 1 << 20
"""Bytes of the largest value that is searched."""
MOST = 3
"""Candidates that are named where several are as good."""


class Flip(NamedTuple):
    """One bit of a value."""

    offset: int
    bit: int
    distance: int
    """How many bytes of the value would then differ from its neighbour in the key's history."""


def value_repairs(
    subject: Subject, record: Record, start: int, near: int | None
) -> tuple[Repair, ...]:
    """The bits whose flip makes a value sound, the best first.

    Args:
        subject: what is verified.
        record: the revision whose value is not sound.
        start: byte offset of the value in its file.
        near: byte of the value at which it was found not to be.
    """
    seconds = min(SECONDS, subject.seconds_left())
    if seconds <= 0 or len(record.value) > LARGEST:
        return ()
    until = time.monotonic() + seconds
    found, whole = _search(subject.registry, record, near, until)
    ranked = sorted(found, key=lambda flip: flip.distance)
    best = [flip for flip in ranked if flip.distance == ranked[0].distance][:MOST]
    reason = _reason(len(best), len(found), whole=whole)
    repairs = [
        Repair(start + flip.offset, flip.bit, record.value[flip.offset], reason) for flip in best
    ]
    store = subject.store
    if store is None:
        return tuple(repairs)
    return proves_trailer(store, repairs)


def _reason(best: int, found: int, *, whole: bool) -> str:
    if best > 1:
        return "one of several that are as good"
    if found > 1:
        return f"the nearest to its neighbours of {found} that make the value sound"
    if not whole:
        return "makes the value sound; the search was not finished"
    return "the only bit that makes the value sound"


def _search(
    registry: Registry, record: Record, near: int | None, until: float
) -> tuple[list[Flip], bool]:
    """The flips that give a sound value, and whether all were tried."""
    value = bytearray(record.value)
    neighbours = _neighbours(registry, record)
    found: list[Flip] = []
    for count, offset in enumerate(_outwards(len(value), near)):
        if count % 16 == 0 and time.monotonic() > until:
            return found, False
        for bit in range(8):
            value[offset] ^= 1 << bit
            if _is_sound(registry, record, bytes(value)):
                found.append(Flip(offset, bit, _distance(value, neighbours)))
            value[offset] ^= 1 << bit
    return found, True


def _outwards(size: int, near: int | None) -> Iterator[int]:
    """Every offset of a value, those before the place where it broke first, the nearest first."""
    middle = min(max(near if near is not None else 0, 0), size)
    before, after = middle - 1, middle
    while before >= 0 or after < size:
        for _ in range(4):  # what breaks a message mostly lies before the place where it shows
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
    checks = (identity.check, faithful.check)
    return not any(True for check in checks for _ in check(registry, probe, outcome))


def _neighbours(registry: Registry, record: Record) -> list[bytes]:
    """The values before and after the record in the history of its key."""
    puts = [one for one in registry.connector.history(record.key) if not one.tombstone]
    position = next((i for i, one in enumerate(puts) if one.revision == record.revision), None)
    if position is None:
        return []
    near = puts[max(position - 1, 0) : position] + puts[position + 1 : position + 2]
    return [one.value for one in near]


def _distance(value: bytearray, neighbours: list[bytes]) -> int:
    """Bytes between the equal beginning and the equal end of a value and its nearest neighbour."""
    return min((_middle(bytes(value), other) for other in neighbours), default=0)


def _middle(one: bytes, other: bytes) -> int:
    limit = min(len(one), len(other))
    head = next((i for i in range(limit) if one[i] != other[i]), limit)
    rest = limit - head
    tail = next((i for i in range(rest) if one[-1 - i] != other[-1 - i]), rest)
    return max(len(one), len(other)) - head - tail
