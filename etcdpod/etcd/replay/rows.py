"""The revisions that a replay of the log produced, as columns; values are not copied."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ABSENT = -1
"""Instead of a row: the key does not exist."""
PRIOR_SEGMENT = 0xFFFFFFFF
"""In place of a segment: the value lies in the database, and ``value_offset`` is its row there."""

TOMBSTONE = 0x01
REFUSED = 0x04
"""A write whose compare failed: it has no revision; main is the one it would have had."""
UNCOMMITTED = 0x08
"""A write of an entry that is not known to be committed."""
DOUBTFUL = 0x10
"""The revision number is unproven, or the entry fails its checksum."""
CONTRADICTED = 0x20
"""The database has a different record for that revision."""


Place = tuple[int, int, int]
"""The location of an entry in the log: raft index, segment, byte offset of its frame."""


class Rest(NamedTuple):
    """The columns that later rows do not refer to, with the same types as in LogRows."""

    lease: array[int]
    raft_index: array[int]
    segment: array[int]
    frame: array[int]
    value_offset: array[int]
    value_size: array[int]
    flags: bytes


class LogRows:
    """Columns, addressed by row number.

    A create revision or version of 0 means unknown.
    """

    def __init__(self) -> None:
        self.keys: list[bytes] = []
        self.key = array("L")
        """Index into ``keys``."""
        self.main = array("q")
        self.sub = array("q")
        self.older = array("q")
        """Row of the previous record of the same key; -1 if unknown."""
        self.create_revision = array("q")
        self.version = array("q")
        self.lease = array("q")
        self.raft_index = array("Q")
        self.segment = array("L")
        self.frame = array("Q")
        self.value_segment = array("L")
        """Differs from ``segment`` if a put reused the value of an older one."""
        self.value_offset = array("Q")
        self.value_size = array("L")
        self.flags = bytearray()
        self._key_ids: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self.main)

    def add(
        self,
        key: bytes,
        revision: tuple[int, int],
        place: Place,
        value: tuple[int, int, int] = (0, 0, 0),
        *,
        older: int = -1,
        life: tuple[int, int] = (0, 0),
        lease: int = 0,
        flags: int = 0,
    ) -> int:
        """Add one row.

        Args:
            key: the etcd key.
            revision: main and sub revision.
            place: the location of the entry.
            value: segment, byte offset and size.
            older: row of the previous record of the same key.
            life: create revision and version.
            lease: the lease of the key.
            flags: the flags of the row.

        Returns:
            The row number.
        """
        row = self.begin(key, revision[0], older, *life)
        self.sub.append(revision[1])
        self.lease.append(lease)
        self.raft_index.append(place[0])
        self.segment.append(place[1])
        self.frame.append(place[2])
        self.value_segment.append(value[0])
        self.value_offset.append(value[1])
        self.value_size.append(value[2])
        self.flags.append(flags)
        return row

    def begin(self, key: bytes, main: int, older: int, created: int, version: int) -> int:
        """Add the columns of a row that later rows refer to; returns its number."""
        row = len(self.main)
        key_id = self._key_ids.get(key)
        if key_id is None:
            key_id = self._key_ids[key] = len(self.keys)
            self.keys.append(key)
        self.key.append(key_id)
        self.main.append(main)
        self.older.append(older)
        self.create_revision.append(created)
        self.version.append(version)
        return row

    def finish(self, rest: Rest, start: int, stop: int) -> None:
        """Add the other columns of the last rows begun: the ``start``-th to ``stop``-th."""
        self.sub.extend(array("q", bytes(self.sub.itemsize * (stop - start))))
        self.lease.extend(rest.lease[start:stop])
        self.raft_index.extend(rest.raft_index[start:stop])
        self.segment.extend(rest.segment[start:stop])
        self.frame.extend(rest.frame[start:stop])
        self.value_segment.extend(rest.segment[start:stop])
        self.value_offset.extend(rest.value_offset[start:stop])
        self.value_size.extend(rest.value_size[start:stop])
        self.flags.extend(rest.flags[start:stop])

    def cut(self, row: int) -> None:
        """Remove all rows from ``row`` on."""
        columns = (
            self.key, self.main, self.sub, self.older, self.create_revision, self.version,
            self.lease, self.raft_index, self.segment, self.frame, self.value_segment,
            self.value_offset, self.value_size, self.flags,
        )  # fmt: skip
        for column in columns:
            del column[row:]

    def revisions(self) -> Iterator[int]:
        """The rows that are revisions, in the order of the log."""
        for row, flags in enumerate(self.flags):
            if not flags & REFUSED:
                yield row


def fill_lives(rows: LogRows, start: int) -> None:
    """Fill in versions and create revisions by what the rows before and after tell.

    Args:
        rows: the rows; those from ``start`` on are looked at.
        start: a row.
    """
    for row in range(len(rows) - 1, start - 1, -1):
        older = rows.older[row]
        if older >= start and rows.version[row] > 1 and rows.version[older] == 0:
            rows.version[older] = rows.version[row] - 1
            rows.create_revision[older] = rows.create_revision[row]
    for row in range(start, len(rows)):
        older = rows.older[row]
        if older >= start and rows.version[row] == 0 and rows.version[older] > 0:
            rows.version[row] = rows.version[older] + 1
            rows.create_revision[row] = rows.create_revision[older]
