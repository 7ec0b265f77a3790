"""Buffers records: in memory if small, otherwise in an unnamed temporary file."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.records import Record

MEMORY = 64 << 20
"""Bytes of values kept in memory; past this, all go to an unlinked temporary file."""


class Spool:
    """Records whose values may be too large to keep in memory."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._file = tempfile.SpooledTemporaryFile(MEMORY)  # noqa: SIM115 - closed by close()
        self._records: list[tuple[Record, int]] = []
        end = 0
        for record in records:
            self._file.write(record.value)
            self._records.append((replace(record, value=b""), end))
            end += len(record.value)

    def in_key_order(self) -> Iterator[Record]:
        """The records in order of arrival: lists arrive in key order."""
        return (self._load(record, offset) for record, offset in self._records)

    def in_revision_order(self) -> Iterator[Record]:
        """The records by revision, those of one transaction by key."""
        order = sorted(self._records, key=lambda item: (item[0].revision, item[0].key))
        return (self._load(record, offset) for record, offset in order)

    def close(self) -> None:
        """Discards the values; may be called twice."""
        self._file.close()

    def _load(self, record: Record, offset: int) -> Record:
        if record.value_size <= 0:
            return record
        self._file.seek(offset)
        return replace(record, value=self._file.read(record.value_size))
