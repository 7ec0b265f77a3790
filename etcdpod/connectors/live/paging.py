"""Reads lists in pages, bounded in keys and in bytes, all at one pinned revision."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import grpc
from etcd3 import etcdrpc

from etcdpod.connectors.live.connection.explain import AnswerTooLargeError, DeadlineError
from etcdpod.errors import FutureRevisionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.connectors.live.connection.connection import Connection
    from etcdpod.connectors.live.messages import KeySpan

TARGET_BYTES = 2 << 20
"""The target size of a page."""
MAX_KEYS = 1_000
"""Maximum keys of a page with values: limits what etcd collects if values suddenly grow."""
MAX_BARE_KEYS = 10_000
"""Maximum keys of a page without values."""
FIRST_KEYS = 2
"""Keys of the first page: the sizes are not known yet, and values may be megabytes."""
GROWTH = 4
"""A page has at most this many times the keys of the previous one."""


class Page(NamedTuple):
    """One response."""

    kvs: Any
    """The messages of its keys, in byte order."""
    revision: int
    """The revision at which the whole list is read."""
    current_revision: int
    """The newest revision at that time of the member that answered."""


class PageSize:
    """How many keys to request next, based on the pages received."""

    def __init__(self, *, keys_only: bool) -> None:
        self._keys_only = keys_only
        self.limit = MAX_BARE_KEYS if keys_only else FIRST_KEYS

    def learn(self, keys: int, size: int) -> None:
        """Record that ``keys`` keys had a total of ``size`` bytes."""
        if self._keys_only or keys == 0:
            return
        fitting = TARGET_BYTES * keys // max(size, 1)
        self.limit = max(1, min(fitting, self.limit * GROWTH, MAX_KEYS))

    def shrink(self, size: int) -> bool:
        """Record that a response was too large or too slow; False if it cannot be smaller.

        Args:
            size: size in bytes of the refused response, 0 if unknown.
        """
        if self.limit == 1:
            return False
        self.limit = max(1, min(self.limit // 2, TARGET_BYTES * self.limit // max(size, 1)))
        return True


class Listing:
    """The pages of one list; while one is processed, the next is being fetched."""

    def __init__(
        self, connection: Connection, span: KeySpan, at: int | None, *, keys_only: bool
    ) -> None:
        self._connection = connection
        self._span = span
        self._keys_only = keys_only
        self._serializable = connection.options.serializable
        self._size = PageSize(keys_only=keys_only)
        self.revision = at
        """The pinned revision; None before the first page."""

    def pages(self, start: bytes | None = None) -> Iterator[Page]:
        """The pages from key ``start`` on (default: all).

        Raises:
            CompactedError: the pinned revision was compacted; use a new listing.
            EtcdpodError: etcd refused, or no member answered.
        """
        key, ahead = self._span.key if start is None else start, None
        try:
            while True:
                response = self._fetch(key, ahead)
                ahead = None
                if self.revision is None:
                    self.revision = response.header.revision
                kvs = response.kvs
                self._size.learn(len(kvs), response.ByteSize())
                if response.more and kvs:
                    key = kvs[-1].key + b"\0"
                    ahead = self._begin(key)
                yield Page(kvs, self.revision, response.header.revision)
                if ahead is None:
                    return
        finally:
            if ahead is not None:
                ahead.cancel()

    def _request(self, key: bytes, *, serializable: bool) -> Any:
        return etcdrpc.RangeRequest(
            key=key,
            range_end=self._span.end,
            limit=self._size.limit,
            revision=self.revision,
            serializable=serializable,
            keys_only=self._keys_only,
        )

    def _begin(self, key: bytes) -> Any:
        # A pinned revision is the same on every member that has it: no quorum needed again.
        request = self._request(key, serializable=True)
        return self._connection.begin("KV.Range", request, quorum=False)

    def _fetch(self, key: bytes, ahead: Any) -> Any:
        if ahead is not None:
            with suppress(grpc.RpcError, grpc.FutureCancelledError):
                response = ahead.result()
                if self._connection.is_genuine(response):
                    return response
            # Requested again below, where every failure is handled.
        serializable = self._serializable or ahead is not None
        while True:
            try:
                return self._connection.call(
                    "KV.Range",
                    self._request(key, serializable=serializable),
                    quorum=not serializable,
                )
            except AnswerTooLargeError as error:
                if not self._size.shrink(error.size):
                    raise
            except DeadlineError:
                if not self._size.shrink(0):
                    raise
            except FutureRevisionError:
                # Another member answers now, and it lags: let it catch up with the leader.
                if not serializable or self._serializable:
                    raise
                serializable = False
