"""Unpacks backups: layers of compression and archives, in bounded space.

Nothing in an archive is trusted: members get names of our own, links and devices are left out,
and no more is written than the disk has room for. Blocks of zeros become holes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from etcdpod.connectors.packed.compression import (
    COMPRESSIONS,
    HEAD,
    PackedStream,
    decompressed,
    packed_form,
)
from etcdpod.damage import Damage, DamageCode
from etcdpod.damage_text import damage_sentence
from etcdpod.errors import SourceError
from etcdpod.etcd.bbolt.layout import MAGIC, PAGE_HEADER, PAGE_SIZES
from etcdpod.etcd.wal.layout import segment_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Progress = Callable[[int, int], None]

BLOCK = 1 << 20
MAX_LAYERS = 4
"""The maximum nesting of packed files: ``backup.tar.gz`` has two levels."""
MAX_MEMBERS = 10_000
LARGEST = 1 << 37
"""The maximum size in bytes of the unpacked files, holes included: far above any etcd's."""
MARGIN = 64 << 20
"""Bytes of disk space that are left free."""
_CHECK_EVERY = 64 << 20
"""Bytes written between two checks of the free space."""
_SPARSE_BLOCK = 64 << 10
_SNAP, _WAL = ("member", "snap"), ("member", "wal")


@dataclass(frozen=True, slots=True)
class UnpackedSource:
    """The contents of a packed file."""

    folder: Path
    """The directory with the files of a data directory."""
    database: Path | None
    """The snapshot; None if a data directory was found."""
    members: tuple[str, ...]
    """The name in the archive of what was unpacked; for a data directory, that of the directory."""
    form: str
    """``gzip``, ``tar.xz``, ``zip`` …"""
    size: int
    """Size in bytes of the packed file."""
    sha256: str
    """SHA-256 of the packed file, in hexadecimal."""
    damage: tuple[Damage, ...]
    """Where unpacking had to stop."""


def unpack(path: Path, folder: Path, progress: Progress | None = None) -> UnpackedSource:
    """Unpack a file into a directory.

    Args:
        path: the packed file; read once, from start to end.
        folder: an empty private directory.
        progress: called with the bytes read and the size of the packed file.

    Raises:
        SourceError: it is damaged, too large, or does not contain exactly one source.
        OSError: the disk cannot hold it.
    """
    unpacker = _Unpacker(path, folder)
    size = path.stat().st_size
    with path.open("rb") as raw:
        digest = hashlib.sha256()
        stream = PackedStream(raw, digest.update, progress, size)
        unpacker.file(stream, path.name, 0)  # type: ignore[arg-type]
        stream.drain()
    return unpacker.result(size, digest.hexdigest())


