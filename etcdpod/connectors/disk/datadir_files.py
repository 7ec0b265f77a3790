"""Finds the files of an etcd data directory without opening them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from etcdpod.etcd.wal.layout import segment_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from etcdpod.etcd.wal.layout import SegmentName

MAX_FILES = 10_000
"""The maximum number of directory entries that are examined."""


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """The files of one member."""

    database: Path | None
    """``snap/db``."""
    segments: tuple[Path, ...]
    """The segments of the write-ahead log, oldest first."""
    broken_segments: tuple[Path, ...]
    """Copies that etcd made before truncating a torn tail off a segment that is present as well."""
    other_databases: tuple[Path, ...] = field(default=())
    """Databases received from a leader, and unfinished copies of the member's own."""
    raft_snapshots: tuple[Path, ...] = field(default=())
    """``.snap`` files."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that could be read."""
        return self.database is None and not self.segments and not self.other_databases


def find_files(target: Path, wal_dir: Path | None = None) -> DataDirectory:
    """The files of a data directory, of its ``member`` directory, or of a copy of either.

    Args:
        target: the directory that the user named; may also be a ``snap`` or ``wal`` directory.
        wal_dir: the directory of the log, if it is elsewhere.

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
    """The segments in log order, and the copies of some of them."""
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
