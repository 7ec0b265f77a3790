"""``etcdpod snapshot save``: a live etcd's database to a file, whole and checked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from etcdpod.cli.diagnostics import progress, say
from etcdpod.cli.options import open_session, source_options
from etcdpod.cli.serialise import document, output_option
from etcdpod.cli.stdout import write
from etcdpod.cli.verb import Verb
from etcdpod.connectors.capabilities import Saving, capable
from etcdpod.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from etcdpod.session import SourceOptions


@click.group("snapshot")
def command() -> None:
    """Snapshots of a live etcd."""


@command.command("save", cls=Verb)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Overwrite FILE.")
@output_option()
@source_options
def save(file: Path, overwrite: bool, output: str | None, options: SourceOptions) -> ExitCode:
    r"""Save one member's database to FILE.

    FILE gets its name only when it is complete and its SHA-256 is correct.

    \b
    etcdpod snapshot save monday.db --endpoints https://10.0.0.1:2379
    etcdpod snapshot save monday.db --overwrite
    """
    with open_session(options) as session:
        source = capable(session.connector, Saving)
        if source is None:
            raise UsageError(
                f"{session.info.target} is a file already",
                next_step="name a live etcd with --from https://HOST:2379 or --endpoints",
            )
        saved = source.save_snapshot(
            file, progress("saving") if sys.stderr.isatty() else None, overwrite=overwrite
        )
        if output is not None:
            fields = {"path": str(saved.path), "size": saved.size, "sha256": saved.sha256}
            write(document({**fields, "endpoint": saved.endpoint}, output))
        say(f"etcdpod: {saved.path}: {saved.size:,} bytes from {saved.endpoint}")
        say(f"etcdpod: sha256 of the database {saved.sha256}, as the stream's own trailer says")
    return ExitCode.FOUND
