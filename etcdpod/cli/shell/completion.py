"""``etcdpod completion``: the script that teaches a shell to complete."""

from __future__ import annotations

import click

from etcdpod.cli.stdout import write
from etcdpod.cli.verb import verb
from etcdpod.errors import ExitCode


@verb("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> ExitCode:
    r"""Print the completion script of a shell.

    \b
    source <(etcdpod completion bash)
    etcdpod completion fish > ~/.config/fish/completions/etcdpod.fish
    """
    from click.shell_completion import get_completion_class

    from etcdpod.cli.main import etcdpod_command

    complete = get_completion_class(shell)
    if complete is None:
        raise click.UsageError(f"no completion for {shell}")
    write([complete(etcdpod_command, {}, "etcdpod", "_ETCDPOD_COMPLETE").source() + "\n"])
    return ExitCode.FOUND
