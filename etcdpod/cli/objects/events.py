"""``etcdpod events``: what was reported, the oldest first; of everything or of one object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from etcdpod.cli.diagnostics import say
from etcdpod.cli.moments import revision_at
from etcdpod.cli.options import (
    at_option,
    namespace_options,
    now_option,
    open_session,
    outcome,
    source_options,
)
from etcdpod.cli.serialise import items, output_option
from etcdpod.cli.stdout import write
from etcdpod.cli.verb import verb
from etcdpod.errors import UsageError
from etcdpod.history.named import DEFAULT_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from etcdpod.errors import ExitCode
    from etcdpod.history.lives import Registry
    from etcdpod.kube.model.types import ResourceType
    from etcdpod.session import SourceOptions


@verb("events")
@namespace_options
@click.option("--for", "about", metavar="KIND/[NS/]NAME", help="Only events about this object.")
@click.option("--types", metavar="TYPES", help="Only events of these types: Normal, Warning.")
@click.option("--no-headers", is_flag=True, help="Omit headers.")
@output_option()
@at_option
@now_option
@source_options
def command(
    namespace: str | None,
    all_namespaces: bool,
    about: str | None,
    types: str | None,
    no_headers: bool,
    output: str | None,
    at: str | None,
    now: datetime | None,
    options: SourceOptions,
) -> ExitCode:
    r"""List the events of a namespace or of one object, the oldest first.

    \b
    etcdpod events -n shop --types Warning --from demo
    etcdpod events --for pod/shop/db-0 --from demo
    """
    with open_session(options) as session:
        registry = session.registry
        moment = revision_at(session, at)
        target = None if about is None else _target(registry, about)
        if target is not None and target[1] is not None:
            namespace = target[1]
        where = None if all_namespaces else namespace or DEFAULT_NAMESPACE
        wanted = {part.strip().lower() for part in (types or "").split(",")} - {""}
        found = [
            event
            for event in _events(registry, where, moment, whole=output is not None)
            if (target is None or _is_about(event, target[0], target[2]))
            and (not wanted or str(event.get("type", "")).lower() in wanted)
        ]
        if output is not None:
            write(items(found, output))
            return outcome(session)
        if not found:
            say("No events found" + ("." if where is None else f" in {where} namespace."))
            return outcome(session)
        if now is None:
            now, sentence = session.now(moment)
            say(f"etcdpod: {sentence}")
        from etcdpod.kubectl.describe.listing import HEADER, event_rows
        from etcdpod.kubectl.formats.table import table

        header = [*(["NAMESPACE"] if all_namespaces else []), *HEADER]
        rows = event_rows(found, now, namespace=all_namespaces)
        write(table(None if no_headers else header, rows))
        return outcome(session)


def _target(registry: Registry, text: str) -> tuple[ResourceType, str | None, str]:
    """The kind, the namespace where one is given, and the name."""
    kind, *names = text.split("/")
    if len(names) not in (1, 2) or not all((kind, *names)):
        raise UsageError(f"{text!r} is no object", next_step="give KIND/NAME or KIND/NS/NAME")
    return registry.resolve(kind), names[0] if len(names) == 2 else None, names[-1]


def _events(
    registry: Registry, namespace: str | None, at: int | None, *, whole: bool
) -> Iterator[dict[str, Any]]:
    from etcdpod.kubectl.describe.listing import READ

    events = registry.builtin_types.resolve("events")
    read = None if whole else READ
    for item in registry.items(events, namespace, at=at, projection=read, managed_fields=False):
        if item.object is not None:
            yield item.object


def _is_about(event: dict[str, Any], kind: ResourceType, name: str) -> bool:
    about = event.get("involvedObject") or {}
    group = str(about.get("apiVersion") or "").rpartition("/")[0]
    return (about.get("kind"), about.get("name")) == (kind.kind, name) and group == kind.group