class _Unpacker:
    """The files found in one packed file."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = str(path)
        self._folder = folder
        self._forms: list[str] = []
        self._snapshots: dict[str, Path] = {}
        self._directories: dict[str, None] = {}
        self._damage: list[Damage] = []
        self._members = 0
        self._written = 0

    def result(self, size: int, sha256: str) -> UnpackedSource:
        """What was found, if it is exactly one source.

        Raises:
            SourceError: there is none, or more than one.
        """
        found = [*self._snapshots, *self._directories]
        if not found:
            what = "holds no snapshot and no data directory"
            if self._damage:
                what = damage_sentence(self._damage[0])
            raise SourceError(what, path=self._path)
        if len(found) > 1:
            raise SourceError(
                f"holds {len(found)} snapshots or data directories: {', '.join(found[:4])}",
                next_step="unpack it and name one with --from, or each with a --from of its own",
                path=self._path,
            )
        database = next(iter(self._snapshots.values()), None)
        form = ".".join(reversed(self._forms))
        folder, damage = self._folder / "0", tuple(self._damage)
        return UnpackedSource(folder, database, tuple(found), form, size, sha256, damage)

    def file(self, stream: IO[bytes], name: str, layer: int) -> None:
        """Process the contents of one stream: packed files are opened, snapshots are kept."""
        head = _read_head(stream)
        form = packed_form(head)
        whole: IO[bytes] = _Rejoined(head, stream)  # type: ignore[assignment]
        if form is None:
            self._keep(whole, head, name)
            return
        if layer == MAX_LAYERS:
            raise SourceError("is packed too many times over", path=self._path)
        if layer == len(self._forms):
            self._forms.append(form)
        if form == "zip":
            self._zip(whole, layer)
        elif form == "tar":
            self._tar(whole, layer)
        else:
            inner = name.removesuffix(COMPRESSIONS[form].suffix)
            self.file(decompressed(whole, form, self._path, self._report), inner, layer + 1)

    def _report(self, code: DamageCode, reason: str = "") -> None:
        damage = Damage(code, self._path, reason=reason)
        if damage not in self._damage:
            self._damage.append(damage)

    def _keep(self, stream: IO[bytes], head: bytes, name: str) -> None:
        if not _is_database(head):
            return
        place = self._folder / f"snapshot-{len(self._snapshots)}.db"
        self._snapshots[name] = place
        self._write(stream, place)

    def _tar(self, stream: IO[bytes], layer: int) -> None:
        import tarfile

        try:
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    content = archive.extractfile(member) if member.isreg() else None
                    if content is not None:
                        self._member(content, member.name, layer)
        except tarfile.TarError as error:
            self._report(DamageCode.ARCHIVE_DAMAGED, str(error))

    def _zip(self, stream: IO[bytes], layer: int) -> None:
        import zipfile

        # A zip's directory is at its end: a zip inside another file is unpacked first.
        place = self._folder / f"layer-{layer}.zip"
        if layer == 0:
            place = Path(self._path)
        else:
            self._write(stream, place)
        try:
            with zipfile.ZipFile(place) as archive:
                for entry in archive.infolist():
                    if not entry.is_dir():
                        with archive.open(entry) as content:
                            self._member(content, entry.filename, layer)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            self._report(DamageCode.ZIP_DAMAGED, str(error))
        except (NotImplementedError, RuntimeError) as error:
            # It is encrypted, or compressed with a method that Python does not support.
            raise SourceError(f"is a zip that cannot be read: {error}", path=self._path) from error

    def _member(self, content: IO[bytes], name: str, layer: int) -> None:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise SourceError(f"holds more than {MAX_MEMBERS} files", path=self._path)
        place = self._place_in_directory(name)
        if place is None:
            self.file(content, name, layer + 1)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            self._write(content, place)

    def _place_in_directory(self, name: str) -> Path | None:
        """The path for a file of a data directory; None for any other file."""
        path = PurePosixPath(name)
        if path.parent.name == "snap" or path.name.endswith(".snap.db"):
            below = _SNAP
        elif segment_name(Path(path.name)) is not None:
            below = _WAL
        else:
            return None
        above = path.parent.parent if path.parent.name in ("snap", "wal") else path.parent
        above = above.parent if above.name == "member" else above
        self._directories[str(above)] = None
        number = list(self._directories).index(str(above))
        return self._folder.joinpath(str(number), *below, path.name)

    def _write(self, stream: IO[bytes], place: Path) -> None:
        """Copy a stream to a new file, with blocks of zeros as holes.

        Raises:
            SourceError: the disk has no space for it.
        """
        with open(place, "xb", opener=_private) as out:
            for block in _blocks(stream):
                if self._written % _CHECK_EVERY < len(block):
                    self._check_room()
                self._written += len(block)
                if self._written > LARGEST:
                    raise SourceError(f"unpacks to more than {LARGEST:,} bytes", path=self._path)
                if block.count(0) == len(block):
                    out.seek(len(block), os.SEEK_CUR)
                else:
                    out.write(block)
            out.truncate()

    def _check_room(self) -> None:
        if shutil.disk_usage(self._folder).free < MARGIN + _CHECK_EVERY:
            raise SourceError(
                f"there is no room to unpack it: {self._written:,} bytes were written",
                next_step="set TMPDIR to a folder with more room",
                path=self._path,
            )


def _private(path: str, flags: int) -> int:
    """Opens a file that no other user may read: it may hold Secrets."""
    return os.open(path, flags, 0o600)


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(_SPARSE_BLOCK):
        yield block


def _read_head(stream: IO[bytes]) -> bytes:
    head = b""
    while len(head) < HEAD and (part := stream.read(HEAD - len(head))):
        head += part
    return head


def _is_database(head: bytes) -> bool:
    """Whether a file has a bbolt meta on its first or second page."""
    magic = MAGIC.to_bytes(4, "little")
    starts = [offset + PAGE_HEADER.size for offset in (0, *PAGE_SIZES)]
    return any(head[start : start + len(magic)] == magic for start in starts)


class _Rejoined:
    """A stream with the bytes already read put back."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; empty at the end."""
        if not self._head:
            return self._rest.read(size)
        part = self._head if size < 0 else self._head[:size]
        self._head = self._head[len(part) :]
        return part + self._rest.read() if size < 0 else part

    def readable(self) -> bool:
        """It is there to be read."""
        return True
