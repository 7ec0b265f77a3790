"""The keys of bucket ``key``: a revision, and whether it is a tombstone.

References:
    https://github.com/etcd-io/etcd/blob/main/server/storage/mvcc/revision.go
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from etcdpod.records import Revision

if TYPE_CHECKING:
    import numpy.typing as npt

PLAIN_SIZE = 17
"""Size in bytes of a revision: main int64, ``_``, sub int64, big-endian."""
MARKED_SIZE = 18
"""The same, followed by a tombstone mark."""
SEPARATOR = 0x5F
TOMBSTONE_MARK = 0x74
MAX_REVISION = (1 << 63) - 1
MAX_SUB = 1 << 20
"""More changes than any request within etcd's limits (1.5 MiB, 128 operations) can make."""

_REVISION = struct.Struct(">qcq")
_SUB_BITS = MAX_SUB.bit_length() - 1


def pack_revision(revision: Revision, *, tombstone: bool = False) -> bytes:
    """The bucket key of ``revision``."""
    packed = _REVISION.pack(revision.main, b"_", revision.sub)
    return packed + b"t" if tombstone else packed


def parse_revision(data: bytes) -> tuple[Revision, bool] | None:
    """The revision of a bucket key and whether it is a tombstone; None for any other key."""
    if len(data) not in (PLAIN_SIZE, MARKED_SIZE):
        return None
    main, separator, sub = _REVISION.unpack_from(data)
    if separator != b"_" or main < 0 or sub < 0:
        return None
    if len(data) == MARKED_SIZE and data[PLAIN_SIZE] != TOMBSTONE_MARK:
        return None
    return Revision(main, sub), len(data) == MARKED_SIZE


def combined(main: npt.NDArray[np.int64], sub: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Revisions as single numbers with the same sort order."""
    wide: npt.NDArray[np.int64] = main.astype(np.int64) << _SUB_BITS
    return wide | np.minimum(sub, MAX_SUB - 1).astype(np.int64)
