"""``LiveConnector``: a running etcd behind the same interface as snapshots and data directories."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from etcd3 import etcdrpc

from etcdpod.connectors.live import hashes, maintenance
from etcdpod.connectors.live.changes import Changes, Following, LostRevisions
from etcdpod.connectors.live.compaction import find_compact_revision, newest_revision
from etcdpod.connectors.live.connection.endpoints import is_endpoint
from etcdpod.connectors.live.connection.opening import open_connection
from etcdpod.connectors.live.lists import Lister, primed
from etcdpod.connectors.live.messages import (
    KeySpan,
    key_span,
    prefix_span,
    put_record,
)
from etcdpod.connectors.live.notices import Notice, NoticeCode
from etcdpod.connectors.live.save import save_snapshot
from etcdpod.damage import Damage, DamageCode
from etcdpod.errors import CompactedError, FutureRevisionError, UsageError
from etcdpod.records import (
    Compacted,
    Deleted,
    NotRecorded,
    Origin,
    Provenance,
    Revision,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from etcdpod.connectors.live.connection.connection import Connection
    from etcdpod.connectors.live.connection.options import LiveOptions
    from etcdpod.connectors.live.hashes import HashComparison
    from etcdpod.connectors.live.save import Progress, SavedSnapshot
    from etcdpod.records import Absence, Record, SourceInfo
    from etcdpod.source_details import ClusterDetails, MemberStatus


class LiveHistory:
    """Retained revisions, with the range that they cover; can be iterated once.

    To follow on from a history, watch from ``through_revision + 1``.
    """

    def __init__(self, records: Iterator[Record], compact: int, through: int) -> None:
        self._records = records
        self.compact_revision = compact
        """Nothing below this is complete; 0 if etcd was never compacted."""
        self.through_revision = through
        """etcd's newest revision when the history was requested: the history ends there."""

    def __iter__(self) -> Iterator[Record]:
        return self._records


