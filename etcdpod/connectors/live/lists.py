"""Lists as records, and what happens if a compaction overtakes the revision being listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.connectors.live.messages import key_record, put_record
from etcdpod.connectors.live.notices import Notice, NoticeCode
from etcdpod.connectors.live.paging import Listing
from etcdpod.connectors.live.spool import Spool
from etcdpod.damage import Damage, DamageCode
from etcdpod.errors import CompactedError
from etcdpod.records import Revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etcdpod.connectors.live.connection.connection import Connection
    from etcdpod.connectors.live.messages import KeySpan
    from etcdpod.records import Provenance, Record

RESTARTS = 3
"""How many times a list is started while its revision keeps being compacted."""


class Lister:
    """Lists of one span."""

    def __init__(
        self, connection: Connection, span: KeySpan, provenance: Provenance, *, keys_only: bool
    ) -> None:
        self._connection = connection
        self._span = span
        self._provenance = provenance
        self._keys_only = keys_only
        self._make = key_record if keys_only else put_record

    def pinned(self, at: int) -> Iterator[Record]:
        """The list at revision ``at``; may raise ``CompactedError`` part way through."""
        for page in self._listing(at).pages():
            for kv in page.kvs:
                yield self._make(kv, self._provenance)

    def finished(self, tell: Callable[[Damage], None]) -> Iterator[Record]:
        """The newest list as it arrives; if compacted meanwhile, it continues at a newer revision.

        Args:
            tell: called before the first record of another revision.
        """
        listing, start = self._listing(None), None
        while True:
            try:
                for page in listing.pages(start):
                    for kv in page.kvs:
                        yield self._make(kv, self._provenance)
                    if page.kvs:
                        start = page.kvs[-1].key + b"\0"
                return
            except CompactedError:
                code, overtaken = DamageCode.LIST_COMPACTED, Revision(listing.revision or 0)
                source = self._provenance.source
                tell(Damage(code, source, revision=overtaken, name=repr(start)))
                listing = self._listing(None)

    def whole(self, tell: Callable[[Notice], None]) -> Iterator[Record]:
        """The newest list, all at one revision: read to its end before it is returned.

        Args:
            tell: called when the list had to be restarted.
        """
        for _ in range(RESTARTS):
            listing = self._listing(None)
            try:
                spool = Spool(
                    self._make(kv, self._provenance) for page in listing.pages() for kv in page.kvs
                )
            except CompactedError as error:
                overtaken = error
                tell(Notice(NoticeCode.LIST_RESTARTED, revision=listing.revision or 0))
            else:
                return _closing(spool)
        raise overtaken

    def _listing(self, at: int | None) -> Listing:
        return Listing(self._connection, self._span, at, keys_only=self._keys_only)


def primed(records: Iterator[Record]) -> Iterator[Record]:
    """The same records, with the first fetched immediately, so that errors are raised here."""
    first = next(records, None)
    return _chained(first, records)


def _chained(first: Record | None, rest: Iterator[Record]) -> Iterator[Record]:
    if first is not None:
        yield first
        yield from rest


def _closing(spool: Spool) -> Iterator[Record]:
    try:
        yield from spool.in_key_order()
    finally:
        spool.close()
