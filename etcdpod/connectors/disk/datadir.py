"""A data directory as a source: the database, the write-ahead log, and the files beside them.

Everything is opened read-only, without a lock, even under a running etcd. The database is read
before the log, so that the log reaches at least as far.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from etcdpod.connectors.base import endless
from etcdpod.connectors.disk.datadir_files import find_files
from etcdpod.connectors.disk.datadir_info import describe
from etcdpod.connectors.disk.datadir_log import replay_log
from etcdpod.connectors.disk.evidence_places import (
    newest_sound,
    open_store,
    stale_place,
    tree_place,
)
from etcdpod.connectors.disk.overlay import Overlay, RevisionSpan, has_losses
from etcdpod.connectors.disk.overlay_connector import OverlayConnector
from etcdpod.damage import Damage, DamageCode, Fault
from etcdpod.errors import SourceError
from etcdpod.etcd.bbolt.carve import empty_file
from etcdpod.etcd.mvcc.store import Store
from etcdpod.etcd.wal.snapfile import read_snap

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from etcdpod.connectors.base import LongWork
    from etcdpod.connectors.disk.datadir_files import DataDirectory
    from etcdpod.connectors.disk.datadir_log import ReplayedLog
    from etcdpod.connectors.disk.evidence_places import Place
    from etcdpod.records import Record, SourceInfo


class DataDirectoryConnector(OverlayConnector):
    """The revisions of one member: from its tree, its log and its free pages.

    Args:
        target: as the user named it.
        files: the files of the directory.
        only_vouched: leave out everything that the newest tree does not hold.
        long_work: reports the progress of reading, and may stop it early.
    """

    def __init__(
        self,
        target: str,
        files: DataDirectory,
        *,
        only_vouched: bool = False,
        long_work: LongWork = endless,
    ) -> None:
        self.target = target
        self.files = files
        self._only_vouched = only_vouched
        self._long_work = long_work
        self._own_damage: list[Damage] = []
        self.store = _open_database(target, files, self._own_damage)
        self.log: ReplayedLog | None = None
        if files.segments and not only_vouched:
            self.log = replay_log(target, files, self.store, self._own_damage, long_work)
        self._others = [] if only_vouched else self._other_databases()
        self._check_raft_snapshots()
        self._overlays: dict[bool, Overlay] = {}

    @classmethod
    def detect(cls, target: str | os.PathLike[str]) -> bool:
        """Whether ``target`` is a directory that contains a database or a log; never raises."""
        try:
            path = Path(target)
            return path.is_dir() and not find_files(path).is_empty
        except (OSError, ValueError):
            return False

    @classmethod
    def open(
        cls,
        target: str | os.PathLike[str],
        *,
        wal_dir: str | os.PathLike[str] | None = None,
        only_vouched: bool = False,
        long_work: LongWork = endless,
        **_connection: Any,
    ) -> DataDirectoryConnector:
        """Open the directory, replay its log and compare it with the database.

        Raises:
            SourceError: neither a database nor a log can be read.
        """
        name = str(target)
        try:
            files = find_files(Path(target), None if wal_dir is None else Path(wal_dir))
        except OSError as error:
            raise SourceError(f"cannot be read: {error.strerror}", path=name) from error
        if files.is_empty:
            what = "holds no member/snap/db and no write-ahead log"
            raise SourceError(what, next_step="name the data directory of etcd", path=name)
        return cls(name, files, only_vouched=only_vouched, long_work=long_work)

    @property
    def damage(self) -> list[Damage]:
        """Defects found so far."""
        return [*self.store.damage, *self._own_damage]

    def info(self) -> SourceInfo:
        """What this directory is and which revisions it covers."""
        span = self.overlay(whole=False).span
        return describe(self.target, self.files, self.store, self.log, span)

    def overlay(self, *, whole: bool) -> Overlay:
        """The state that answers the next query, with or without its free pages."""
        store = self.store.refreshed()
        if store is not self.store:
            self.store = store
            self._overlays.clear()
        whole = not self._only_vouched and (whole or has_losses(store))
        if whole not in self._overlays:
            self._overlays[whole] = self._lay_over(store, whole=whole)
        return self._overlays[whole]

    def attempts(self, key: bytes | None = None) -> Iterator[Record]:
        """Writes that were refused, never committed, or not known to be committed; in log order.

        The revision of a refused write is the one that it would have had, 0 if unknown.
        """
        if self.log is None:
            return
        place = self.log.place
        for row in place.attempts():
            if key is None or place.key(row) == key:
                yield place.record(row, keys_only=False)

    def close(self) -> None:
        """Close all files; may be called twice."""
        self.store.file.close()
        for _, store in self._others:
            store.file.close()
        if self.log is not None:
            self.log.reader.close()

    def _lay_over(self, store: Store, *, whole: bool) -> Overlay:
        places: list[Place] = []
        overruled = np.zeros(0, np.int64)
        current, compacted = store.index.current_revision, store.index.compact_revision
        whole_from = compacted + 1
        if self.log is not None:
            places.append(self.log.place)
            overruled = self.log.overruled
            current = max(current, self.log.replayed.revision)
            whole_from = self.log.whole_from(compacted)
        if whole:
            places.extend(tree_place(self.target, other, name) for name, other in self._others)
            name, damage = _database_name(self.files), self._own_damage
            stale = stale_place(self.target, store, name, damage=damage, long_work=self._long_work)
            places.append(stale)
            if len(store.index) == 0:
                current = max(current, newest_sound(stale))
        span = RevisionSpan(current, compacted, whole_from)
        return Overlay(store, places, overruled, span, self._own_damage)

    def _check_raft_snapshots(self) -> None:
        for path in self.files.raft_snapshots:
            try:
                read = read_snap(path)
            except OSError as error:
                code, reason = DamageCode.RAFT_SNAPSHOT_UNREADABLE, str(error.strerror)
                self._own_damage.append(Damage(code, str(path), reason=reason))
                continue
            if isinstance(read, Fault):
                self._own_damage.append(Damage(DamageCode.RAFT_SNAPSHOT, str(path), fault=read))

    def _other_databases(self) -> list[tuple[str, Store]]:
        """Other complete databases in the directory, by name."""
        found = []
        for path in self.files.other_databases:
            try:
                found.append((path.name, Store.open(path)))
            except SourceError as error:
                code = DamageCode.OTHER_DATABASE_UNREADABLE
                self._own_damage.append(Damage(code, str(path), reason=error.what))
        return found


def _database_name(files: DataDirectory) -> str | None:
    return None if files.database is None else files.database.name


def _open_database(target: str, files: DataDirectory, damage: list[Damage]) -> Store:
    """The database, or an empty one in place of a missing or unreadable one."""
    if files.database is None:
        damage.append(Damage(DamageCode.NO_DATABASE, target))
        return Store(empty_file(target))
    try:
        return open_store(files.database)
    except SourceError as error:
        code = DamageCode.DATABASE_UNREADABLE
        damage.append(Damage(code, str(files.database), reason=error.what))
        return Store(empty_file(str(files.database)))
