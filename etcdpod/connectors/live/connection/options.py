"""The connection options: etcdctl's flags and its ETCDCTL_* environment variables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from etcdpod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

OnCompaction = Literal["finish", "restart"]
PasswordOrigin = Literal["argv", "environment", "elsewhere"]

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_TRUE = frozenset({"1", "t", "true"})


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """How to connect to etcd and how to read from it. All defaults are etcdctl's."""

    endpoints: tuple[str, ...] = ()
    """As given; if empty: those found on this machine, else 127.0.0.1:2379."""
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    server_name: str | None = None
    """The name to verify in the server's certificate, instead of the endpoint's host."""
    insecure_skip_tls_verify: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    password_origin: PasswordOrigin = "elsewhere"
    dial_timeout: float = 2.0
    """Dial timeout in seconds."""
    command_timeout: float = 5.0
    """Command timeout in seconds; also how long a failed call is retried."""
    serializable: bool = False
    """Read from a single member without quorum; its data may be stale."""
    on_compaction: OnCompaction = "finish"
    """When a list's revision is compacted while it is read: finish at a newer one, or restart
    (the list is then read to its end before its first record is returned)."""

    @property
    def names_tls_files(self) -> bool:
        """The user gave a TLS file."""
        return any((self.cacert, self.cert, self.key))


def live_options(flags: Mapping[str, object], environ: Mapping[str, str]) -> LiveOptions:
    """Combines flags with the environment; flags take precedence.

    Args:
        flags: by etcdctl's names with underscores (``endpoints``, ``cacert``, ``cert``, ``key``,
            ``user``, ``password``, ``server_name``, ``insecure_skip_tls_verify``,
            ``dial_timeout``, ``command_timeout``, ``serializable``, ``on_compaction``); None and
            absent leave the default. Timeouts are seconds or durations such as ``2s``.
        environ: the process environment.

    Raises:
        UsageError: a value is invalid, or only one of certificate and key is given.
    """

    def said(name: str) -> object:
        value = flags.get(name)
        return environ.get(f"ETCDCTL_{name.upper()}") or None if value in (None, (), "") else value

    def text(name: str) -> str | None:
        value = said(name)
        return None if value is None else str(value)

    user, password, origin = _credentials(flags, environ)
    options = LiveOptions(
        endpoints=_listed(said("endpoints")),
        cacert=text("cacert"),
        cert=text("cert"),
        key=text("key"),
        server_name=text("server_name"),
        insecure_skip_tls_verify=_switch(said("insecure_skip_tls_verify")),
        user=user,
        password=password,
        password_origin=origin,
        dial_timeout=_seconds("dial timeout", said("dial_timeout"), 2.0),
        command_timeout=_seconds("command timeout", said("command_timeout"), 5.0),
        serializable=_switch(flags.get("serializable")),
        on_compaction="restart" if flags.get("on_compaction") == "restart" else "finish",
    )
    if (options.cert is None) != (options.key is None):
        given, missing = ("--cert", "--key") if options.key is None else ("--key", "--cert")
        raise UsageError(f"{given} needs {missing}")
    return options


def parse_duration(text: str) -> float:
    """Parses a Go duration (``5s``, ``1m30s``, ``500ms``), or a number of seconds.

    Raises:
        ValueError: the text is neither, or is not positive.
    """
    text = text.strip()
    pieces = _DURATION.findall(text)
    if pieces and "".join(number + unit for number, unit in pieces) == text:
        seconds = sum(float(number) * _UNITS[unit] for number, unit in pieces)
    else:
        seconds = float(text)
    if not 0 < seconds < 1e7:
        raise ValueError(text)
    return seconds


def _credentials(
    flags: Mapping[str, object], environ: Mapping[str, str]
) -> tuple[str | None, str | None, PasswordOrigin]:
    """User and password, from etcdctl's ``--user name:password``."""
    user, origin = flags.get("user"), "argv"
    if user is None:
        user, origin = environ.get("ETCDCTL_USER") or None, "environment"
    if user is None:
        return None, None, "elsewhere"
    password = flags.get("password")
    if password is not None:
        return str(user), str(password), "argv"
    if environ.get("ETCDCTL_PASSWORD"):
        return str(user), environ["ETCDCTL_PASSWORD"], "environment"
    name, colon, inline = str(user).partition(":")
    if colon:
        return name, inline, "argv" if origin == "argv" else "environment"
    return name, None, "elsewhere"


def _listed(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(item) for item in value)  # type: ignore[attr-defined]


def _switch(value: object) -> bool:
    return value.lower() in _TRUE if isinstance(value, str) else bool(value)


def _seconds(name: str, value: object, default: float) -> float:
    if value is None:
        return default
    try:
        return parse_duration(str(value))
    except ValueError:
        raise UsageError(f"{value!r} is no {name}", next_step="write it as 5s or 500ms") from None
