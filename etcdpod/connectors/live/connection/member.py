"""One endpoint of a cluster: its stubs, and its status when it was dialled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcd3 import etcdrpc

from etcdpod.connectors.live.connection.channel import Transport
from etcdpod.connectors.live.connection.explain import NoLeaderError
from etcdpod.connectors.live.messages import later_fields, later_number
from etcdpod.errors import SourceError

if TYPE_CHECKING:
    import grpc

    from etcdpod.connectors.live.connection.endpoints import Endpoint
    from etcdpod.connectors.live.connection.options import LiveOptions
    from etcdpod.connectors.live.connection.tls import TlsFiles

_STATUS_IS_LEARNER = 10  # StatusResponse.isLearner


class Member:
    """One endpoint, with the stubs to call it."""

    def __init__(self, endpoint: Endpoint, files: TlsFiles, options: LiveOptions) -> None:
        self.endpoint = endpoint
        self.status: Any = None
        """etcd's own status when it was dialled; None if it has to be dialled."""
        self.problem: grpc.RpcError | SourceError | None = None
        """Why it is not used."""
        self._transport = Transport(endpoint, files, options)
        channel: Any = self._transport.read_only(authenticate=options.user is not None)
        self.kv = etcdrpc.KVStub(channel)
        self.watch = etcdrpc.WatchStub(channel)
        self.maintenance = etcdrpc.MaintenanceStub(channel)
        self.cluster = etcdrpc.ClusterStub(channel)
        self.auth = etcdrpc.AuthStub(channel)

    def method(self, name: str) -> Any:
        """The callable for a method such as ``KV.Range``, by service and method."""
        service, _, method = name.partition(".")
        return getattr(getattr(self, service.lower()), method)

    @property
    def version(self) -> str:
        """Its version when it was dialled; empty if another thread has since dropped the status."""
        status = self.status
        return "" if status is None else str(status.version)

    @property
    def is_learner(self) -> bool:
        """The member does not vote and serves only serializable reads."""
        return bool(later_number(later_fields(self.status), _STATUS_IS_LEARNER))

    def close(self) -> None:
        """Closes the connection; may be called twice."""
        self._transport.close()

    def shortcoming(self, *, quorum: bool, cluster_id: int | None) -> SourceError | None:
        """Why this member, although it answers, is not used; None if it is.

        Args:
            quorum: the call needs a leader and a voting member.
            cluster_id: the cluster being read; None if not yet known.
        """
        status, where = self.status, str(self.endpoint)
        if not status.version and not status.header.cluster_id and not status.dbSize:
            return None  # it reported no status, but may still answer
        if status.header.member_id == 0 and status.header.cluster_id == 0:
            return SourceError(
                "this is kine (SQL or dqlite behind etcd's API), which is not etcd",
                path=where,
                next_step="use kubectl; etcdpod reads only etcd",
            )
        if cluster_id not in (None, status.header.cluster_id):
            return SourceError(
                f"this member belongs to another cluster ({status.header.cluster_id:x}, "
                f"not {cluster_id:x})",
                path=where,
                next_step="name the endpoints of one cluster",
            )
        if quorum and status.leader == 0:
            return NoLeaderError(self.endpoint)
        if quorum and self.is_learner:
            return SourceError(
                "this member is a learner, which answers no such read",
                path=where,
                next_step="name a voting member, or read its own state with --serializable",
            )
        return None
