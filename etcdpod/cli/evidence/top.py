"""``etcdpod top``: what eats an etcd: bytes and revisions by kind, namespace, key or writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from etcdpod.cli.options import open_session, outcome, source_options
from etcdpod.cli.serialise import items, output_option
from etcdpod.cli.stdout import write
from etcdpod.cli.verb import verb
from etcdpod.forensics.activity.activity import Consumer, Ledger, consumers
from etcdpod.kube.model.keys import parse_key
from etcdpod.kubectl.formats.safe import printable
from etcdpod.kubectl.formats.table import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etcdpod.errors import ExitCode
    from etcdpod.history.lives import Registry
    from etcdpod.session import Session, SourceOptions

ORDERS = ("revisions", "bytes", "rate")


@verb("top")
@click.option(
    "--by",
    type=click.Choice(["kind", "namespace", "key", "writer"]),
    default="kind",
    show_default=True,
    help="Group revisions by.",
)
@click.option("--bytes", "order", flag_value="bytes", help="Sort by stored bytes.")
@click.option(
    "--revisions",
    "order",
    flag_value="revisions",
    default=True,
    help="Sort by number of revisions.",
)
@click.option("--rate", "order", flag_value="rate", help="Sort by revisions a minute.")
@click.option("--since", type=int, metavar="REVISION", help="Only revisions from this one on.")
@click.option("--limit", type=click.IntRange(1), default=20, help="Maximum number of rows.")
@output_option(help="Output format; not limited.")
@source_options
def command(
    by: str,
    order: str,
    since: int | None,
    limit: int,
    output: str | None,
    options: SourceOptions,
) -> ExitCode:
    r"""Show what fills an etcd, and who keeps it busy.

    \b
    etcdpod top --from demo
    etcdpod top --by key --bytes --from demo
    """
    with open_session(options) as session:
        ledger = Ledger()
        # Bytes count values, so a live etcd is asked for them too.
        live = session.info.kind == "live"
        ledger.add(session.connector.records(keys_only=not live))
        found = _accounts(session, ledger, by, since)
        minutes = _minutes(session)
        found.sort(key=_sorting(order), reverse=True)
        if output is not None:
            write(items((_fields(one, minutes) for one in found), output))
        else:
            write(_text(found, by, limit, minutes))
        return outcome(session)


def _accounts(session: Session, ledger: Ledger, by: str, since: int | None) -> list[Consumer]:
    if by == "writer":
        from etcdpod.forensics.activity.attribution import writers

        return writers(session.registry, ledger, since=since)
    return consumers(ledger, _namer(session.registry, by), since=since)


def _namer(registry: Registry, by: str) -> Callable[[bytes], str]:
    if by == "kind":
        return registry.resource_part
    if by == "key":
        return lambda key: key.decode(errors="backslashreplace")

    def namespace(key: bytes) -> str:
        for prefix in registry.prefixes:
            parsed = parse_key(key, prefix)
            if parsed is not None:
                return parsed.namespace or "(no namespace)"
        return "(no namespace)"

    return namespace


def _minutes(session: Session) -> float | None:
    """Minutes between the oldest and the newest complete revision; None where unknown."""
    from etcdpod.history.clock.clock import Clock

    info = session.info
    clock = Clock.from_registry(session.registry)
    first = clock.span(max(info.compact_revision, 2)).estimate
    last = clock.span(info.current_revision).estimate
    if first is None or last is None or last <= first:
        return None
    return (last - first).total_seconds() / 60


def _sorting(order: str) -> Callable[[Consumer], tuple[int, int, str]]:
    if order == "bytes":
        return lambda one: (one.bytes, one.revisions, one.name)
    return lambda one: (one.revisions, one.bytes, one.name)


def _fields(one: Consumer, minutes: float | None) -> dict[str, Any]:
    return {
        "name": one.name,
        "keys": one.keys,
        "revisions": one.revisions,
        "bytes": one.bytes,
        "largest": one.largest,
        "first": one.first,
        "last": one.last,
        "perMinute": None if minutes is None else round(one.revisions / minutes, 2),
    }


def _text(found: list[Consumer], by: str, limit: int, minutes: float | None) -> Iterator[str]:
    revisions, total = sum(one.revisions for one in found), sum(one.bytes for one in found)
    header = [by.upper(), "KEYS", "REVISIONS", "SHARE", "PER MINUTE", "BYTES", "SHARE", "LARGEST"]
    rows = [
        [
            printable(one.name),
            f"{one.keys:,}",
            f"{one.revisions:,}",
            _share(one.revisions, revisions),
            "?" if minutes is None else f"{one.revisions / minutes:.1f}",
            f"{one.bytes:,}",
            _share(one.bytes, total),
            f"{one.largest:,}",
        ]
        for one in found[:limit]
    ]
    yield from table(header, rows)
    more = f", {len(found) - limit} more below" if len(found) > limit else ""
    yield f"in all {len(found)}{more}: {revisions:,} revisions, {total:,} bytes\n"


def _share(part: int, whole: int) -> str:
    return f"{part * 100 / whole:.1f}%" if whole else "-"
