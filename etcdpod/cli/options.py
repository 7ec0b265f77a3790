"""Options that several verbs share, each declared once."""

from __future__ import annotations

import os
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from etcdpod.cli.completion import complete_namespace
from etcdpod.cli.diagnostics import InterruptibleWork, guarded, progress, report_damage, say_notice
from etcdpod.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from etcdpod.session import Session, SourceOptions

Command = TypeVar("Command", bound="Callable[..., Any]")

_SOURCE = (
    click.option(
        "--from",
        "sources",
        multiple=True,
        metavar="SOURCE",
        envvar="ETCDPOD_FROM",
        help="Snapshot, data directory, endpoint, demo or demo-end; may be repeated.",
    ),
    click.option(
        "--prefix",
        "prefixes",
        multiple=True,
        metavar="PREFIX",
        help="Registry prefix (kube-apiserver --etcd-prefix); found automatically.",
    ),
    click.option(
        "--as-served",
        is_flag=True,
        help="Apply API-server defaulting and conversion.",
    ),
    click.option("--show-secrets", is_flag=True, help="Do not mask the data of Secrets."),
    click.option(
        "--wal-dir", metavar="DIR", help="Write-ahead log of the data directory (etcd --wal-dir)."
    ),
    click.option(
        "--no-recovered",
        "only_vouched",
        is_flag=True,
        help="Only what etcd itself would answer: nothing from logs or free pages.",
    ),
    click.option(
        "--encryption-config",
        metavar="FILE",
        help="The API server's EncryptionConfiguration, for values encrypted at rest.",
    ),
)


_CONNECTION = (
    click.option(
        "--endpoints", metavar="URLS", help="Endpoints of a live etcd, separated by commas."
    ),
    click.option("--cacert", metavar="FILE", help="CA bundle to verify the server certificate."),
    click.option("--cert", metavar="FILE", help="Client certificate."),
    click.option("--key", metavar="FILE", help="Private key of the client certificate."),
    click.option(
        "--user", metavar="NAME[:PASSWORD]", help="User name (a login writes to etcd's raft log)."
    ),
    click.option(
        "--password", metavar="PASSWORD", help="Password; ETCDCTL_PASSWORD or the prompt is safer."
    ),
    click.option("--server-name", metavar="NAME", help="Expected name in the server certificate."),
    click.option("--insecure-skip-tls-verify", is_flag=True, help="Skip certificate verification."),
    click.option("--dial-timeout", metavar="TIME", help="Dial timeout (default 2s)."),
    click.option("--command-timeout", metavar="TIME", help="Timeout of one call (default 5s)."),
    click.option(
        "--serializable", is_flag=True, help="Read from one member without quorum; may be stale."
    ),
)
"""etcdctl's own flags; each has its ETCDCTL_* variable."""

_READING = (
    *("prefixes", "as_served", "show_secrets"),
    *("wal_dir", "only_vouched", "encryption_config"),
)


def source_options(function: Command) -> Command:
    """``--from`` and how to read it; the command gets one ``options`` argument instead."""
    connection = [option_name(option) for option in _CONNECTION]

    @wraps(function)
    def collected(*arguments: Any, sources: tuple[str, ...], **words: Any) -> Any:
        from etcdpod.session import SourceOptions

        reading = {name: words.pop(name) for name in _READING}
        reading["prefixes"] = tuple(prefix.rstrip("/") for prefix in reading["prefixes"])
        live = {name: words.pop(name) for name in connection}
        options = SourceOptions(
            targets=sources,
            connection={name: value for name, value in live.items() if value not in (None, False)},
            notify=say_notice,
            progress=progress if sys.stderr.isatty() else None,
            long_work=InterruptibleWork,
            **reading,
        )
        return guarded(lambda: function(*arguments, options=options, **words))

    for option in reversed(_SOURCE + _CONNECTION):
        collected = option(collected)
    return collected  # type: ignore[return-value]


def option_name(option: Callable[[Any], Any]) -> str:
    """The parameter that an option of ours fills."""

    def bare() -> None: ...

    option(bare)
    (parameter,) = bare.__click_params__  # type: ignore[attr-defined]
    return str(parameter.name)


def open_session(options: SourceOptions) -> Session:
    """The sources that the options name.

    Raises:
        UsageError: none is named, and none was found.
    """
    from etcdpod.session import Session

    return Session.open(options)


def outcome(session: Session, code: ExitCode = ExitCode.FOUND) -> ExitCode:
    """Report damage on stderr; the exit code of a command that got so far."""
    damaged = report_damage(session.damage)
    return ExitCode.DAMAGED if damaged and code is ExitCode.FOUND else code


def namespace_option(function: Command) -> Command:
    """``-n``."""
    return click.option(
        "-n",
        "--namespace",
        metavar="NS",
        help='Namespace (default: "default").',
        shell_complete=complete_namespace,
    )(function)


def namespace_options(function: Command) -> Command:
    """``-n`` and ``-A``."""
    function = namespace_option(function)
    return click.option("-A", "--all-namespaces", is_flag=True, help="All namespaces.")(function)


def at_option(function: Command) -> Command:
    """``--at WHEN``; ``moments.revision_at`` reads it."""
    return click.option(
        "--at",
        metavar="WHEN",
        help="As of this moment: a revision, a time, or -10m (`etcdpod guide time`).",
    )(function)


def now_option(function: Command) -> Command:
    """``--now TIME``: the moment that ages are counted to."""
    return click.option(
        "--now",
        metavar="TIME",
        callback=_time,
        help="Ages are relative to this time (RFC 3339 or now).",
    )(function)


def _time(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    from etcdpod.history.when import time_or_now

    try:
        return None if text is None else time_or_now(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no time like 2026-11-22T20:25:10Z") from None


def terminal_colour() -> bool:
    """Whether stdout is a terminal that wants colour (NO_COLOR, TERM=dumb respected)."""
    return (
        sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "dumb") != "dumb"
    )
