"""What lies in an etcd data directory, found without opening anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from etcdpod.etcd.wal.layout import segment_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from etcdpod.etcd.wal.layout import SegmentName

MAX_FILES = 10_000
"""Directory entries that are looked at."""


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """The files of one member."""

    database: Path | None
    """``snap/db``."""
    segments: tuple[Path, ...]
    """The write-ahead log, oldest first."""
    broken_segments: tuple[Path, ...]
    """Copies that etcd made before it cut a torn tail off a segment that is there as well."""
    other_databases: tuple[Path, ...] = field(default=())
    """Databases received from a leader, and unfinished copies of the own one."""
    raft_snapshots: tuple[Path, ...] = field(default=())
    """``.snap`` files."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is there that could be read."""
        return self.database is None and not self.segments and not self.other_databases


def find_files(target: Path, wal_dir: Path | None = None) -> DataDirectory:
    """The files of a data directory, of its ``member``, or of a copy of either.

    Args:
        target: the directory that the user named; also a ``snap`` or ``wal`` directory alone.
        wal_dir: where the log lies, if elsewhere.

    Raises:
        OSError: a directory cannot be read.
    """
    snap = _first_directory(target / "member" / "snap", target / "snap", target)
    wal = wal_dir or _first_directory(target / "member" / "wal", target / "wal", target)
    segments, broken = _segments(_files(wal))
    files = _files(snap)
    database = snap / "db"
    return DataDirectory(
        database=database if database in files else None,
        segments=segments,
        broken_segments=broken,
        other_databases=tuple(path for path in files if _is_other_database(path.name)),
        raft_snapshots=tuple(path for path in files if path.name.endswith(".snap")),
    )


def _first_directory(*candidates: Path) -> Path:
    return next((path for path in candidates if path.is_dir()), candidates[-1])


def _files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if len(found) >= MAX_FILES:
            break
        if path.is_file():
            found.append(path)
    return sorted(found)


def _segments(files: Iterable[Path]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The segments in the order of the log, and the copies of some of them."""
    named = [(name, path) for path in files if (name := segment_name(path)) is not None]
    whole: dict[int, tuple[SegmentName, Path]] = {}
    copies = []
    for name, path in sorted(named, key=lambda pair: pair[0].is_broken):
        if name.sequence in whole:
            copies.append(path)
        else:
            whole[name.sequence] = (name, path)
    return tuple(path for _, path in sorted(whole.values())), tuple(copies)


def _is_other_database(name: str) -> bool:
    return name.endswith(".snap.db") or name.startswith(("db.tmp.", "tmp"))
