"""``etcdpod keys``: what lies in etcd, by key."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

import click

from etcdpod.cli.moments import revision_at
from etcdpod.cli.options import at_option, open_session, outcome, source_options
from etcdpod.cli.serialise import FORMATS, items, output_option
from etcdpod.cli.stdout import write, write_lines
from etcdpod.cli.verb import verb
from etcdpod.connectors.capabilities import Doubting, capable
from etcdpod.errors import UsageError
from etcdpod.kubectl.formats.safe import printable
from etcdpod.records import Trust

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.errors import ExitCode
    from etcdpod.records import Record
    from etcdpod.session import SourceOptions


@verb("keys")
@click.argument("prefix", default="")
@at_option
@click.option("--all-revisions", is_flag=True, help="All kept revisions, including tombstones.")
@click.option(
    "--suspect", is_flag=True, help="With --all-revisions: also revisions of trust E, marked."
)
@output_option("wide", help="Output format (default: the key alone).")
@source_options
def command(
    prefix: str,
    at: str | None,
    all_revisions: bool,
    suspect: bool,
    output: str | None,
    options: SourceOptions,
) -> ExitCode:
    r"""List the etcd keys below PREFIX (default: all), in byte order.

    \b
    etcdpod keys /registry/pods/shop/ --from demo
    etcdpod keys --all-revisions -o wide --from demo
    """
    if suspect and not all_revisions:
        raise UsageError("--suspect needs --all-revisions")
    with open_session(options) as session:
        source = session.connector
        records: Iterable[Record] = (
            source.records(prefix.encode(), keys_only=True)
            if all_revisions
            else source.range(prefix.encode(), revision_at(session, at), keys_only=True)
        )
        doubting = capable(source, Doubting) if suspect else None
        if doubting is not None:
            both = records, doubting.suspects(prefix.encode())
            records = heapq.merge(*both, key=lambda record: record.revision)
        if output in FORMATS:
            write(items(map(_fields, records), output))
        else:
            write_lines(_wide(records) if output == "wide" else _plain(records))
        return outcome(session)


def _plain(records: Iterable[Record]) -> Iterator[str]:
    return (printable(_text(record.key)) + _mark(record) for record in records)


def _mark(record: Record) -> str:
    """The grade of a record that may never have existed."""
    trust = record.provenance.trust
    return f"  (trust {trust.value})" if trust in (Trust.SUSPECT, Trust.UNCOMMITTED) else ""


def _wide(records: Iterable[Record]) -> Iterator[str]:
    yield f"{'REVISION':>10}  {'CREATED':>10}  {'VERSION':>7}  {'BYTES':>9}  {'LEASE':<16}  KEY"
    for record in records:
        if record.tombstone:
            numbers = f"{record.revision!s:>10}  {'deleted':>10}  {'':>7}  {'':>9}  {'':<16}"
        else:
            lease = (f"{record.lease:x}" if record.lease else "-") if record.knows_lease else "?"
            numbers = (
                f"{record.revision!s:>10}  {record.create_revision:>10}  {record.version:>7}"
                f"  {record.value_size:>9}  {lease:<16}"
            )
        yield f"{numbers}  {printable(_text(record.key))}{_mark(record)}"


def _fields(record: Record) -> dict[str, Any]:
    """One record; what a live etcd does not return is left out."""
    known = {
        "sub": not record.provenance.is_listed,
        "lease": record.knows_lease,
        "bytes": record.value_size >= 0,
    }
    fields = {
        "key": _text(record.key),
        "revision": record.revision.main,
        "sub": record.revision.sub,
        "deleted": record.tombstone,
        "createRevision": record.create_revision,
        "version": record.version,
        "bytes": record.value_size,
        "lease": record.lease,
        "source": str(record.provenance),
        "trust": record.provenance.trust.value,
    }
    return {name: value for name, value in fields.items() if known.get(name, True)}


def _text(key: bytes) -> str:
    return key.decode(errors="backslashreplace")
