"""Prefetches histories of many keys of a live etcd concurrently.

Each query waits about 0.1 s for the next round of etcd's watches; concurrent ones wait only once.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from etcdpod.connectors.base import Watching
from etcdpod.history.lives import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from etcdpod.connectors.base import Connector
    from etcdpod.damage import Damage
    from etcdpod.records import Absence, Record, SourceInfo

AT_ONCE: Final = 16
"""Number of concurrent queries."""

MOST_BYTES: Final = 64 * 2**20
"""Maximum bytes of values cached; the rest is read on demand."""


class Gathered:
    """A source with the histories of some keys cached.

    Args:
        connector: the source; must be thread-safe.
    """

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._held: dict[bytes, list[Record]] = {}
        self._bytes = 0

    @property
    def inner(self) -> Connector:
        """The underlying source."""
        return self._connector

    @property
    def damage(self) -> list[Damage]:
        """Defects found so far."""
        return self._connector.damage

    def info(self) -> SourceInfo:
        """What the source is."""
        return self._connector.info()

    def range(
        self, prefix: bytes, at: int | None = None, *, keys_only: bool = False
    ) -> Iterable[Record]:
        """As the source answers it."""
        return self._connector.range(prefix, at, keys_only=keys_only)

    def get(self, key: bytes, at: int | None = None) -> Record | Absence:
        """As the source answers it."""
        return self._connector.get(key, at)

    def records(
        self, prefix: bytes = b"", *, since: int | None = None, keys_only: bool = False
    ) -> Iterable[Record]:
        """As the source answers it."""
        return self._connector.records(prefix, since=since, keys_only=keys_only)

    def close(self) -> None:
        """Closes the source."""
        self._connector.close()

    def gather(self, keys: Sequence[bytes]) -> None:
        """Read the histories of keys that are not cached yet, concurrently."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self._held]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for start in range(0, len(wanted), AT_ONCE):
                if self._bytes > MOST_BYTES:
                    return
                part = wanted[start : start + AT_ONCE]
                for key, records in zip(part, pool.map(self._read, part), strict=True):
                    self._held[key] = records
                    self._bytes += sum(len(record.value) for record in records)

    def _read(self, key: bytes) -> list[Record]:
        return list(self._connector.history(key))

    def history(
        self, key: bytes, *, since: int | None = None, keys_only: bool = False
    ) -> Iterable[Record]:
        """All revisions of one key from the compact revision on, tombstones included."""
        held = self._held.get(key)
        if held is None:
            return self._connector.history(key, since=since, keys_only=keys_only)
        return [record for record in held if since is None or record.mod_revision >= since]


def gathering(registry: Registry) -> Registry:
    """The same registry, with a history cache if its source is live."""
    if not isinstance(registry.connector, Watching):
        return registry
    return Registry(
        Gathered(registry.connector),
        registry.decoder,
        prefixes=registry.prefixes,
        show_secrets=registry.show_secrets,
        as_served=registry.as_served,
    )


def gather(registry: Registry, keys: Sequence[bytes]) -> None:
    """Prefetch the histories of keys if the registry has a cache."""
    if isinstance(registry.connector, Gathered):
        registry.connector.gather(keys)
