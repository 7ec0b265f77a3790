"""The changes of a span in revision order, each exactly once, across connection failures."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import grpc

from etcdpod.connectors.live.compaction import find_compact_revision, newest_revision
from etcdpod.connectors.live.connection.explain import (
    code_of,
    explain,
    explain_text,
    is_login_problem,
    is_transient,
)
from etcdpod.connectors.live.messages import (
    event_record,
    is_fragment,
    key_record,
    put_record,
)
from etcdpod.connectors.live.paging import Listing
from etcdpod.connectors.live.spool import Spool
from etcdpod.connectors.live.watch import Barrier, WatchCall
from etcdpod.errors import CompactedError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from etcdpod.connectors.live.connection.connection import Connection
    from etcdpod.connectors.live.messages import KeySpan
    from etcdpod.records import Provenance, Record

_TRIES = 5
"""How many times in a row a bounded read resumes after failures without progress."""
_PAUSE = 0.1
"""Seconds before a broken stream is reopened."""


@dataclass(frozen=True, slots=True)
class LostRevisions:
    """Revisions that etcd compacted before they could be read.

    Of the changes in them, only those still current at ``compact_revision`` are shown; deletions,
    and changes overwritten in the meantime, are not.
    """

    first: int
    last: int
    compact_revision: int


class Changes:
    """One run over the changes of a span; resumes at the first revision not fully delivered.

    Args:
        connection: the cluster to read from.
        span: the keys.
        start: the first main revision to deliver; None for everything that is retained.
        through: the last main revision to deliver; None to continue indefinitely.
        compact_revision: as known before the run (0: never compacted).
        on_lost: called when revisions could not be read, before the records after them.
    """

    def __init__(
        self,
        connection: Connection,
        span: KeySpan,
        start: int | None,
        *,
        through: int | None,
        compact_revision: int,
        provenance: Provenance,
        keys_only: bool,
        on_lost: Callable[[LostRevisions], None],
    ) -> None:
        self._connection = connection
        self._span = span
        self._start = start
        self._next = max(1, compact_revision if start is None else start)
        self._through = through
        self._compact_revision = compact_revision
        self._provenance = provenance
        self._keys_only = keys_only
        self._on_lost = on_lost
        self._pending: list[Any] = []
        self._shown_at = 0
        self._handed_over = False
        self._done = False
        self._call: WatchCall | None = None

    def __iter__(self) -> Iterator[Record]:
        if self._through is not None and self._next <= self._compact_revision:
            yield from self._kept_at(self._compact_revision, self._start or 0)
        if self._through is not None and self._next > self._through:
            return
        failures = 0
        while not self._ended:
            before = self._next
            try:
                yield from self._session()
            except grpc.RpcError as error:
                failures = 0 if self._next > before else failures + 1
                self._take_in(error, failures)

    def stop(self) -> None:
        """Ends the run, even while another thread waits for its next record."""
        self._done = True
        if self._call is not None:
            self._call.close()

    @property
    def _ended(self) -> bool:
        return self._done or self._connection.closed

    def _session(self) -> Iterator[Record]:
        """Reads one stream until it breaks, its start is compacted, or everything is delivered."""
        bounded, options = self._through is not None, self._connection.options
        try:
            member = self._connection.ready(
                quorum=not options.serializable,
                patience=lambda: not bounded and not self._ended,
            )
        except SourceError:
            if self._ended:
                return
            raise
        self._pending.clear()
        self._member = member
        metadata = self._connection.metadata(quorum=not options.serializable)
        silence = max(options.command_timeout, 5.0) if bounded else None
        self._call = call = WatchCall(member, metadata, silence)
        try:
            if self._ended:  # between two calls
                return
            compact_revision = yield from self._read(call)
        finally:
            call.close()
        if compact_revision:
            yield from self._resume_after(compact_revision)

    def _read(self, call: WatchCall) -> Generator[Record, None, int]:
        """Delivers the stream's records; returns a compact revision that ended it, else 0."""
        barrier = None
        if self._through is not None:
            barrier = Barrier(call, self._span, self._through, self._compact_revision)
        call.create(self._span, self._next)
        if barrier is not None:
            barrier.raise_up()
        target: int | None = None  # the first watch that is created
        for response in call:
            if target is None and not response.created:
                continue  # an early progress notification: it is requested again
            if target is None and not response.canceled:
                target = response.watch_id
                if self._handed_over and response.header.revision < self._next - 1:
                    self._check_progress()
            elif target is None or (response.watch_id == target and response.canceled):
                return self._compacted_at(response)
            elif response.watch_id != target:
                if barrier is not None and barrier.passed(response):
                    self._done = True
            else:
                if barrier is not None:
                    barrier.delivered(len({event.kv.mod_revision for event in response.events}))
                yield from self._take(response)
            if self._done:
                return 0
        return 0

    def _take(self, response: Any) -> Iterator[Record]:
        """Delivers whole main revisions: those cut off by a lost connection are requested again."""
        for event in response.events:
            main = event.kv.mod_revision
            if main < self._next or (main == self._shown_at and event.type == 0):
                continue
            if self._pending and main != self._pending[0].kv.mod_revision:
                yield from self._hand_over()
            if self._through is not None and main > self._through:
                self._done = True
                return
            self._pending.append(event)
        if not is_fragment(response):
            yield from self._hand_over()
            if not response.events:  # a progress notification: all up to its revision is there
                self._next = max(self._next, response.header.revision + 1)
        self._done = self._through is not None and self._next > self._through

    def _hand_over(self) -> Iterator[Record]:
        if not self._pending:
            return
        events, self._pending = self._pending, []
        self._next = events[0].kv.mod_revision + 1
        self._handed_over = True
        for sub, event in enumerate(events):
            yield event_record(event, self._provenance, sub, keys_only=self._keys_only)

    def _resume_after(self, compact_revision: int) -> Iterator[Record]:
        """Continues with what is retained, and reports what is not."""
        self._lose_before(compact_revision)
        # A bounded read without any result yet must also deliver the keys changed before its start.
        owing = self._through is not None and not self._handed_over
        wanted = (self._start or 0) if owing else self._next
        yield from self._kept_at(compact_revision, wanted)

    def _lose_before(self, compact_revision: int) -> None:
        last = compact_revision - 1
        if self._through is not None:
            last = min(last, self._through)
        self._on_lost(LostRevisions(self._next, last, compact_revision))

    def _kept_at(self, compact_revision: int, wanted: int) -> Iterator[Record]:
        """The keys at the compact revision that changed at ``wanted`` or later, in order."""
        spool = None
        while spool is None:
            try:
                spool = Spool(self._alive_at(compact_revision, wanted))
            except CompactedError:
                compact_revision = find_compact_revision(self._connection, self._span)
                self._lose_before(compact_revision)
        self._compact_revision = self._next = self._shown_at = compact_revision
        self._handed_over = True
        self._done = self._through is not None and compact_revision > self._through
        try:
            yield from spool.in_revision_order()
        finally:
            spool.close()

    def _alive_at(self, revision: int, wanted: int) -> Iterator[Record]:
        make = key_record if self._keys_only else put_record
        listing = Listing(self._connection, self._span, revision, keys_only=self._keys_only)
        for page in listing.pages():
            for kv in page.kvs:
                if wanted <= kv.mod_revision and (
                    self._through is None or kv.mod_revision <= self._through
                ):
                    yield make(kv, replace(self._provenance, is_listed=True))

    def _compacted_at(self, response: Any) -> int:
        """The compact revision for which etcd cancelled the watch; raises for any other reason."""
        if not response.compact_revision:
            reason = response.cancel_reason or "etcd ended the watch"
            raise explain_text(reason, self._member.endpoint)
        return int(response.compact_revision)

    def _check_progress(self) -> None:
        """Raises if etcd itself went back in time: new changes would never be shown."""
        if self._connection.options.serializable:
            return  # this member may lag behind the previous one
        newest = newest_revision(self._connection, self._span)
        if newest < self._next - 1:
            raise SourceError(
                f"this etcd went back from revision {self._next - 1} to {newest}: "
                "it was restored from a backup",
                path=str(self._member.endpoint),
                next_step="ask again: its history is another one now",
            )

    def _take_in(self, error: grpc.RpcError, failures: int) -> None:
        """Decides whether a broken stream is reopened."""
        if self._ended:
            return
        if is_login_problem(error) and failures <= 1:
            self._connection.forget_login(self._member)
            return
        silenced = code_of(error) is grpc.StatusCode.CANCELLED
        given_up = self._through is not None and failures > _TRIES
        if given_up or not (silenced or is_transient(error)):
            timeout = self._connection.options.command_timeout
            raise explain(error, self._member.endpoint, timeout) from None
        self._connection.failed(self._member, error)
        time.sleep(_PAUSE)


class Following:
    """Records as they arrive, indefinitely; another thread may end it."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._records = iter(changes)

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        return next(self._records)

    def close(self) -> None:
        """Ends the watch, even one that waits in another thread; may be called twice."""
        self._changes.stop()
