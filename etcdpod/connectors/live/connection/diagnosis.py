"""Finds out why an endpoint cannot be reached, by repeating the connection layer by layer.

gRPC reports every connection failure as one status. Here the name is resolved, the port is dialled,
TLS is negotiated and an HTTP/2 preface is sent, each by itself; the first layer to fail is named.
"""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

from etcdpod.connectors.live.connection import tls
from etcdpod.connectors.live.connection.explain import not_etcd
from etcdpod.errors import SourceError

if TYPE_CHECKING:
    from etcdpod.connectors.live.connection.endpoints import Endpoint
    from etcdpod.connectors.live.connection.options import LiveOptions

_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
"""HTTP/2's client preface and an empty SETTINGS frame (RFC 9113, section 3.4)."""

_TLS_ALERT = b"\x15\x03"

_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
_CUT_OFF = ("", "UNEXPECTED_EOF_WHILE_READING")
"""How a server without TLS reacts to a handshake: non-TLS bytes, or a closed connection."""

_HOSTNAME_MISMATCH, _IP_MISMATCH = 62, 64
_NOT_YET_VALID, _EXPIRED = 9, 10

_ALERTS: tuple[tuple[str, str], ...] = (
    ("CERTIFICATE_REQUIRED", "the server wants a client certificate"),
    ("EXPIRED", "the server calls the client certificate expired"),
    ("UNKNOWN_CA", "the server does not know the CA of the client certificate"),
    ("BAD_CERTIFICATE", "the server refuses the client certificate"),
    ("HANDSHAKE_FAILURE", "the server refuses the TLS handshake"),
    ("PROTOCOL_VERSION", "the server speaks no TLS version that this client speaks"),
)


def diagnose(
    endpoint: Endpoint, files: tls.TlsFiles, options: LiveOptions, hint: str
) -> SourceError:
    """Determines why ``endpoint`` does not answer, within about twice the dial timeout.

    Args:
        endpoint: the endpoint that failed.
        files: the TLS files in use.
        options: the connection's options.
        hint: gRPC's message, used if no layer fails here.
    """
    try:
        connection = _dial(endpoint, options.dial_timeout)
    except OSError as error:
        return _dial_error(endpoint, error, options.dial_timeout)
    with connection:
        if not endpoint.secure:
            return _greet(connection, endpoint, options.dial_timeout, hint)
        return _negotiate(connection, endpoint, files, options, hint)


def _dial(endpoint: Endpoint, timeout: float) -> socket.socket:
    if not endpoint.is_socket:
        return socket.create_connection((endpoint.host, endpoint.port), timeout=timeout)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(timeout)
    try:
        connection.connect(endpoint.host)
    except OSError:
        connection.close()
        raise
    return connection


def _dial_error(endpoint: Endpoint, error: OSError, timeout: float) -> SourceError:
    if isinstance(error, socket.gaierror):
        what, next_step = f"no address for the name {endpoint.host}", "check the name"
    elif isinstance(error, ConnectionRefusedError):
        what = "connection refused: nothing listens there"
        next_step = "check that etcd runs and the port, or read its files with --from DATA_DIR"
    elif isinstance(error, TimeoutError):
        what = f"no connection within {timeout:g} s: packets are lost on the way"
        next_step = "check the address and the firewalls between"
    elif isinstance(error, FileNotFoundError):
        what, next_step = "no such socket", "check the path and that etcd runs"
    elif isinstance(error, PermissionError):
        what, next_step = "this socket may not be opened by you", "run this with sudo"
    else:
        what, next_step = f"cannot connect ({error.strerror or error})", "check the endpoint"
    return SourceError(what, path=str(endpoint), next_step=next_step)


def _negotiate(
    connection: socket.socket,
    endpoint: Endpoint,
    files: tls.TlsFiles,
    options: LiveOptions,
    hint: str,
) -> SourceError:
    name = options.server_name or ("localhost" if endpoint.is_socket else endpoint.host)
    context = tls.client_context(files, verify=not options.insecure_skip_tls_verify)
    try:
        secured = context.wrap_socket(connection, server_hostname=name)
    except ssl.SSLCertVerificationError as error:
        return _certificate_error(endpoint, files, options, name, error)
    except (OSError, ValueError) as error:
        return _handshake_error(endpoint, files, options, error)
    with secured:
        # In TLS 1.3 the server's verdict on our certificate arrives with the first read.
        return _greet(secured, endpoint, options.dial_timeout, hint, files)


