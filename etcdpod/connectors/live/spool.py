"""Records put aside: in memory while they are few, then in a file without a name."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.records import Record

MEMORY = 64 << 20
"""Bytes of values held in memory; beyond, an unlinked temporary file of this user takes all."""


class Spool:
    """Records whose values may be more than memory should hold."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._file = tempfile.SpooledTemporaryFile(MEMORY)  # noqa: SIM115 - closed by close()
        self._records: list[tuple[Record, int]] = []
        end = 0
        for record in records:
            self._file.write(record.value)
            self._records.append((replace(record, value=b""), end))
            end += len(record.value)

    def in_key_order(self) -> Iterator[Record]:
        """The records as they came: lists come in the order of their keys."""
        return (self._load(record, offset) for record, offset in self._records)

    def in_revision_order(self) -> Iterator[Record]:
        """The records by revision, those of one transaction by key."""
        order = sorted(self._records, key=lambda item: (item[0].revision, item[0].key))
        return (self._load(record, offset) for record, offset in order)

    def close(self) -> None:
        """Gives up the values; may be called twice."""
        self._file.close()

    def _load(self, record: Record, offset: int) -> Record:
        if record.value_size <= 0:
            return record
        self._file.seek(offset)
        return replace(record, value=self._file.read(record.value_size))
