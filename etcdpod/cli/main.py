"""The entry point: finds the verb, imports its file alone, and runs it."""

from __future__ import annotations

import gc
import importlib
import sys

import click

import etcdpod
from etcdpod.cli.diagnostics import say
from etcdpod.errors import ExitCode

COMMANDS = (
    ("get", "objects", "Objects as kubectl shows them, as of any revision."),
    ("describe", "objects", "An object in words, with what belongs to it and its events."),
    ("events", "objects", "What was reported, of everything or of one object, the oldest first."),
    ("history", "history", "The whole life of an object, revision by revision."),
    ("diff", "history", "What differs between two revisions, or two snapshots."),
    ("explain", "incident", "A pod's way through its life, where it got stuck, and why."),
    ("diagnose", "incident", "What is wrong in the whole registry, ranked, with the evidence."),
    ("logs", "objects", "Where a pod's logs lie, and how its containers ended: etcd holds none."),
    (
        "report",
        "incident",
        "The post-mortem: sources, gaps, lanes, findings and histories in one file.",
    ),
    ("lint", "incident", "Workloads against good practice, each with the field and the reason."),
    ("blame", "history", "Each line of an object with the revision and writer that last set it."),
    ("recover", "evidence", "Deleted and lost objects, as files that can be applied."),
    ("keys", "objects", "The etcd keys, with their revisions and sizes."),
    ("decode", "objects", "Stored values to YAML or JSON."),
    ("info", "evidence", "What a source is: versions, revisions, sizes, counts, damage."),
    ("top", "evidence", "What fills an etcd, and who keeps it busy."),
    ("timeline", "incident", "Pods as lanes over time, coloured by their state."),
    ("tui", "shell", "The terminal browser; also what etcdpod starts without a command."),
    ("verify", "evidence", "Every defect of a source, where it is, and what it costs."),
    ("hash", "evidence", "HashKV and the snapshot hash, as etcd computes them."),
    ("export", "evidence", "Everything but the contents, as a file for others."),
    ("snapshot", "evidence", "Save a live etcd's database to a file."),
    ("completion", "shell", "The completion script of a shell."),
    ("guide", "shell", "The manual, by topic."),
)
"""Every verb, in the order of the help, and the folder of its file, which has its name."""


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
        # Examples stand as they are written: click wants a backspace, raw docstrings have none.
        command.help = (command.help or "").replace("\\b\n", "\b\n")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with a sentence each, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, _, text in COMMANDS])


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(etcdpod.__version__, prog_name="etcdpod")
def etcdpod_command() -> None:
    """Registry inspector and forensic tool for the etcd under a Kubernetes cluster.

    Reads a snapshot file, a data directory or a live etcd (--from, --endpoints); --from demo is a
    recorded incident to try things on. Without a command it starts the terminal browser.
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
