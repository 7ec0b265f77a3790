"""What a connection needs to know: etcdctl's flags and its ETCDCTL_* environment."""

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
    """How to reach an etcd, and how to read it. Every default is etcdctl's."""

    endpoints: tuple[str, ...] = ()
    """As written; empty: found on this machine, else 127.0.0.1:2379."""
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    server_name: str | None = None
    """The name to look for in the server's certificate instead of the endpoint's host."""
    insecure_skip_tls_verify: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    password_origin: PasswordOrigin = "elsewhere"
    dial_timeout: float = 2.0
    """Seconds until an endpoint counts as dead."""
    command_timeout: float = 5.0
    """Seconds for one answer; also how long a failed call is tried again."""
    serializable: bool = False
    """Ask one member for what it holds, without quorum; it may be behind."""
    on_compaction: OnCompaction = "finish"
    """When a list's revision is compacted under it: finish at a newer one, or start again
    (the list is then read to its end before its first record is handed over)."""

    @property
    def names_tls_files(self) -> bool:
        """The user named a file for TLS."""
        return any((self.cacert, self.cert, self.key))


def live_options(flags: Mapping[str, object], environ: Mapping[str, str]) -> LiveOptions:
    """Joins flags with the environment; a flag wins.

    Args:
        flags: by etcdctl's names with underscores (``endpoints``, ``cacert``, ``cert``, ``key``,
            ``user``, ``password``, ``server_name``, ``insecure_skip_tls_verify``,
            ``dial_timeout``, ``command_timeout``, ``serializable``, ``on_compaction``); None and
            absent say nothing. Timeouts are seconds or durations such as ``2s``.
        environ: the process environment.

    Raises:
        UsageError: a value cannot be read, or certificate and key do not come together.
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
    """Reads a duration as Go writes it (``5s``, ``1m30s``, ``500ms``), or bare seconds.

    Raises:
        ValueError: the text is neither, or not above zero.
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
    """User and password; ``--user name:password`` as etcdctl takes it."""
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
