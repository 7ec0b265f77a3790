"""The entry point: finds the verb, imports its file alone, and runs it."""

from __future__ import annotations

import importlib
import sys

import click

import etcdpod
from etcdpod.cli.diagnostics import say
from etcdpod.errors import ExitCode

COMMANDS = (
    ("get", "Objects as kubectl shows them, as of any revision."),
    ("history", "The whole life of an object, revision by revision."),
    ("diff", "What differs between two revisions, or two snapshots."),
    ("keys", "The etcd keys, with their revisions and sizes."),
    ("decode", "Stored values to YAML or JSON."),
    ("info", "What a source is: versions, revisions, sizes, counts, damage."),
)
"""Every verb, in the order of the help; the file of each has the same name."""


class Verbs(click.Group):
    """A group whose verbs are imported when one is asked for, so that a start stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of the tuple."""
        return [name for name, _ in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The click command of a verb; None where there is none of that name."""
        if cmd_name not in dict(COMMANDS):
            return None
        module = importlib.import_module(f"etcdpod.cli.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with a sentence each, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(etcdpod.__version__, prog_name="etcdpod")
def etcdpod_command() -> None:
    """Registry inspector and forensic tool for the etcd under a Kubernetes cluster.

    Reads a snapshot file (--from FILE); --from demo is a recorded incident to try things on.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    try:
        code = etcdpod_command.main(arguments, prog_name="etcdpod", standalone_mode=False)
    except click.ClickException as error:
        say(f"etcdpod: {error.format_message()}; see `{_help(error)}`")
        sys.exit(ExitCode.USAGE)
    except click.Abort:
        sys.exit(ExitCode.USAGE)
    sys.exit(code if isinstance(code, int) else ExitCode.FOUND)


def _help(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'etcdpod'} --help"
