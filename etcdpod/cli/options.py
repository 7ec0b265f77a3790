"""Options that several verbs share, each declared once."""

from __future__ import annotations

import os
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from etcdpod.cli.completion import complete_namespace
from etcdpod.cli.diagnostics import LongWork, guarded, progress, report_damage, say_notice
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
        help="A snapshot file or a member's db; demo and demo-end are bundled. May be repeated.",
    ),
    click.option(
        "--prefix",
        "prefixes",
        multiple=True,
        metavar="PREFIX",
        help="The registry's prefix, when it is not found by itself (API server: --etcd-prefix).",
    ),
    click.option(
        "--as-served",
        is_flag=True,
        help="Add what the API server adds on reading; default is what is stored.",
    ),
    click.option("--show-secrets", is_flag=True, help="Show the data of Secrets."),
    click.option("--wal-dir", metavar="DIR", help="Where a data directory's log lies (--wal-dir)."),
    click.option(
        "--only-vouched",
        is_flag=True,
        help="Leave out revisions from the log and from free pages: only what etcd would answer.",
    ),
    click.option(
        "--encryption-config",
        metavar="FILE",
        help="The API server's EncryptionConfiguration; opens values encrypted at rest.",
    ),
)


_CONNECTION = (
    click.option("--endpoints", metavar="URLS", help="A live etcd; etcdctl's flag, as below."),
    click.option("--cacert", metavar="FILE", help="Verify the server's certificate with this CA."),
    click.option("--cert", metavar="FILE", help="Client certificate."),
    click.option("--key", metavar="FILE", help="Key of the client certificate."),
    click.option("--user", metavar="NAME[:PASSWORD]", help="Log in; better with the environment."),
    click.option("--password", metavar="PASSWORD", help="Better: ETCDCTL_PASSWORD, or the prompt."),
    click.option("--server-name", metavar="NAME", help="Name to find in the server certificate."),
    click.option("--insecure-skip-tls-verify", is_flag=True, help="Believe any certificate."),
    click.option("--dial-timeout", metavar="TIME", help="Until an endpoint counts as dead (2s)."),
    click.option("--command-timeout", metavar="TIME", help="For one answer (5s)."),
    click.option("--serializable", is_flag=True, help="Ask one member, without quorum."),
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
            long_work=LongWork,
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
        help="The namespace, where a name says none.",
        shell_complete=complete_namespace,
    )(function)


def namespace_options(function: Command) -> Command:
    """``-n`` and ``-A``."""
    function = namespace_option(function)
    return click.option("-A", "--all-namespaces", is_flag=True, help="Every namespace.")(function)


def at_option(function: Command) -> Command:
    """``--at WHEN``; ``moments.revision_at`` reads it."""
    return click.option(
        "--at",
        metavar="WHEN",
        help="As of a revision (resourceVersion), a time, or -10m before the source's last moment.",
    )(function)


def now_option(function: Command) -> Command:
    """``--now TIME``: the moment that ages are counted to."""
    return click.option(
        "--now",
        metavar="TIME",
        callback=_time,
        help="Count ages to this moment (RFC 3339), or to the present with `now`.",
    )(function)


def _time(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    from etcdpod.history.when import parse_time

    try:
        return None if text is None else parse_time(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no time like 2026-11-22T20:25:10Z") from None


def terminal_colour() -> bool:
    """Whether stdout is a terminal that wants colour (NO_COLOR, TERM=dumb respected)."""
    return (
        sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "dumb") != "dumb"
    )
