"""Proves proposed repairs by the SHA-256 at the end of a snapshot."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from etcdpod.etcd.bbolt.layout import TRAILER_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from etcdpod.etcd.bbolt.file import BboltFile
    from etcdpod.etcd.mvcc.store import Store
    from etcdpod.forensics.verify.model import Repair

LARGEST = 1 << 30
"""Maximum size in bytes of a file to hash again for each candidate."""
_CHUNK = 1 << 20
PROOF = "the SHA-256 of the file is right with it"


def proves_trailer(store: Store, repairs: Sequence[Repair]) -> tuple[Repair, ...]:
    """The one repair that makes the trailer match; all of them if none does."""
    file = store.file
    if file.check_trailer() is not False or file.size > LARGEST:
        return tuple(repairs)
    for repair in repairs:
        if trailer_matches(file, [repair]):
            return (replace(repair, proof=PROOF, proven=True),)
    return tuple(repairs)


def trailer_matches(file: BboltFile, repairs: Iterable[Repair]) -> bool:
    """Whether the SHA-256 at the end matches with all the bits flipped."""
    flips = {repair.offset: repair.after for repair in repairs}
    end = file.size - TRAILER_SIZE
    digest = hashlib.sha256()
    for start in range(0, end, _CHUNK):
        chunk = bytearray(file.data[start : min(start + _CHUNK, end)])
        for offset, after in flips.items():
            if start <= offset < start + len(chunk):
                chunk[offset - start] = after
        digest.update(chunk)
    stored = bytearray(file.data[end : file.size])
    for offset, after in flips.items():
        if offset >= end:
            stored[offset - end] = after
    return digest.digest() == bytes(stored)
