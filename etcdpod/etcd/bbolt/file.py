"""A bbolt file mapped for reading: its two meta pages, its page size, its pages.

The file is opened read-only and never locked: etcd holds an exclusive advisory lock on the ``db``
of a running member, so an attempt to lock it would block forever.
"""

from __future__ import annotations

import mmap
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from etcdpod.damage import Damage, DamageCode, Fault
from etcdpod.errors import SourceError
from etcdpod.etcd.bbolt.layout import (
    MAGIC,
    META,
    NO_FREELIST,
    PAGE_HEADER,
    PAGE_SIZES,
    TRAILER_ALIGNMENT,
    TRAILER_SIZE,
    Meta,
    PageHeader,
    meta_fault,
    read_meta,
)

_HASH_CHUNK = 1 << 20
_SMALLEST = 2 * PAGE_SIZES[0]
_OTHER_COPY = "take another copy: an older snapshot, or the db of another member"
_BIG_ENDIAN_MAGIC = MAGIC.to_bytes(4, "big")


@dataclass(slots=True)
class BboltFile:
    """An open bbolt file; its size and the selected meta are as of the time of opening."""

    path: str
    stream: BinaryIO
    data: mmap.mmap
    size: int
    metas: tuple[Meta | None, Meta | None]
    """The metas of pages 0 and 1; None for a damaged one."""
    meta: Meta
    """The valid meta with the highest transaction id: the newest committed state."""
    damage: list[Damage] = field(default_factory=list)
    trailer_matches: bool | None = None
    """The result of ``check_trailer``; None before the check, or without a trailer."""

    @classmethod
    def open(cls, path: str | os.PathLike[str], name: str | None = None) -> BboltFile:
        """Map the file at ``path`` and select its meta page.

        Args:
            path: the file.
            name: the name to use in records and errors; defaults to the path.

        Raises:
            SourceError: the file is missing, is not a bbolt file, or both metas are damaged.
        """
        place = os.fspath(path)
        return cls._of(place if name is None else name, _open_stream(place))

    @classmethod
    def _of(cls, name: str, stream: BinaryIO) -> BboltFile:
        data = _map(name, stream)
        page_size = _find_page_size(data, name)
        faults = tuple(meta_fault(data, offset) for offset in (0, page_size))
        first, second = (
            read_meta(data, offset) if fault is None else None
            for offset, fault in zip((0, page_size), faults, strict=True)
        )
        valid = [meta for meta in (first, second) if meta is not None]
        chosen = max(valid, key=lambda meta: meta.txid)
        file = cls(name, stream, data, len(data), (first, second), chosen)
        file._report_metas(faults)
        file._report_size()
        return file

    def reopened(self) -> BboltFile:
        """The same file in its current state, even if another file has since taken its name.

        Raises:
            SourceError: it is no longer readable.
        """
        return self._of(self.path, os.fdopen(os.dup(self.stream.fileno()), "rb"))

    @property
    def page_size(self) -> int:
        """Page size in bytes, as recorded in the meta."""
        return self.meta.page_size

    @property
    def page_count(self) -> int:
        """The number of readable pages: entirely in the file and below the high-water mark."""
        return min(self.meta.high_water_mark, self.size // self.page_size)

    @property
    def previous(self) -> Meta | None:
        """The other meta if it roots an older state, else None.

        A snapshot has the same root in both; only a member's own ``db`` has an older tree.
        """
        for meta in self.metas:
            if meta is not None and meta.txid < self.meta.txid and meta.root != self.meta.root:
                return meta
        return None

    @property
    def freelist_stored(self) -> bool:
        """Whether the freelist is stored in the file; etcd on Linux omits it."""
        return self.meta.freelist != NO_FREELIST

    @property
    def has_trailer(self) -> bool:
        """Whether the file size is that of a file with a trailing SHA-256."""
        return self.size % TRAILER_ALIGNMENT == TRAILER_SIZE

    def check_trailer(self) -> bool | None:
        """Whether the trailing SHA-256 matches the rest of the file; None without a trailer.

        Reads the whole file, once; a mismatch is reported as damage.
        """
        if self.has_trailer and self.trailer_matches is None:
            self.trailer_matches = self._hash() == self.data[self.size - TRAILER_SIZE :]
            if not self.trailer_matches:
                self.damage.append(Damage(DamageCode.TRAILER_MISMATCH, self.path))
        return self.trailer_matches

    def _hash(self) -> bytes:
        # Imported here because OpenSSL takes as long to load as everything else together.
        import hashlib

        end = self.size - TRAILER_SIZE
        digest = hashlib.sha256()
        for start in range(0, end, _HASH_CHUNK):
            digest.update(self.data[start : min(start + _HASH_CHUNK, end)])
        return digest.digest()

    def page_header(self, page: int) -> PageHeader | None:
        """The header of page ``page``, or None if the file ends before it."""
        if not 0 <= page < self.page_count:
            return None
        return PageHeader._make(PAGE_HEADER.unpack_from(self.data, page * self.page_size))

    def page(self, page: int) -> bytes:
        """The bytes of page ``page`` without its overflow; empty past the end of the file."""
        start = page * self.page_size
        return self.data[start : min(start + self.page_size, self.size)]

    def changed(self) -> bool:
        """Whether a writer has committed since the file was opened, and may be reusing pages."""
        if self.size < self.meta.high_water_mark * self.page_size:
            # The file grows before a commit needs the space: it grew between two of our reads.
            return os.fstat(self.stream.fileno()).st_size > self.size
        for number, meta in enumerate(self.metas):
            offset = number * self.page_size
            if meta is None:
                # Damaged, or only partly written when the file was opened.
                if meta_fault(self.data, offset) is None:
                    return True
                continue
            start = offset + PAGE_HEADER.size
            if self.data[start : start + META.size] != META.pack(*meta):
                return True
        return False

    def close(self) -> None:
        """Unmap the file if nothing references the mapping any more; may be called twice."""
        self.stream.close()
        try:
            self.data.close()
        except BufferError:
            # Arrays over the mapping are still alive: it is unmapped along with them.
            return

    def _report_metas(self, faults: tuple[Fault | None, ...]) -> None:
        for number, fault in enumerate(faults):
            if fault is None:
                continue
            is_saved = self.has_trailer
            code = DamageCode.META_PAGE if is_saved else DamageCode.META_PAGE_OF_MEMBER
            offset, chosen = number * self.page_size, self.meta.txid
            self.damage.append(
                Damage(code, self.path, number, offset, fault=fault, transaction=chosen)
            )

    def _report_size(self) -> None:
        expected = self.meta.high_water_mark * self.page_size
        if self.size < expected:
            code, size = DamageCode.FILE_TRUNCATED, self.size
            self.damage.append(Damage(code, self.path, None, size, count=size, total=expected))


def _open_stream(name: str) -> BinaryIO:
    try:
        mode = Path(name).stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError("is a directory, not a snapshot file", path=name)
        if not stat.S_ISREG(mode):
            # Opening a pipe would block until it has a writer.
            raise SourceError("is not a regular file", path=name)
        return Path(name).open("rb")
    except (OSError, ValueError) as error:
        raise SourceError(_reason(error), path=name) from error


def _map(name: str, stream: BinaryIO) -> mmap.mmap:
    try:
        size = os.fstat(stream.fileno()).st_size
        if size >= _SMALLEST:
            return mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_READ)
    except OSError as error:
        raise SourceError(_reason(error), path=name) from error
    if size == 0:
        raise SourceError("the file is empty", next_step=_OTHER_COPY, path=name)
    raise SourceError(f"is no etcd snapshot: only {size} bytes", path=name)


def _reason(error: OSError | ValueError) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.lower()


def _find_page_size(data: mmap.mmap, name: str) -> int:
    """The page size given by the first meta that validates, tried at the offsets that bbolt tries.

    Raises:
        SourceError: no meta validates.
    """
    for offset in (0, *PAGE_SIZES):
        meta = read_meta(data, offset)
        if meta is not None and meta_fault(data, offset) is None and offset in (0, meta.page_size):
            return meta.page_size
    magics = [read_meta(data, offset) for offset in (0, *PAGE_SIZES)]
    if any(meta is not None and meta.magic == MAGIC for meta in magics):
        what = "both meta pages are damaged, nothing says where the data begins"
        raise SourceError(what, next_step=_OTHER_COPY, path=name)
    if data[PAGE_HEADER.size : PAGE_HEADER.size + 4] == _BIG_ENDIAN_MAGIC:
        what = "was written on a big-endian machine (s390x), which is not supported"
        raise SourceError(what, path=name)
    what = "is no etcd snapshot: it has no bbolt meta page"
    raise SourceError(what, next_step="see `file` for what it is", path=name)