def _greet(
    connection: socket.socket,
    endpoint: Endpoint,
    timeout: float,
    hint: str,
    files: tls.TlsFiles | None = None,
) -> SourceError:
    where = str(endpoint)
    try:
        connection.sendall(_GREETING)
        answer = connection.recv(64)
    except TimeoutError:
        return SourceError(
            f"the connection is accepted and nothing answers within {timeout:g} s",
            path=where,
            next_step="check that the process behind this port is etcd and not stuck",
        )
    except ssl.SSLError as error:
        return _alert_error(endpoint, files, error)
    except OSError:
        answer = b""
    if answer.startswith(_TLS_ALERT):
        return SourceError(
            "the server speaks TLS here", path=where, next_step="write the endpoint with https://"
        )
    if answer.startswith(b"HTTP/1"):
        return not_etcd(endpoint, "an HTTP/1 server answers")
    if _is_settings(answer) and (not hint or "failed to connect" in hint):
        return SourceError(
            "no connection came about a moment ago, and one does now",
            path=where,
            next_step="try again, with a longer --dial-timeout if the way is slow",
        )
    if _is_settings(answer):
        return SourceError(hint, path=where, next_step="check the endpoint and etcd's log")
    if not answer and not endpoint.secure:
        return SourceError(
            "the server closes the connection",
            path=where,
            next_step="write the endpoint with https:// if it speaks TLS",
        )
    if not answer:
        return SourceError(
            "the server closes the connection",
            path=where,
            next_step="give --cert and --key of a client that it knows",
        )
    return not_etcd(endpoint, "what answers is not HTTP/2")


def _certificate_error(
    endpoint: Endpoint,
    files: tls.TlsFiles,
    options: LiveOptions,
    name: str,
    error: ssl.SSLCertVerificationError,
) -> SourceError:
    shown = _server_certificate(endpoint, files, options)
    described = tls.describe_certificate(shown)
    described = f" {described}" if described else ""
    where = str(endpoint)
    if error.verify_code in (_EXPIRED, _NOT_YET_VALID):
        # The expired one may be the CA: then its file is the one to name.
        problem = tls.expiry_problem(shown)
        if not problem and files.cacert is not None:
            described = f" in {files.cacert_path} ({tls.describe_certificate(files.cacert)})"
            problem = tls.expiry_problem(files.cacert)
        return SourceError(
            f"the certificate{described} {problem or error.verify_message}",
            path=where,
            next_step="renew it (kubeadm certs renew all), "
            "or read without verification: --insecure-skip-tls-verify",
        )
    if error.verify_code in (_HOSTNAME_MISMATCH, _IP_MISMATCH):
        names = ", ".join(tls.certificate_names(shown)) or "other names"
        return SourceError(
            f"the server's certificate{described} is made out to {names}, not to {name}",
            path=where,
            next_step="use one of these names in --endpoints, or give --server-name",
        )
    if files.cacert is None:
        vouching, next_step = "this machine's CAs do not", "name etcd's CA with --cacert"
    else:
        own = tls.describe_certificate(files.cacert)
        vouching = f"{files.cacert_path} ({own}) does not"
        next_step = "name the CA that issued it with --cacert"
    return SourceError(
        f"the server's certificate{described}: {vouching} vouch for it ({error.verify_message})",
        path=where,
        next_step=next_step,
    )


def _handshake_error(
    endpoint: Endpoint, files: tls.TlsFiles, options: LiveOptions, error: Exception
) -> SourceError:
    reason = getattr(error, "reason", None) or ""
    where = str(endpoint)
    if isinstance(error, TimeoutError):
        return SourceError(
            f"the connection is accepted and no TLS answers within {options.dial_timeout:g} s",
            path=where,
            next_step="check that the process behind this port is etcd and not stuck",
        )
    if reason in _NO_TLS or (reason in _CUT_OFF and _speaks_clear_text(endpoint, options)):
        return SourceError(
            "the server speaks no TLS here",
            path=where,
            next_step="write the endpoint with http:// if it is an etcd without TLS",
        )
    return _alert_error(endpoint, files, error)


def _alert_error(endpoint: Endpoint, files: tls.TlsFiles | None, error: Exception) -> SourceError:
    reason = getattr(error, "reason", None) or str(error)
    what = next((text for alert, text in _ALERTS if alert in reason), f"TLS failed ({reason})")
    if (files is None or files.cert is None) and "CERTIFICATE" in reason:
        what = "the server wants a client certificate"
    next_step = "give --cert and --key of a client that it knows"
    if files is not None and files.cert is not None:
        described = f"{files.cert_path} ({tls.describe_certificate(files.cert)})"
        expired = tls.expiry_problem(files.cert)
        what = f"{what}; {described} {expired}" if expired else f"{what}: {described}"
        next_step = "renew it" if expired else "give --cert and --key of a client that it knows"
    return SourceError(what, path=str(endpoint), next_step=next_step)


def _speaks_clear_text(endpoint: Endpoint, options: LiveOptions) -> bool:
    try:
        with _dial(endpoint, options.dial_timeout) as connection:
            connection.sendall(_GREETING)
            return _is_settings(connection.recv(64))
    except OSError:
        return False


def _is_settings(answer: bytes) -> bool:
    """The server speaks HTTP/2: its first frame is always SETTINGS, type 4."""
    return len(answer) >= 9 and answer[3] == 4


def _server_certificate(endpoint: Endpoint, files: tls.TlsFiles, options: LiveOptions) -> bytes:
    """The certificate presented by the server, in DER; empty if it presents none.

    A server that requires a client certificate may close the connection first.
    """
    context = tls.client_context(files, verify=False)
    try:
        with (
            _dial(endpoint, options.dial_timeout) as connection,
            context.wrap_socket(connection, server_hostname=endpoint.host) as secured,
        ):
            return secured.getpeercert(binary_form=True) or b""
    except OSError:
        return b""
