"""``etcdpod tui``: the terminal browser; also what ``etcdpod`` without a verb starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.cli.diagnostics import say
from etcdpod.cli.options import source_options
from etcdpod.cli.verb import verb
from etcdpod.errors import ExitCode, SourceError

if TYPE_CHECKING:
    from etcdpod.session import SourceOptions


@verb("tui")
@source_options
def command(options: SourceOptions) -> ExitCode:
    r"""Browse the registry in the terminal: objects, histories, any moment of the past.

    \b
    etcdpod --from demo
    etcdpod tui --endpoints https://10.0.0.1:2379
    """
    from etcdpod.tui.app import EtcdpodApp

    app = EtcdpodApp(options)
    reason = app.run()
    for trace in app.failures:
        say(trace)
    if reason:
        raise SourceError(reason)
    return ExitCode.FOUND
