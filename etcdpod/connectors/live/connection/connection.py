"""The connection to a cluster: one member at a time, the next one when it fails."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
from etcd3 import etcdrpc

from etcdpod.connectors.live.connection.diagnosis import diagnose
from etcdpod.connectors.live.connection.explain import (
    NoLeaderError,
    code_of,
    details_of,
    explain,
    is_for_voters,
    is_login_problem,
    is_transient,
    short_reason,
)
from etcdpod.connectors.live.connection.member import Member
from etcdpod.connectors.live.notices import Notice, NoticeCode
from etcdpod.errors import EtcdpodError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from etcdpod.connectors.live.connection.endpoints import Endpoint
    from etcdpod.connectors.live.connection.options import LiveOptions
    from etcdpod.connectors.live.connection.tls import TlsFiles

_PAUSE = 0.2
"""Seconds between two passes over the endpoints."""

_REFUSALS = (
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.INVALID_ARGUMENT,
)
"""Statuses that only etcd returns: it is running, but cannot answer this client now."""

_REACHED = (grpc.StatusCode.UNIMPLEMENTED, *_REFUSALS, grpc.StatusCode.UNKNOWN)
"""Statuses which show that something answered: no lower layer needs to be diagnosed."""


class Connection:
    """Sends calls to whichever endpoint answers, and reports every change of member."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        files: TlsFiles,
        options: LiveOptions,
        notify: Callable[[Notice], None],
    ) -> None:
        self.options = options
        self.files = files
        self.closed = False
        self.compact_revision = 0
        """The last known revision; it only grows, unless etcd is restored from a backup."""
        self._notify = notify
        self._members = deque(Member(endpoint, files, options) for endpoint in endpoints)
        self._lock = threading.RLock()
        self._cluster_id: int | None = None
        self._token: str | None = None
        self._in_trouble = False

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """All endpoints, the one in use first."""
        return tuple(member.endpoint for member in self._members)

    def call(self, name: str, request: Any, *, quorum: bool, timeout: float | None = None) -> Any:
        """Calls the member in use, and the others if it fails, for a bounded time.

        Args:
            name: service and method, such as ``KV.Range``.
            request: the message to send.
            quorum: the call needs a leader; members that have none are not waited for.
            timeout: seconds for one response; default: the command timeout.

        Raises:
            EtcdpodError: etcd refused, or no member answered.
        """
        timeout = self.options.command_timeout if timeout is None else timeout
        give_up, renewed = time.monotonic() + self.options.command_timeout, False
        while True:
            member = self.ready(quorum=quorum)
            try:
                answer = member.method(name)(
                    request, timeout=timeout, metadata=self.metadata(quorum=quorum)
                )
                if self.is_genuine(answer):
                    return answer
                member.status = None  # dial it again, to find out and report the cause
            except grpc.RpcError as error:
                if is_login_problem(error) and not renewed:
                    renewed = True
                    self.forget_login(member)
                    continue
                alone = len(self._members) == 1
                if self.closed or not is_transient(error) or (alone and is_for_voters(error)):
                    raise explain(error, member.endpoint, timeout) from None
                self.failed(member, error)
                if time.monotonic() > give_up:
                    raise explain(error, member.endpoint, timeout) from None

    def begin(self, name: str, request: Any, *, quorum: bool) -> Any:
        """Sends a request to the member in use without waiting; a gRPC future."""
        return (
            self.ready(quorum=quorum)
            .method(name)
            .future(
                request,
                timeout=self.options.command_timeout,
                metadata=self.metadata(quorum=quorum),
            )
        )

    def is_genuine(self, answer: Any) -> bool:
        """Checks that the response comes from the cluster dialled first, not from a replacement."""
        return self._cluster_id in (None, answer.header.cluster_id)

    def metadata(self, *, quorum: bool) -> tuple[tuple[str, str], ...]:
        """The metadata of every call: the token, and whether a leader is required."""
        token = (("token", self._token),) if self._token else ()
        return (*token, ("hasleader", "true")) if quorum else token

    def ready(self, *, quorum: bool, patience: Callable[[], bool] = lambda: False) -> Member:
        """A member that answers: the one in use, else the first that can be dialled.

        Args:
            quorum: members without a leader, and learners, are excluded.
            patience: asked, after the command timeout, whether to keep waiting for an etcd that was
                available and may come back.

        Raises:
            SourceError: none answers, with the cause found.
        """
        give_up = time.monotonic() + self.options.command_timeout
        while True:
            with self._lock:
                for _ in range(len(self._members)):
                    member = self._members[0]
                    if self._usable(member, quorum=quorum):
                        return self._use(member)
                    self._members.rotate(-1)
                waiting = any(self._worth_waiting(member) for member in self._members)
            if self.closed or not waiting or (time.monotonic() > give_up and not patience()):
                raise self._unreachable()
            time.sleep(_PAUSE)

    def failed(self, member: Member, error: grpc.RpcError) -> None:
        """Records that ``member`` failed a call: it is dialled again, after the others."""
        with self._lock:
            member.status = None
            if self.closed or self._members[0] is not member:
                return
            self._members.rotate(-1)
            if not self._in_trouble:
                self._in_trouble = True
                lost, reason = NoticeCode.CONNECTION_LOST, short_reason(error)
                self._notify(Notice(lost, str(member.endpoint), reason=reason))

    def forget_login(self, member: Member) -> None:
        """Forces a new login with the next call."""
        with self._lock:
            self._token, member.status = None, None

    def each(self) -> tuple[Member, ...]:
        """All members, for calls made to each; none of them is dialled by this."""
        return tuple(self._members)

    def close(self) -> None:
        """Closes all connections; pending calls fail; may be called twice."""
        self.closed = True
        for member in tuple(self._members):
            member.close()

    def _usable(self, member: Member, *, quorum: bool) -> bool:
        """Dials ``member`` if necessary; keeps the reason if it cannot be used now."""
        if member.status is None or member.problem is not None:
            try:
                member.status = self._dial(member)
            except grpc.RpcError as error:
                member.status, member.problem = None, error
                return False
        member.problem = member.shortcoming(quorum=quorum, cluster_id=self._cluster_id)
        return member.problem is None

    def _worth_waiting(self, member: Member) -> bool:
        """Whether the problem may pass: an election, or an etcd that was available and restarts."""
        if isinstance(member.problem, NoLeaderError):
            return True
        return isinstance(member.problem, grpc.RpcError) and self._cluster_id is not None

    def _dial(self, member: Member) -> Any:
        """The member's status; an empty one if etcd is running but refuses to report it."""
        if self.options.user is not None and self._token is None:
            self._log_in(member)
        try:
            return member.maintenance.Status(
                etcdrpc.StatusRequest(),
                timeout=self.options.dial_timeout,
                metadata=self.metadata(quorum=False),
            )
        except grpc.RpcError as error:
            if code_of(error) in _REFUSALS and "etcdserver" in details_of(error):
                return etcdrpc.StatusResponse()
            raise

    def _use(self, member: Member) -> Member:
        if self._cluster_id is None and member.status.header.cluster_id:
            self._cluster_id = member.status.header.cluster_id
            skipped = [other for other in self._members if other.problem is not None]
            for other in skipped:
                self._notify(
                    Notice(
                        NoticeCode.ENDPOINT_SKIPPED,
                        str(member.endpoint),
                        skipped=str(other.endpoint),
                        reason=_reason(other),
                    )
                )
        elif self._in_trouble:
            self._notify(Notice(NoticeCode.CONNECTION_RESTORED, str(member.endpoint)))
        self._in_trouble = False
        return member

    def _unreachable(self) -> EtcdpodError:
        """The failure reason of each endpoint, diagnosed in parallel."""

        def reason(member: Member) -> EtcdpodError:
            if isinstance(member.problem, SourceError):
                return member.problem
            hint = "" if member.problem is None else details_of(member.problem)
            if member.problem is not None and code_of(member.problem) in _REACHED:
                return explain(member.problem, member.endpoint, self.options.dial_timeout)
            return diagnose(member.endpoint, self.files, self.options, hint)

        members = tuple(self._members)
        if len(members) == 1:
            return reason(members[0])
        with ThreadPoolExecutor(len(members)) as pool:
            reasons = list(pool.map(reason, members))
        causes = " | ".join(f"{error.path}: {error.what}" for error in reasons)
        return SourceError(
            f"none of {len(members)} endpoints can be used: {causes}",
            next_step=reasons[0].next_step,
        )

    def _log_in(self, member: Member) -> None:
        """Gets a token for the user. This is the only call that appends to etcd's raft log."""
        user, password = self.options.user, self.options.password
        if user is None:
            return
        self._notify(Notice(NoticeCode.LOGGING_IN, user=user))
        if not member.endpoint.secure and not member.endpoint.is_socket:
            self._notify(Notice(NoticeCode.PASSWORD_IN_CLEAR, str(member.endpoint)))
        request = etcdrpc.AuthenticateRequest(name=user, password=password or "")
        try:
            answer = member.auth.Authenticate(request, timeout=self.options.command_timeout)
        except grpc.RpcError as error:
            if "authentication is not enabled" in details_of(error):
                self._token = ""
                self._notify(Notice(NoticeCode.NO_USERS))
                return
            if is_transient(error):
                raise
            raise explain(error, member.endpoint, self.options.command_timeout) from None
        self._token = answer.token


def _reason(member: Member) -> str:
    if isinstance(member.problem, SourceError):
        return member.problem.what
    assert member.problem is not None
    return short_reason(member.problem)
