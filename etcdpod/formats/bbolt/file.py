"""A bbolt file, mapped for reading: its two metas, its page size, its pages.

The file is opened for reading and never locked: etcd holds an exclusive lock on the ``db`` of a
running member, which is advisory and would make a lock attempt wait for ever.
"""

from __future__ import annotations

import hashlib
import mmap
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from etcdpod.errors import SourceError
from etcdpod.formats.bbolt.layout import (
    META,
    PAGE_HEADER,
    PAGE_SIZES,
    TRAILER_ALIGNMENT,
    TRAILER_SIZE,
    Meta,
    PageHeader,
    meta_fault,
    read_meta,
)
from etcdpod.records import Damage, Severity

if TYPE_CHECKING:
    from os import PathLike

_HASH_CHUNK = 1 << 20
_OTHER_COPY = "read another copy of it: an older snapshot, or the db of another member"


@dataclass(slots=True)
class BboltFile:
    """One open bbolt file; ``size`` and the chosen meta are fixed at the moment of opening."""

    path: str
    data: mmap.mmap
    size: int
    metas: tuple[Meta | None, Meta | None]
    """The metas of page 0 and 1; None where one is damaged."""
    meta: Meta
    """The valid meta with the highest transaction id: the newest committed state."""
    damage: list[Damage] = field(default_factory=list)

    @classmethod
    def open(cls, path: str | PathLike[str]) -> BboltFile:
        """Map the file at ``path`` and choose its meta page.

        Raises:
            SourceError: there is no such file, or it is no bbolt file, or both metas are damaged.
        """
        name = str(path)
        data = _map(name)
        page_size = _find_page_size(data, name)
        offsets = (0, page_size)
        faults = tuple(meta_fault(data, offset) for offset in offsets)
        first, second = (
            read_meta(data, offset) if fault is None else None
            for offset, fault in zip(offsets, faults, strict=True)
        )
        valid = [meta for meta in (first, second) if meta is not None]
        chosen = max(valid, key=lambda meta: meta.txid)
        file = cls(name, data, len(data), (first, second), chosen)
        file._report_metas(faults)
        file._report_size()
        return file

    @property
    def page_size(self) -> int:
        """Bytes of a page, as the meta states them."""
        return self.meta.page_size

    @property
    def page_count(self) -> int:
        """Pages that lie wholly in the file and below the high-water mark: all that may be read."""
        return min(self.meta.high_water_mark, self.size // self.page_size)

    @property
    def previous(self) -> Meta | None:
        """The other meta where it roots an older state, None where it does not.

        A snapshot writes the same root into both; only a member's own ``db`` has an older tree.
        """
        for meta in self.metas:
            if meta is not None and meta.txid < self.meta.txid and meta.root != self.meta.root:
                return meta
        return None

    @property
    def has_trailer(self) -> bool:
        """Whether the size is that of a file that ends in a SHA-256."""
        return self.size % TRAILER_ALIGNMENT == TRAILER_SIZE

    def trailer_matches(self) -> bool | None:
        """Whether the SHA-256 at the end is that of the rest; None without a trailer.

        Reads the whole file once.
        """
        if not self.has_trailer:
            return None
        end = self.size - TRAILER_SIZE
        digest = hashlib.sha256()
        for start in range(0, end, _HASH_CHUNK):
            digest.update(self.data[start : min(start + _HASH_CHUNK, end)])
        return digest.digest() == self.data[end : self.size]

    def page_header(self, page: int) -> PageHeader | None:
        """The header of page ``page``, or None where the file does not reach that far."""
        if not 0 <= page < self.page_count:
            return None
        return PageHeader._make(PAGE_HEADER.unpack_from(self.data, page * self.page_size))

    def page(self, page: int) -> bytes:
        """The bytes of page ``page`` alone, without its overflow; empty beyond the file."""
        start = page * self.page_size
        return self.data[start : min(start + self.page_size, self.size)]

    def changed(self) -> bool:
        """Whether a writer has committed since the file was opened, and may reuse our pages."""
        for number, meta in enumerate(self.metas):
            start = number * self.page_size + PAGE_HEADER.size
            if meta is not None and self.data[start : start + META.size] != META.pack(*meta):
                return True
        return False

    def close(self) -> None:
        """Unmap the file where nothing refers to the mapping any more; may be called twice."""
        try:
            self.data.close()
        except BufferError:
            # Arrays over the mapping are still alive: it goes when they do.
            return

    def _report_metas(self, faults: tuple[str | None, ...]) -> None:
        for number, fault in enumerate(faults):
            if fault is None:
                continue
            lost = "" if self.has_trailer else "; the newest transaction may be missing"
            self.damage.append(
                Damage(
                    where=f"{self.path} page {number}",
                    what=f"meta page is damaged ({fault}), read the other one"
                    f" (transaction {self.meta.txid}){lost}",
                    severity=Severity.WARNING,
                    page=number,
                    offset=number * self.page_size,
                )
            )

    def _report_size(self) -> None:
        expected = self.meta.high_water_mark * self.page_size
        if self.size < expected:
            self.damage.append(
                Damage(
                    where=self.path,
                    what=f"the file is cut: {self.size} of {expected} bytes are there",
                    severity=Severity.LOSS,
                    offset=self.size,
                )
            )


def _map(name: str) -> mmap.mmap:
    try:
        mode = Path(name).stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError("is a directory, not a snapshot file", path=name)
        if not stat.S_ISREG(mode):
            raise SourceError("is not a regular file", path=name)
        with Path(name).open("rb") as stream:
            size = stream.seek(0, 2)
            if size == 0:
                raise SourceError("the file is empty", next_step=_OTHER_COPY, path=name)
            return mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_READ)
    except OSError as error:
        raise SourceError(_reason(error), path=name) from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _find_page_size(data: mmap.mmap, name: str) -> int:
    """The page size by the first meta that validates, tried where bbolt itself looks.

    Raises:
        SourceError: no meta validates.
    """
    for offset in (0, *PAGE_SIZES):
        meta = read_meta(data, offset)
        if meta is not None and meta_fault(data, offset) is None and offset in (0, meta.page_size):
            return meta.page_size
    raise SourceError("is no etcd snapshot", path=name)
