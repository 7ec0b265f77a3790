"""Deletions that left no tombstone: compaction took it, and the last put was found elsewhere.

Compaction keeps the newest revision of every key that exists then. A put from before it that the
tree has not was superseded by then: by a newer revision that is kept, or by a deletion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.records import Record, Trust

if TYPE_CHECKING:
    from etcdpod.connectors.base import Connector

LEFT_OVER = frozenset({Trust.OLDER_TREE, Trust.STALE_PAGE})
"""Trust of what no tree and no log vouches for any more."""


def is_left_over(record: Record, compact_revision: int) -> bool:
    """Whether a revision cannot be what its key held when the source was compacted."""
    return record.mod_revision <= compact_revision and record.provenance.trust in LEFT_OVER


def ended_unseen(connector: Connector, key: bytes, newest: int, compact_revision: int) -> bool:
    """Whether a key is gone although the newest revision that is found of it is a put.

    Args:
        connector: where it was found.
        key: which.
        newest: the main revision of that put.
        compact_revision: the source's; from it on nothing is missing.
    """
    return newest <= compact_revision and not isinstance(connector.get(key), Record)
