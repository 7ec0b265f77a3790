"""A bbolt file as a source, with the compacted revisions that its free pages still hold."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from etcdpod.connectors.base import endless
from etcdpod.connectors.disk.datadir_info import describe_database
from etcdpod.connectors.disk.evidence_places import newest_sound, open_store, stale_place
from etcdpod.connectors.disk.overlay import Overlay, RevisionSpan, has_losses
from etcdpod.connectors.disk.overlay_connector import OverlayConnector

if TYPE_CHECKING:
    from etcdpod.connectors.base import LongWork
    from etcdpod.connectors.disk.evidence_places import FilePlace
    from etcdpod.damage import Damage
    from etcdpod.etcd.mvcc.store import Store
    from etcdpod.records import SourceInfo


CHECKED_AT_ONCE = 32 << 20
"""Size in bytes up to which the trailer is always checked: that takes less than 0.1 seconds."""


class CarvingConnector(OverlayConnector):
    """A snapshot, or the ``db`` of a member: its tree, and on demand its free pages.

    What exists is answered from the tree alone. The free pages are searched, once, only when all
    revisions are requested; or for every query, if the tree itself is damaged.
    """

    def __init__(
        self, store: Store, *, only_vouched: bool = False, long_work: LongWork = endless
    ) -> None:
        self._store = store
        self._only_vouched = only_vouched
        self._long_work = long_work
        self._overlays: dict[bool, Overlay] = {}
        self._own_damage: list[Damage] = []

    @classmethod
    def detect(cls, target: str | os.PathLike[str]) -> bool:
        """Whether ``target`` is anything on disk except a directory; never raises."""
        try:
            return not stat.S_ISDIR(os.stat(target).st_mode)  # noqa: PTH116 any name will do
        except (OSError, ValueError):
            return False

    @classmethod
    def open(
        cls,
        target: str | os.PathLike[str],
        *,
        name: str | None = None,
        only_vouched: bool = False,
        long_work: LongWork = endless,
        **_connection: Any,
    ) -> CarvingConnector:
        """Open and index the file; if both of its metas are damaged, it is carved.

        ``long_work`` reports the progress of the search of free pages, and may stop it.

        Raises:
            SourceError: it cannot be read as a bbolt file.
        """
        store = open_store(target, name)
        connector = cls(store, only_vouched=only_vouched, long_work=long_work)
        if connector.store.file.size <= CHECKED_AT_ONCE:
            connector.check_trailer()
        return connector

    @property
    def store(self) -> Store:
        """The state that answers the next query."""
        store = self._store.refreshed()
        if store is not self._store:
            self._store = store
            self._overlays.clear()
        return store

    @property
    def damage(self) -> list[Damage]:
        """Defects found so far."""
        return [*self._store.damage, *self._own_damage]

    def info(self) -> SourceInfo:
        """What this file is and which revisions it covers."""
        described = describe_database(self.store)
        return replace(described, current_revision=self.overlay(whole=False).span.current)

    def check_trailer(self) -> bool | None:
        """Whether the SHA-256 trailer matches; None without one. Reads the whole file."""
        return self._store.file.check_trailer()

    def overlay(self, *, whole: bool) -> Overlay:
        """The state that answers the next query, with or without its free pages."""
        store = self.store
        whole = not self._only_vouched and (whole or has_losses(store))
        if whole not in self._overlays:
            places = [self._free_pages(store)] if whole else []
            current, compacted = store.index.current_revision, store.index.compact_revision
            if places and len(store.index) == 0:
                current = max(current, newest_sound(places[0]))
            span = RevisionSpan(current, compacted, compacted + 1)
            nothing = np.zeros(0, np.int64)
            self._overlays[whole] = Overlay(store, places, nothing, span, self._own_damage)
        return self._overlays[whole]

    def _free_pages(self, store: Store) -> FilePlace:
        damage, work = self._own_damage, self._long_work
        return stale_place(store.file.path, store, damage=damage, long_work=work)

    def close(self) -> None:
        """Unmap the file; may be called twice."""
        self._store.file.close()
