"""Parses endpoints as users write them: URLs, host:port, IPv6, unix sockets, and lists of these."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import SplitResult, urlsplit

from etcdpod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

Scheme = Literal["http", "https", "unix", "unixs"]

SCHEMES: tuple[Scheme, ...] = ("http", "https", "unix", "unixs")
DEFAULT_PORT = 2379

_BARE = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+):[0-9]{1,5}")
"""The default scheme of an address."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address on which a member listens for clients."""

    scheme: Scheme
    host: str
    """Host name or address without brackets; the socket's path for ``unix`` and ``unixs``."""
    port: int = DEFAULT_PORT
    """0 for a unix socket."""

    @property
    def secure(self) -> bool:
        """The connection uses TLS."""
        return self.scheme in ("https", "unixs")

    @property
    def is_socket(self) -> bool:
        """The endpoint is a unix socket."""
        return self.scheme in ("unix", "unixs")

    @property
    def bracketed_host(self) -> str:
        """The host in the form used in URLs and gRPC targets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    def __str__(self) -> str:
        if self.is_socket:
            return f"{self.scheme}://{self.host}"
        return f"{self.scheme}://{self.bracketed_host}:{self.port}"


def is_endpoint(target: str) -> bool:
    """Whether ``target`` names endpoints rather than a file; never raises.

    A bare ``host:port`` is accepted only if no file of that name exists.
    """
    first = target.split(",", 1)[0].strip()
    scheme, separator, _ = first.partition("://")
    if separator:
        return scheme.lower() in SCHEMES
    return _BARE.fullmatch(first) is not None and not Path(first).exists()


def parse_endpoints(texts: Iterable[str], *, secure_by_default: bool) -> tuple[Endpoint, ...]:
    """Parses endpoints; each text may be a comma-separated list.

    Args:
        texts: the endpoints as given by the user.
        secure_by_default: whether an endpoint without a scheme uses TLS; a scheme given earlier in
            the same text applies to the rest of it.

    Returns:
        The endpoints in the given order, without duplicates.

    Raises:
        UsageError: a text is not an endpoint.
    """
    found: dict[Endpoint, None] = {}
    for text in texts:
        scheme: Scheme = "https" if secure_by_default else "http"
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            endpoint = _parse(part, scheme)
            if not endpoint.is_socket:
                scheme = endpoint.scheme
            found[endpoint] = None
    return tuple(found)


def _parse(text: str, default_scheme: Scheme) -> Endpoint:
    scheme, separator, rest = text.partition("://")
    if separator:
        known = next((name for name in SCHEMES if name == scheme.lower()), None)
        if known is None:
            raise UsageError(
                f"{scheme}:// is not a scheme of etcd", next_step=f"use one of {', '.join(SCHEMES)}"
            )
    else:
        known, rest = default_scheme, text
    if known in ("unix", "unixs"):
        if not rest:
            raise UsageError("a unix endpoint needs the path of its socket")
        return Endpoint(known, rest, 0)
    if "@" in rest:
        # The text may contain a password: it must not be repeated in the message.
        raise UsageError(
            "an endpoint carries no user and password",
            next_step="use --user, and ETCDCTL_PASSWORD or a prompt for the password",
        )
    if rest.count(":") > 1 and not rest.startswith("["):
        rest = f"[{rest}]"
    try:
        return _from_url(known, urlsplit(f"{known}://{rest}"))
    except ValueError:
        raise UsageError(
            f"{text!r} is not an endpoint", next_step="write it as https://HOST:2379"
        ) from None


def _from_url(scheme: Scheme, url: SplitResult) -> Endpoint:
    if not url.hostname or url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError(url)
    return Endpoint(scheme, url.hostname, DEFAULT_PORT if url.port is None else url.port)
