"""``etcdpod tui``: the terminal browser; also what ``etcdpod`` without a verb starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from etcdpod.cli.diagnostics import say
from etcdpod.cli.options import source_options
from etcdpod.errors import ExitCode, SourceError

if TYPE_CHECKING:
    from etcdpod.session import SourceOptions


@click.command("tui")
@source_options
def command(options: SourceOptions) -> ExitCode:
    r"""Browse the registry in the terminal: objects, histories, any moment of the past.

    \b
    etcdpod tui --from demo
    """
    from etcdpod.tui.app import EtcdpodApp

    app = EtcdpodApp(options)
    reason = app.run()
    for trace in app.failures:
        say(trace)
    if reason:
        raise SourceError(reason)
    return ExitCode.FOUND
