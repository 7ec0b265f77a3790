"""Maps failed calls, by gRPC status and etcd's message, to errors that say what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import grpc

from etcdpod.errors import CompactedError, EtcdpodError, FutureRevisionError, SourceError

if TYPE_CHECKING:
    from etcdpod.connectors.live.connection.endpoints import Endpoint

_SIZES = re.compile(r"\((\d+) vs\.? (\d+)\)")

_MEANINGS: tuple[tuple[str, str, str], ...] = (
    (
        "permission denied",
        "the user lacks a permission of etcd for this",
        "grant the role read on the range, or ask for less",
    ),
    (
        "user name is empty",
        "this etcd wants a user",
        "give --user, or a client certificate whose common name is a user",
    ),
    (
        "authentication failed",
        "the user or the password is wrong",
        "check --user and the password",
    ),
    ("invalid auth token", "the login is no longer valid", "try again"),
    (
        "not supported for learner",
        "this member is a learner, which answers no such read",
        "name a voting member, or read the learner's own state with --serializable",
    ),
    (
        "request timed out",
        "etcd did not get an answer from its quorum in time",
        "try again, or read one member's own state with --serializable",
    ),
    (
        "corrupt cluster",
        "this etcd raised its CORRUPT alarm and refuses reads",
        "save a snapshot or read the data directory, and compare the members",
    ),
    ("cluster ID mismatch", "the endpoints belong to different clusters", "name one cluster"),
    ("too many requests", "etcd is overloaded", "try again later"),
)

_TOO_LARGE = "Received message larger than max"
"""gRPC's own refusal, before a response is received."""

_WRAPPED = re.compile(r"Stream removed \((?:CLIENT: |SERVER: )?(.+)\)")

_RETRYABLE_TEXTS = ("Stream removed", "RST_STREAM", "too many requests", "Socket closed")


class AnswerTooLargeError(SourceError):
    """A response exceeded the size limit of this client; ``size`` is in bytes, 0 if unknown."""

    def __init__(self, size: int, endpoint: Endpoint) -> None:
        super().__init__(
            f"an answer of {size} bytes is more than is read at once", path=str(endpoint)
        )
        self.size = size


class NoLeaderError(SourceError):
    """The member answers but has no leader."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(
            "this etcd has no leader: its quorum is lost",
            path=str(endpoint),
            next_step="read one member's own state with --serializable, "
            "or its files with --from DATA_DIR",
        )


class DeadlineError(SourceError):
    """No response within the command timeout."""


def code_of(error: grpc.RpcError) -> grpc.StatusCode:
    """The status of a failed call."""
    code = error.code() if isinstance(error, grpc.Call) else grpc.StatusCode.UNKNOWN
    return code if isinstance(code, grpc.StatusCode) else grpc.StatusCode.UNKNOWN


def details_of(error: grpc.RpcError) -> str:
    """The message of a failed call, on one line."""
    details = (error.details() if isinstance(error, grpc.Call) else None) or ""
    details = " ".join(details.split())
    wrapped = _WRAPPED.fullmatch(details)
    return wrapped[1] if wrapped else details


def is_transient(error: grpc.RpcError) -> bool:
    """The same call may succeed a little later, or on another member."""
    code, details = code_of(error), details_of(error)
    if _TOO_LARGE in details:
        return False
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
        return True
    if is_for_voters(error):
        return True
    return any(text in details for text in _RETRYABLE_TEXTS)


def is_for_voters(error: grpc.RpcError) -> bool:
    """A learner was asked something that only a voting member answers."""
    return "not supported for learner" in details_of(error)


def is_login_problem(error: grpc.RpcError) -> bool:
    """The login token has expired; a new login helps."""
    details = details_of(error)
    return "invalid auth token" in details or "revision of auth store is old" in details


def short_reason(error: grpc.RpcError) -> str:
    """A short description of a failed call, for a notice."""
    details = details_of(error)
    for word in ("Connection refused", "no leader", "not supported for learner", "Socket closed"):
        if word in details:
            return word.lower()
    if code_of(error) is grpc.StatusCode.DEADLINE_EXCEEDED:
        return "no answer in time"
    return details.removeprefix("etcdserver: ")[:120] or code_of(error).name.lower()


def explain(error: grpc.RpcError, endpoint: Endpoint, timeout: float) -> EtcdpodError:
    """The error to raise for a failed call; the caller adds key or revision if known."""
    code, details = code_of(error), details_of(error)
    if _TOO_LARGE in details:
        sizes = _SIZES.search(details)
        return AnswerTooLargeError(int(sizes[1]) if sizes else 0, endpoint)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return DeadlineError(
            f"no answer within {timeout:g} s",
            path=str(endpoint),
            next_step="try again, with a longer --command-timeout if etcd is slow",
        )
    if code is grpc.StatusCode.UNIMPLEMENTED or "http2 header with status" in details:
        return not_etcd(endpoint, "it knows none of etcd's calls")
    return explain_text(details or f"the call failed ({code.name})", endpoint)


def explain_text(details: str, endpoint: Endpoint) -> EtcdpodError:
    """The error for a message from etcd, either a call's status or a watch's cancel reason."""
    where = str(endpoint)
    if "has been compacted" in details:
        return CompactedError("the revision has been compacted", path=where)
    if "future revision" in details:
        return FutureRevisionError("the revision is newer than this etcd", path=where)
    if "no leader" in details:
        return NoLeaderError(endpoint)
    for text, what, next_step in _MEANINGS:
        if text in details:
            return SourceError(what, path=where, next_step=next_step)
    return SourceError(details, path=where, next_step="check the endpoint and etcd's own log")


def not_etcd(endpoint: Endpoint, evidence: str) -> SourceError:
    """Something other than etcd answers at ``endpoint``."""
    return SourceError(
        f"this is not an etcd: {evidence}",
        path=str(endpoint),
        next_step="name etcd's client port, usually 2379",
    )
