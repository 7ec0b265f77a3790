"""Channels that can carry only reads.

The generated stubs of ``etcd3`` know every RPC of etcd. They get a channel that returns callables
only for the methods listed here; any other is refused inside this process, so no code above can
write to a cluster, whichever stub method it calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import etcd3
import grpc

from etcdpod.connectors.live.connection import tls
from etcdpod.connectors.live.connection.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.connectors.live.connection.endpoints import Endpoint
    from etcdpod.connectors.live.connection.options import LiveOptions

MAX_ANSWER = 32 << 20
"""Bytes: a larger response is refused, and requested again in smaller pages."""

AUTHENTICATE = "/etcdserverpb.Auth/Authenticate"
"""Appends to the raft log: sent only if a user is given, and reported."""

READ_ONLY_METHODS = frozenset(
    {
        "/etcdserverpb.KV/Range",
        "/etcdserverpb.Watch/Watch",
        "/etcdserverpb.Maintenance/Status",
        "/etcdserverpb.Maintenance/HashKV",
        "/etcdserverpb.Maintenance/Snapshot",
        "/etcdserverpb.Cluster/MemberList",
    }
)
"""None of these appends to the raft log or writes (verified by a test)."""

_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", MAX_ANSWER),
    # etcd closes connections that are pinged more often than every five seconds.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.enable_retries", 0),
    # A proxy from the environment is not meant for etcd, and would see its secrets.
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),
)


class MethodRefusedError(Exception):
    """Code called an RPC that etcdpod never sends: an internal error."""


class ReadOnlyChannel:
    """The channel passed to the stubs, restricted to some methods."""

    def __init__(self, channel: grpc.Channel, allowed: frozenset[str]) -> None:
        self._channel = channel
        self._allowed = allowed

    def unary_unary(self, method: str, **codecs: Any) -> Callable[..., Any]:
        """The callable for one method, or one that refuses."""
        return self._guarded(self._channel.unary_unary, method, codecs)

    def unary_stream(self, method: str, **codecs: Any) -> Callable[..., Any]:
        """The callable for one method, or one that refuses."""
        return self._guarded(self._channel.unary_stream, method, codecs)

    def stream_stream(self, method: str, **codecs: Any) -> Callable[..., Any]:
        """The callable for one method, or one that refuses."""
        return self._guarded(self._channel.stream_stream, method, codecs)

    def _guarded(
        self, make: Callable[..., Any], method: str, codecs: dict[str, Any]
    ) -> Callable[..., Any]:
        if method not in self._allowed:
            return _refusal(method)
        allowed: Callable[..., Any] = make(method, **codecs)
        return allowed


class Transport:
    """The channel to one endpoint, and the relay that carries it if TLS is not verified."""

    def __init__(self, endpoint: Endpoint, files: tls.TlsFiles, options: LiveOptions) -> None:
        self._relay: Relay | None = None
        host: str
        port: int | str
        if endpoint.is_socket:
            host, port = "unix", endpoint.host
        else:
            host, port = endpoint.bracketed_host, endpoint.port
        name = options.server_name or ("localhost" if endpoint.is_socket else endpoint.host)
        # gRPC uses this option as the timeout of one connection attempt.
        patience = ("grpc.min_reconnect_backoff_ms", int(options.dial_timeout * 1000))
        credentials, settings = None, list[tuple[str, int | str]]((*_OPTIONS, patience))
        if endpoint.secure and options.insecure_skip_tls_verify:
            self._relay = Relay(endpoint, tls.client_context(files, verify=False), name)
            host, port = "unix", self._relay.path
        elif endpoint.secure:
            credentials = grpc.ssl_channel_credentials(
                tls.system_roots() if files.cacert is None else files.cacert, files.key, files.cert
            )
            if options.server_name is not None or endpoint.is_socket:
                settings.append(("grpc.ssl_target_name_override", name))
        self._endpoint = etcd3.Endpoint(
            host, port, secure=credentials is not None, creds=credentials, opts=settings
        )

    def read_only(self, *, authenticate: bool) -> ReadOnlyChannel:
        """The channel for stubs; ``authenticate`` also allows the login of a user."""
        allowed = READ_ONLY_METHODS | {AUTHENTICATE} if authenticate else READ_ONLY_METHODS
        return ReadOnlyChannel(self._endpoint.channel, allowed)

    def close(self) -> None:
        """Closes the connection; may be called twice."""
        self._endpoint.close()
        if self._relay is not None:
            self._relay.close()


def _refusal(method: str) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise MethodRefusedError(method)

    return refuse
