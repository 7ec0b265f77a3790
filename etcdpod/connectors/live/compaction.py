"""The revisions that an etcd has: its newest, and its compact revision, which no call returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from etcd3 import etcdrpc

from etcdpod.connectors.live.connection.explain import explain, explain_text, is_transient
from etcdpod.connectors.live.watch import WatchCall
from etcdpod.errors import CompactedError, FutureRevisionError, SourceError

if TYPE_CHECKING:
    from etcdpod.connectors.live.connection.connection import Connection
    from etcdpod.connectors.live.messages import KeySpan

_TRIES = 5
_SILENCE = 5.0
"""Seconds without a response after which a stream is abandoned."""


def newest_revision(connection: Connection, span: KeySpan) -> int:
    """The newest revision; of the cluster, or of one member if reads are serializable."""
    quorum = not connection.options.serializable
    request = etcdrpc.RangeRequest(key=span.key, limit=1, keys_only=True, serializable=not quorum)
    return int(connection.call("KV.Range", request, quorum=quorum).header.revision)


def find_compact_revision(
    connection: Connection, span: KeySpan, *, without_leader: bool = False
) -> int:
    """The revision below which history is gone; 0 for a store that was never compacted.

    No call returns it directly. Reading at revision 1 fails once anything was compacted; only then
    is a watch from revision 1 opened, which etcd cancels at once, naming the compact revision.
    That revision itself can be read: as long as it can, it is still the compact revision.

    Args:
        connection: the cluster to query.
        span: keys that may be read.
        without_leader: accept what a single member knows.

    Raises:
        EtcdpodError: etcd refused, or no member answered.
    """
    quorum = not (connection.options.serializable or without_leader)
    request = etcdrpc.RangeRequest(
        key=span.key,
        range_end=span.end,
        revision=max(1, connection.compact_revision),
        limit=1,
        keys_only=True,
        serializable=not quorum,
    )
    try:
        connection.call("KV.Range", request, quorum=quorum)
    except CompactedError:
        connection.compact_revision = _ask_by_watch(connection, span)
    except FutureRevisionError:  # this etcd has since been restored from a backup
        connection.compact_revision = 0
        return find_compact_revision(connection, span, without_leader=without_leader)
    return connection.compact_revision


def _ask_by_watch(connection: Connection, span: KeySpan) -> int:
    for attempt in range(_TRIES):
        member = connection.ready(quorum=False)
        call = WatchCall(member, connection.metadata(quorum=False), _SILENCE)
        try:
            call.create(span, 1)
            for response in call:
                if response.canceled:
                    if response.compact_revision:
                        return int(response.compact_revision)
                    raise explain_text(response.cancel_reason, member.endpoint)
        except grpc.RpcError as error:
            if attempt == _TRIES - 1 or not is_transient(error):
                raise explain(error, member.endpoint, _SILENCE) from None
            connection.failed(member, error)
        finally:
            call.close()
    raise SourceError("etcd does not tell its compact revision")
