"""Compressed streams, recognised by their first bytes: gzip, xz, bzip2, zstd; and tar and zip."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from etcdpod.damage import DamageCode
from etcdpod.errors import SourceError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

CHUNK = 1 << 18
HEAD = (64 << 10) + 128
"""Bytes of a file that determine its format: only a database's second meta page may be sound."""
_SHORT_HEAD = 512
_TAR_OFFSET = 257
_TAR_MAGICS = (b"ustar\x00", b"ustar ")
_ZIP = b"PK\x03\x04"
ZSTD_MODULES = ("compression.zstd", "backports.zstd", "zstandard")
"""Python's own module since 3.14, then the packages that provide it for older versions."""


class Compression(NamedTuple):
    """The magic bytes and the name of one kind of compressed stream."""

    magic: bytes
    suffix: str


COMPRESSIONS = {
    "gzip": Compression(b"\x1f\x8b\x08", ".gz"),
    "xz": Compression(b"\xfd7zXZ\x00", ".xz"),
    "bzip2": Compression(b"BZh", ".bz2"),
    "zstd": Compression(b"\x28\xb5\x2f\xfd", ".zst"),
}


def packed_form(head: bytes) -> str | None:
    """The format of a file with those first bytes; None if it is not packed."""
    for form, compression in COMPRESSIONS.items():
        if head.startswith(compression.magic):
            return form
    if head.startswith(_ZIP):
        return "zip"
    magic = head[_TAR_OFFSET : _TAR_OFFSET + 6]
    return "tar" if magic in _TAR_MAGICS else None


def is_packed(target: str | os.PathLike[str]) -> bool:
    """Whether ``target`` is a file that starts like a packed one; never raises."""
    try:
        path = Path(target)
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            return packed_form(stream.read(_SHORT_HEAD)) is not None
    except (OSError, ValueError):
        return False


def decompressed(
    stream: IO[bytes], form: str, path: str, report: Callable[[DamageCode, str], None]
) -> IO[bytes]:
    """The decompressed stream, as far as it can be decompressed.

    Args:
        stream: the compressed bytes.
        form: the result of ``packed_form``.
        path: the file, for errors.
        report: called with a code and a reason if the stream ends early.

    Raises:
        SourceError: this Python has no zstd support.
    """
    return _Guarded(_opened(stream, form, path), report)  # type: ignore[return-value]


def _opened(stream: IO[bytes], form: str, path: str) -> Any:
    if form == "gzip":
        import gzip

        return gzip.GzipFile(fileobj=stream, mode="rb")
    if form == "xz":
        import lzma

        return lzma.LZMAFile(stream)
    if form == "bzip2":
        import bz2

        return bz2.BZ2File(stream)
    for name in ZSTD_MODULES:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        if name == "zstandard":
            return module.ZstdDecompressor().stream_reader(stream, read_across_frames=True)
        return module.ZstdFile(stream)
    raise SourceError(
        "is packed with zstd, which this Python cannot unpack",
        next_step="install the package zstandard, or unpack it with `zstd -d`",
        path=path,
    )


class _Guarded:
    """A decompressor that ends with its data if they are incomplete; errors are reported."""

    def __init__(self, stream: Any, report: Callable[[DamageCode, str], None]) -> None:
        self._stream = stream
        self._report = report

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; empty at the end."""
        try:
            part: bytes = self._stream.read(size)
        except EOFError:
            self._report(DamageCode.PACKED_FILE_TRUNCATED, "")
            return b""
        except _data_errors() as error:
            self._report(DamageCode.PACKED_FILE_DAMAGED, str(error))
            return b""
        return part


def _data_errors() -> tuple[type[Exception], ...]:
    """The exceptions that decompressors raise on bad data; evaluated only after one was raised."""
    import gzip
    import lzma
    import zlib

    errors: list[type[Exception]] = [gzip.BadGzipFile, lzma.LZMAError, zlib.error]
    for name in ZSTD_MODULES:
        try:
            errors.append(importlib.import_module(name).ZstdError)
        except ImportError:
            continue
    return (*errors, OSError)  # the last is raised by bzip2


class PackedStream:
    """The packed file itself; hashes and counts every byte that is read.

    Args:
        raw: the open file.
        hashed: called with each part.
        progress: called with the bytes read and the size.
        size: the size of the file in bytes.
    """

    def __init__(
        self,
        raw: IO[bytes],
        hashed: Callable[[bytes], None],
        progress: Callable[[int, int], None] | None,
        size: int,
    ) -> None:
        self._raw = raw
        self._hashed = hashed
        self._progress = progress
        self._size = size
        self._done = 0
        self._told = 0

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; empty at the end."""
        part = self._raw.read(size)
        self._hashed(part)
        self._done += len(part)
        if self._progress is not None and (self._done - self._told > CHUNK or not part):
            self._told = self._done
            self._progress(self._done, self._size)
        return part

    def drain(self) -> None:
        """Read the rest, so that the hash covers the whole file."""
        while self.read(CHUNK):
            pass

    def readable(self) -> bool:
        """It is there to be read."""
        return True
