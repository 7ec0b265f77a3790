"""``etcdpod export``: a registry's shape as a file that may be handed to others."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from etcdpod.cli.diagnostics import say
from etcdpod.cli.options import open_session, outcome, source_options
from etcdpod.cli.verb import verb
from etcdpod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.errors import ExitCode
    from etcdpod.records import Record
    from etcdpod.session import Session, SourceOptions


@verb("export")
@click.option(
    "--redacted",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File to write, gzipped if its name ends in .gz; must not exist.",
)
@source_options
def command(file: Path | None, options: SourceOptions) -> ExitCode:
    r"""Export everything but the contents, for a vendor or a public issue.

    One JSON line a revision: the shape of its key, its numbers and sizes, and its object's
    structure. Names and values are salted hashes; equal ones are equal within the file.

    \b
    etcdpod export --redacted shape.jsonl.gz --from demo
    etcdpod export --redacted shape.jsonl --from /var/lib/etcd
    """
    if file is None:
        raise UsageError(
            "only a redacted export is made", next_step="name its file with --redacted FILE"
        )
    with open_session(options) as session:
        count = _write(file, session)
        say(f"etcdpod: {count:,} revisions written to {file}, as hashes whose salt is gone")
        return outcome(session)


def _write(file: Path, session: Session) -> int:
    """The file, whole or not at all; how many revisions it holds.

    Raises:
        UsageError: it exists, or cannot be written.
    """
    count = 0
    try:
        with file.open("xb") as raw:
            done = False
            try:
                with _compressed(raw, file) as out:
                    for line in _lines(session):
                        out.write(line.encode() + b"\n")
                        count += 1
                done = True
            finally:
                if not done:
                    file.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
    return count - 1 - len(session.damage)


def _compressed(raw: IO[bytes], file: Path) -> IO[bytes]:
    # Neither its name nor the time is written.
    if file.suffix == ".gz":
        return gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0)  # type: ignore[return-value]
    return raw


def _lines(session: Session) -> Iterator[str]:
    from etcdpod.forensics.export.redact import Redactor, bundle, damage_facts, source_facts
    from etcdpod.kubectl.formats.json import compact
    from etcdpod.registry.bulk import map_slices

    registry, redactor = session.registry, Redactor()

    def work(records: Sequence[Record]) -> list[str]:
        return [compact(line) for line in bundle(registry, redactor, records)]

    yield compact(source_facts(registry, redactor))
    for lines in map_slices(session.connector.records(), work):
        yield from lines
    for damage in session.damage:
        yield compact(damage_facts(damage, registry, redactor))
