"""What only some sources can do, each as a protocol; ``capable`` asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from etcdpod.connectors.base import Connector
    from etcdpod.connectors.disk.datadir_log import ReplayedLog
    from etcdpod.connectors.live.hashes import HashComparison
    from etcdpod.connectors.live.save import Progress, SavedSnapshot
    from etcdpod.etcd.mvcc.store import Store
    from etcdpod.records import BesideTheTree, Record


@runtime_checkable
class FileBacked(Protocol):
    """A source with a database file."""

    @property
    def store(self) -> Store:
        """The state that answers the next query."""


@runtime_checkable
class Trailed(Protocol):
    """A source with a file that may end in its own SHA-256."""

    def check_trailer(self) -> bool | None:
        """Whether the SHA-256 trailer matches; None without one. Reads the whole file."""


@runtime_checkable
class Recovering(Protocol):
    """A source that looks for revisions beside the tree of its database."""

    def beside_the_tree(self) -> BesideTheTree:
        """How many revisions were found that the tree does not hold."""


@runtime_checkable
class Logged(Protocol):
    """A source with a write-ahead log."""

    @property
    def log(self) -> ReplayedLog | None:
        """The log; None where its files are missing."""


@runtime_checkable
class Doubting(Protocol):
    """A source that finds revisions which are too doubtful to be shown."""

    def left_out(self, key: bytes) -> int:
        """How many revisions of a key (trust E) are not shown."""

    def suspects(self, prefix: bytes = b"") -> Iterable[Record]:
        """Those under ``prefix``, in revision order: they may never have existed."""


@runtime_checkable
class Hashing(Protocol):
    """A running etcd, whose members compute hashes."""

    def hash_members(self, revision: int = 0) -> HashComparison:
        """HashKV of every member at ``revision``, or at the newest one that all can have."""


@runtime_checkable
class Saving(Protocol):
    """A running etcd, whose database can be saved."""

    def save_snapshot(
        self, path: Path, progress: Progress | None = None, *, overwrite: bool = False
    ) -> SavedSnapshot:
        """Save one member's database to a file that exists only once it is complete."""


@runtime_checkable
class Wrapping(Protocol):
    """A source that reads another one."""

    @property
    def inner(self) -> Connector:
        """The source that is read."""


Capability = TypeVar("Capability")


def capable(connector: object, of: type[Capability]) -> Capability | None:
    """The source, or the one that it reads, as what can do something; None if neither can."""
    if isinstance(connector, of):
        return connector
    return capable(connector.inner, of) if isinstance(connector, Wrapping) else None
