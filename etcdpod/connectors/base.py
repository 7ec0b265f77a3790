"""The interface of every source of records; ``CONNECTORS`` is in ``etcdpod.connectors``."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, overload, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from etcdpod.damage import Damage
    from etcdpod.records import Absence, Record, SourceInfo
    from etcdpod.source_details import ClusterDetails


class Connector(Protocol):
    """A source that holds revisions of etcd keys.

    Everything that can be computed from records (incarnations, "as of" views of objects, diffs) is
    computed in the layers above, once for all sources. Revisions are main revisions.
    """

    @property
    def damage(self) -> list[Damage]:
        """Defects found so far; the list may grow while records are read."""

    def info(self) -> SourceInfo:
        """What this source is and which revisions it covers."""

    def range(
        self, prefix: bytes, at: int | None = None, *, keys_only: bool = False
    ) -> Iterable[Record]:
        """The keys under ``prefix`` that exist at revision ``at`` (default: the newest).

        In byte order of the keys. A source with random access returns a ``Selection``
        instead of a plain iterable.

        Raises:
            CompactedError: ``at`` is below the compact revision.
            FutureRevisionError: ``at`` is newer than the source.
        """

    def get(self, key: bytes, at: int | None = None) -> Record | Absence:
        """The revision of ``key`` that is current at ``at``, or why there is none."""

    def history(
        self, key: bytes, *, since: int | None = None, keys_only: bool = False
    ) -> Iterable[Record]:
        """All retained revisions of one key, tombstones included, in revision order."""

    def records(
        self, prefix: bytes = b"", *, since: int | None = None, keys_only: bool = False
    ) -> Iterable[Record]:
        """All retained revisions under ``prefix``, tombstones included, in revision order."""

    def close(self) -> None:
        """Close files and connections; may be called twice."""


@runtime_checkable
class Selection(Protocol):
    """Records that can be counted, sliced and read at random; their values are not kept in memory.

    A bulk decoder distributes it over processes: each opens the same source and reads a slice.
    """

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Record]: ...

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Record] | Selection: ...


@runtime_checkable
class KeptHistory(Protocol):
    """Retained revisions up to a point from which a watch can continue."""

    @property
    def through_revision(self) -> int:
        """The source's newest revision when the history was requested."""

    def __iter__(self) -> Iterator[Record]: ...


class LongWork(Protocol):
    """Returns a context manager for a long operation, given its name."""

    def __call__(self, what: str, /) -> AbstractContextManager[Callable[[int, int], bool]]:
        """On entry it yields a callback for bytes done and total; True stops the operation."""


@contextmanager
def endless(_what: str) -> Iterator[Callable[[int, int], bool]]:
    """A long operation without progress reporting, which is never stopped."""
    yield lambda _done, _whole: False


@runtime_checkable
class Watching(Connector, Protocol):
    """A live source: new revisions can be followed as they arrive."""

    def history(
        self, key: bytes, *, since: int | None = None, keys_only: bool = False
    ) -> KeptHistory:
        """All retained revisions of one key, and the revision up to which they are complete."""

    def watch(self, prefix: bytes, since: int) -> Iterator[Record]:
        """Every revision under ``prefix`` from ``since`` on, blocking for new ones."""

    def watch_key(self, key: bytes, since: int) -> Iterator[Record]:
        """The same for a single key."""


@runtime_checkable
class Clustered(Protocol):
    """A running etcd whose members can be queried."""

    def cluster_details(self) -> ClusterDetails:
        """The state of the cluster and of each member; queries all of them."""


@runtime_checkable
class Attempting(Protocol):
    """A source with a write-ahead log, which also has failed and uncommitted writes."""

    def attempts(self, key: bytes | None = None) -> Iterator[Record]:
        """Writes that were refused or never committed, of one key or all, in log order.

        The revision of a refused write is the one that it would have had, 0 if unknown.
        """
