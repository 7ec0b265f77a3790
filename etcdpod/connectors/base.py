"""The contract of every source of records; ``CONNECTORS`` lives in ``etcdpod.connectors``."""

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
    """Something that holds revisions of etcd keys.

    Whatever can be computed from records (incarnations, "as of" views of objects, diffs) is
    computed above, once, for every source. Revisions are main revisions.
    """

    @property
    def damage(self) -> list[Damage]:
        """Defects met so far; it may grow while records are read."""

    def info(self) -> SourceInfo:
        """What this source is and how far it reaches."""

    def range(
        self, prefix: bytes, at: int | None = None, *, keys_only: bool = False
    ) -> Iterable[Record]:
        """The keys under ``prefix`` that are alive at revision ``at`` (default: the newest).

        In byte order of the keys. A source that can address its records at random returns a
        ``Selection`` instead of a plain iterable.

        Raises:
            CompactedError: ``at`` lies below the compact revision.
            FutureRevisionError: ``at`` is newer than the source.
        """

    def get(self, key: bytes, at: int | None = None) -> Record | Absence:
        """The revision of ``key`` that is current at ``at``, or why there is none."""

    def history(
        self, key: bytes, *, since: int | None = None, keys_only: bool = False
    ) -> Iterable[Record]:
        """All kept revisions of one key, tombstones included, in revision order."""

    def records(
        self, prefix: bytes = b"", *, since: int | None = None, keys_only: bool = False
    ) -> Iterable[Record]:
        """All kept revisions under ``prefix``, tombstones included, in revision order."""

    def close(self) -> None:
        """Give up files and connections; may be called twice."""


@runtime_checkable
class Selection(Protocol):
    """Records that can be counted, sliced and read at random, without holding their values.

    What a bulk decoder shares out to processes: each opens the same source and reads a slice.
    """

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Record]: ...

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Record] | Selection: ...


class KeptHistory(Protocol):
    """Revisions that end at a moment from which a watch can go on."""

    @property
    def through_revision(self) -> int:
        """The source's newest revision when the question was asked."""

    def __iter__(self) -> Iterator[Record]: ...


class LongWork(Protocol):
    """Makes, for a work of a name, what surrounds it and is called as it goes on."""

    def __call__(self, what: str, /) -> AbstractContextManager[Callable[[int, int], bool]]:
        """What is made is told how much of how many bytes are done; True: end the work there."""


@contextmanager
def endless(_what: str) -> Iterator[Callable[[int, int], bool]]:
    """A long work that nobody watches and nobody ends."""
    yield lambda _done, _whole: False


@runtime_checkable
class Watching(Connector, Protocol):
    """A source that goes on: new revisions can be followed as they come."""

    def history(
        self, key: bytes, *, since: int | None = None, keys_only: bool = False
    ) -> KeptHistory:
        """All kept revisions of one key, and up to where they reach."""

    def watch(self, prefix: bytes, since: int) -> Iterator[Record]:
        """Every revision under ``prefix`` from ``since`` on, blocking for new ones."""

    def watch_key(self, key: bytes, since: int) -> Iterator[Record]:
        """The same for one key alone."""


@runtime_checkable
class Clustered(Protocol):
    """A running etcd, whose members can be asked."""

    def cluster_details(self) -> ClusterDetails:
        """The state of the cluster and of each member; asks all of them."""


@runtime_checkable
class Attempting(Protocol):
    """A source with a write-ahead log: it also knows what was tried and never came true."""

    def attempts(self, key: bytes | None = None) -> Iterator[Record]:
        """Writes that were refused or never committed, of one key or all, in log order.

        The revision of a refused write is the one that it would have had, 0 if that is unknown.
        """
