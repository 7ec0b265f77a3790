"""The entry point: finds the verb, imports its file alone, and runs it."""

from __future__ import annotations

import gc
import importlib
import sys

import click

import etcdpod
from etcdpod.cli.diagnostics import say
from etcdpod.errors import EXIT_CODES, ExitCode

COMMANDS = (
    ("get", "objects", "Display objects as kubectl does, as of any revision"),
    ("describe", "objects", "Describe objects, with related objects and events"),
    ("events", "objects", "List events, the oldest first"),
    ("logs", "objects", "Show where a pod's logs are stored, and how its containers ended"),
    ("keys", "objects", "List etcd keys, with their revisions and sizes"),
    ("decode", "objects", "Decode stored values to YAML or JSON"),
    ("history", "history", "Show every revision of an object: what changed, when, by whom"),
    ("diff", "history", "Compare two revisions, or two sources"),
    ("blame", "history", "Show who last set each line of an object"),
    ("diagnose", "incident", "List everything that is wrong, with cause and evidence"),
    ("explain", "incident", "Explain why a pod is where it is"),
    ("timeline", "incident", "Draw pods as lanes over time"),
    ("report", "incident", "Write the post-mortem in one file"),
    ("lint", "incident", "Check workloads against good practice"),
    ("info", "evidence", "Show what a source is, and what it covers"),
    ("verify", "evidence", "Report every defect of a source"),
    ("hash", "evidence", "Compute HashKV and the snapshot hash"),
    ("top", "evidence", "Show what fills an etcd, and who keeps it busy"),
    ("recover", "evidence", "Recover deleted and lost objects"),
    ("export", "evidence", "Export everything but the contents"),
    ("snapshot", "evidence", "Save a live etcd's database"),
    ("tui", "shell", "Browse the registry in the terminal (default)"),
    ("guide", "shell", "Show the manual, by topic"),
    ("completion", "shell", "Print the completion script of a shell"),
)
"""Every verb, in the order of the help, and the folder of its file, which has its name."""

HEADINGS = (
    ("objects", "Objects"),
    ("history", "History"),
    ("incident", "Incident"),
    ("evidence", "Sources and evidence"),
    ("shell", "The tool"),
)
"""The folders of verbs with their headings in the help."""


OWN_OPTIONS = ("-h", "--help", "--version")
"""Options of the program itself, not of a verb."""

VALUE_OPTIONS = (
    *("--wal-dir", "--encryption-config"),
    *("--from", "--prefix", "-n", "--namespace", "--at", "--now"),
    *("--endpoints", "--cacert", "--cert", "--key", "--user", "--password"),
)
"""Options of the verbs that take the next word as their value."""


class Verbs(click.Group):
    """A group whose verbs are imported when one is asked for, so that a start stays quick."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Options of the verbs may stand before the verb, as kubectl allows."""
        return super().parse_args(ctx, _verb_first(args))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of the tuple."""
        return [name for name, _, _ in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The click command of a verb; None where there is none of that name."""
        folder = next((folder for name, folder, _ in COMMANDS if name == cmd_name), None)
        if folder is None:
            return None
        module = importlib.import_module(f"etcdpod.cli.{folder}.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs below the headings of their folders, without importing any."""
        for folder, heading in HEADINGS:
            with formatter.section(heading):
                formatter.write_dl([(name, text) for name, of, text in COMMANDS if of == folder])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What every verb has in common."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), text) for code, text in EXIT_CODES])
        with formatter.section("Examples"):
            formatter.write("  etcdpod history shop/db-0 --from demo\n")
            formatter.write("  etcdpod diagnose --from /var/lib/etcd\n")


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(etcdpod.__version__, prog_name="etcdpod")
def etcdpod_command() -> None:
    """Registry inspector and forensic tool for the etcd under a Kubernetes cluster.

    Reads a snapshot file, a data directory or a live etcd (--from, --endpoints); --from demo is a
    recorded incident. Without a command it starts the terminal browser.
    """


def _verb_first(args: list[str]) -> list[str]:
    """``--from demo get pods`` as ``get pods --from demo``; without a verb, the browser's."""
    leading: list[str] = []
    rest = list(args)
    while rest and rest[0].startswith("-") and rest[0] not in OWN_OPTIONS:
        leading.append(rest.pop(0))
        if leading[-1] in VALUE_OPTIONS and rest:
            leading.append(rest.pop(0))
    if not rest:
        return ["tui", *leading]
    return [rest[0], *leading, *rest[1:]] if leading else args


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    # Objects decoded from a registry hold no cycles: looking for some costs a tenth of a list.
    gc.set_threshold(100_000, 50, 100)
    try:
        code = etcdpod_command.main(arguments, prog_name="etcdpod", standalone_mode=False)
    except click.ClickException as error:
        say(f"etcdpod: {error.format_message().rstrip('.')}; see `{_help(error)}`")
        sys.exit(ExitCode.USAGE)
    except click.Abort:
        sys.exit(ExitCode.USAGE)
    sys.exit(code if isinstance(code, int) else ExitCode.FOUND)


def _help(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'etcdpod'} --help"