class LiveConnector:
    """A running etcd, read through the members that answer.

    etcd's API does not return sub revisions: those of one transaction are numbered in order, as
    far as they are part of the response. If only keys are requested, ``value_size`` is -1 for keys
    that were listed: etcd does not return it.
    """

    def __init__(
        self,
        connection: Connection,
        target: str,
        notices: list[Notice],
        notify: Callable[[Notice], None],
    ) -> None:
        self.notices = notices
        """The notices for the user, in order: logins, changed members, lost revisions."""
        self.damage: list[Damage] = []
        self.lost: list[LostRevisions] = []
        """Revisions that were compacted while they were being read or followed."""
        self._connection = connection
        self._target = target
        self._notify = notify
        self._provenance = Provenance(target, Origin.LIVE)
        self._listed = Provenance(target, Origin.LIVE, is_listed=True)

    @classmethod
    def detect(cls, target: str) -> bool:
        """Whether ``target`` has the syntax of endpoints; never raises."""
        return is_endpoint(target)

    @classmethod
    def open(
        cls,
        target: str | None = None,
        *,
        options: LiveOptions | None = None,
        notify: Callable[[Notice], None] | None = None,
        ask_password: Callable[[str], str] | None = None,
        root: Path = Path("/"),
    ) -> LiveConnector:
        """Connects to ``target``, or to what the options or this machine name.

        Arguments as for ``open_connection``.

        Raises:
            UsageError: the arguments contradict each other.
            SourceError: no connection, with the cause.
        """
        opened = open_connection(target, options, notify, ask_password=ask_password, root=root)
        return cls(*opened)

    def range(
        self, prefix: bytes, at: int | None = None, *, keys_only: bool = False
    ) -> Iterable[Record]:
        """The keys under ``prefix`` that exist at revision ``at``, read in bounded pages.

        The first page is requested now, so that an invalid query raises here. If a compaction
        overtakes a list of the newest revision, it is finished at a newer revision or read again,
        depending on the options; either is reported as a notice.

        Raises:
            CompactedError: ``at`` is below the compact revision.
            FutureRevisionError: ``at`` is newer than the source.
        """
        span = prefix_span(prefix)
        lister = Lister(self._connection, span, self._listed, keys_only=keys_only)
        if at is not None:
            return primed(self._pinned(lister, span, _checked(at)))
        if self._connection.options.on_compaction == "restart":
            return lister.whole(self._notify)
        return primed(lister.finished(self._tell))

    def get(self, key: bytes, at: int | None = None) -> Record | Absence:
        """The revision of ``key`` that is current at ``at``, or why there is none.

        Raises:
            FutureRevisionError: ``at`` is newer than etcd.
        """
        try:
            response = self._one(key, at)
        except CompactedError:
            assert at is not None
            return Compacted(key, at, find_compact_revision(self._connection, key_span(key)))
        if response.kvs:
            return put_record(response.kvs[0], self._listed)
        last: Record | None = None
        tombstone: Record | None = None
        through = response.header.revision if at is None else at
        compact = find_compact_revision(self._connection, key_span(key))
        for record in self._changes(key_span(key), None, through, compact, keys_only=False):
            last, tombstone = (last, record) if record.tombstone else (record, None)
        return NotRecorded(key) if tombstone is None else Deleted(key, tombstone, last)

    def history(
        self, key: bytes, *, since: int | None = None, keys_only: bool = False
    ) -> LiveHistory:
        """All revisions of one key from the compact revision on, tombstones included."""
        now = self._one(key, None, keys_only=True)
        # The last change of an existing key is known: nothing after it needs to be waited for.
        last = now.kvs[0].mod_revision if now.kvs else now.header.revision
        return self._kept(key_span(key), since, now.header.revision, last, keys_only=keys_only)

    def records(
        self, prefix: bytes = b"", *, since: int | None = None, keys_only: bool = False
    ) -> LiveHistory:
        """All revisions under ``prefix`` from the compact revision on, in revision order.

        The keys that exist at the compact revision come first; they are sorted in memory or, if
        they are too large, in an unlinked temporary file.
        """
        span = prefix_span(prefix)
        newest = newest_revision(self._connection, span)
        return self._kept(span, since, newest, newest, keys_only=keys_only)

    def watch(self, prefix: bytes, since: int) -> Following:
        """Every revision under ``prefix`` from ``since`` on, blocking for new ones indefinitely.

        Survives lost connections, changes of leader and failed members. Revisions compacted before
        they could be read are reported as a notice, in ``lost`` and ``damage``, before the records
        that follow them. Ends when it or the connector is closed, from any thread.
        """
        return Following(self._changes(prefix_span(prefix), since, None, 0, keys_only=False))

    def watch_key(self, key: bytes, since: int) -> Following:
        """Like ``watch``, for a single key."""
        return Following(self._changes(key_span(key), since, None, 0, keys_only=False))

    def info(self) -> SourceInfo:
        """What this etcd is: versions, sizes, revisions, and the state of each member."""
        return maintenance.source_info(self._connection, self._target)

    def cluster_details(self) -> ClusterDetails:
        """The state of the cluster and of each member; queries all of them."""
        return maintenance.cluster_details(self._connection)

    def members_status(self) -> tuple[MemberStatus, ...]:
        """The state of every given endpoint, and of every other member that can be reached."""
        return maintenance.members_status(self._connection)

    def hash_members(self, revision: int = 0) -> HashComparison:
        """Compares the hash of all keys between the members, at one revision."""
        return hashes.hash_members(self._connection, revision)

    def save_snapshot(
        self, path: Path, progress: Progress | None = None, *, overwrite: bool = False
    ) -> SavedSnapshot:
        """Saves one member's database as a snapshot file, complete and verified, or not at all.

        Raises:
            SourceError: the file exists, the disk is too small, or the stream broke.
        """
        return save_snapshot(self._connection, path, progress, overwrite=overwrite)

    def close(self) -> None:
        """Closes all connections, which ends their watches; may be called twice."""
        self._connection.close()

    def _pinned(self, lister: Lister, span: KeySpan, at: int) -> Iterator[Record]:
        try:
            yield from lister.pinned(at)
        except CompactedError:
            raise self._compacted(span, at) from None
        except FutureRevisionError:
            raise self._future(span, at) from None

    def _one(self, key: bytes, at: int | None, *, keys_only: bool = False) -> Any:
        quorum = not self._connection.options.serializable
        request = etcdrpc.RangeRequest(
            key=key,
            revision=None if at is None else _checked(at),
            keys_only=keys_only,
            serializable=not quorum,
        )
        try:
            return self._connection.call("KV.Range", request, quorum=quorum)
        except FutureRevisionError:
            raise self._future(key_span(key), at) from None

    def _kept(
        self, span: KeySpan, since: int | None, newest: int, last: int, *, keys_only: bool
    ) -> LiveHistory:
        """The retained revisions of ``span`` up to ``last``, after which nothing changed it."""
        compact = find_compact_revision(self._connection, span)
        changes = self._changes(span, since, last, compact, keys_only=keys_only)
        return LiveHistory(iter(changes), compact, newest)

    def _changes(
        self,
        span: KeySpan,
        since: int | None,
        through: int | None,
        compact: int,
        *,
        keys_only: bool,
    ) -> Changes:
        return Changes(
            self._connection,
            span,
            since,
            through=through,
            compact_revision=compact,
            provenance=self._provenance,
            keys_only=keys_only,
            on_lost=self._lose,
        )

    def _compacted(self, span: KeySpan, at: int) -> CompactedError:
        compact = find_compact_revision(self._connection, span)
        return CompactedError(
            f"revision {at} is compacted",
            path=self._target,
            revision=at,
            next_step=f"the oldest that can still be read is {compact}",
        )

    def _future(self, span: KeySpan, at: int | None) -> FutureRevisionError:
        newest = newest_revision(self._connection, span)
        return FutureRevisionError(
            f"revision {at} is newer than this etcd",
            path=self._target,
            revision=at,
            next_step=f"its newest revision is {newest}",
        )

    def _lose(self, lost: LostRevisions) -> None:
        self.lost.append(lost)
        kept = Revision(lost.compact_revision)
        code, first, last = DamageCode.REVISIONS_COMPACTED, lost.first, lost.last
        self._tell(Damage(code, self._target, first=first, last=last, revision=kept))

    def _tell(self, damage: Damage) -> None:
        self.damage.append(damage)
        self._notify(Notice(NoticeCode.DAMAGE, damage=damage))


def _checked(at: int) -> int:
    if at < 1:
        raise UsageError(f"there is no revision {at}", next_step="revisions count from 1")
    return at
