"""Opens a connection: combines what the user gave, what the machine offers, and etcd's response."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from etcdpod.connectors.live.connection import discovery
from etcdpod.connectors.live.connection.endpoints import parse_endpoints
from etcdpod.connectors.live.connection.options import LiveOptions
from etcdpod.connectors.live.notices import Notice, NoticeCode
from etcdpod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.connectors.live.connection.connection import Connection
    from etcdpod.connectors.live.connection.endpoints import Endpoint


class OpenedConnection(NamedTuple):
    """A connection that was dialled."""

    connection: Connection
    target: str
    """The endpoints as the user named them."""
    notices: list[Notice]
    tell: Callable[[Notice], None]
    """Appends to ``notices``, and notifies the user."""


_DEFAULT_ENDPOINT = "127.0.0.1:2379"


def open_connection(
    target: str | None = None,
    options: LiveOptions | None = None,
    notify: Callable[[Notice], None] | None = None,
    *,
    ask_password: Callable[[str], str] | None = None,
    root: Path = Path("/"),
) -> OpenedConnection:
    """Opens a connection to etcd and dials it.

    Args:
        target: endpoints, comma-separated; None: those of the options, else those found on this
            machine, else etcdctl's default.
        options: how to connect and to read.
        notify: called with one line for each event that the user should know about: logins,
            certificates found, members changed, revisions lost.
        ask_password: prompts for the password of a user if none was given.
        root: the root directory in which the machine's files are looked up.

    Raises:
        UsageError: the arguments contradict each other.
        SourceError: no connection, with the cause.
    """
    notices: list[Notice] = []

    def tell(notice: Notice) -> None:
        notices.append(notice)
        if notify is not None:
            notify(notice)

    options = LiveOptions() if options is None else options
    if target is not None:
        options = replace(options, endpoints=(target,))
    endpoints, options = _resolve(options, root, tell)
    options = _with_password(options, ask_password, tell)
    if options.insecure_skip_tls_verify and any(endpoint.secure for endpoint in endpoints):
        tell(Notice(NoticeCode.NOT_VERIFIED))

    from etcdpod.connectors.live.connection.connection import Connection
    from etcdpod.connectors.live.connection.tls import load_tls_files

    connection = Connection(endpoints, load_tls_files(options), options, tell)
    try:
        connection.ready(quorum=False)
    except BaseException:
        connection.close()
        raise
    named = target or ",".join(str(endpoint) for endpoint in endpoints)
    return OpenedConnection(connection, named, notices, tell)


def _resolve(
    options: LiveOptions, root: Path, notify: Callable[[Notice], None]
) -> tuple[tuple[Endpoint, ...], LiveOptions]:
    """The endpoints to use, and the options completed with certificates found on this machine."""
    secure = options.names_tls_files or options.insecure_skip_tls_verify
    if options.endpoints:
        endpoints = parse_endpoints(options.endpoints, secure_by_default=secure)
        if not endpoints:
            raise UsageError("no endpoint is named", next_step="write it as https://HOST:2379")
        if options.names_tls_files or not any(endpoint.secure for endpoint in endpoints):
            return endpoints, options
        found = discovery.find_certificates(root)
    else:
        if options.names_tls_files:
            return parse_endpoints((_DEFAULT_ENDPOINT,), secure_by_default=True), options
        found = discovery.find_certificates(root)
        if found is None:
            discovery.refuse_strangers(root)
            return parse_endpoints((_DEFAULT_ENDPOINT,), secure_by_default=secure), options
        endpoints = parse_endpoints((discovery.LOCAL_ENDPOINT,), secure_by_default=True)
    if found is None:
        return endpoints, options
    notify(Notice(NoticeCode.CERTIFICATES_FOUND, reason=str(found)))
    options = replace(options, cacert=found.cacert, cert=found.cert, key=found.key)
    return endpoints, options


def _with_password(
    options: LiveOptions,
    ask_password: Callable[[str], str] | None,
    notify: Callable[[Notice], None],
) -> LiveOptions:
    if options.user is None:
        return options
    if options.password is not None:
        if options.password_origin == "argv":
            notify(Notice(NoticeCode.PASSWORD_IN_ARGUMENTS))
        return options
    if ask_password is None:
        raise UsageError(
            f"the password of user {options.user} is not given",
            next_step="set ETCDCTL_PASSWORD",
        )
    return replace(options, password=ask_password(options.user))
