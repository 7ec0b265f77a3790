"""``etcdpod describe``: an object, related objects and events, as kubectl describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from etcdpod.cli.completion import complete_words
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
from etcdpod.cli.stdout import write
from etcdpod.cli.verb import verb
from etcdpod.errors import ExitCode, NotFoundError, UsageError
from etcdpod.history.named import parse_targets
from etcdpod.records import Undecodable
from etcdpod.registry.query import Query, matching, records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from etcdpod.history.lives import Registry
    from etcdpod.registry.objects import Item
    from etcdpod.session import Session, SourceOptions

GAP = "\n\n"
"""Between two descriptions."""


@verb("describe")
@click.argument("words", nargs=-1, metavar="KIND [NAME | NS/NAME]…", shell_complete=complete_words)
@namespace_options
@click.option("-l", "--selector", default="", help="Label selector, such as app=web,tier!=db.")
@at_option
@click.option("--deleted", is_flag=True, help="Deleted objects, in their last state.")
@click.option(
    "--show-events",
    type=click.Choice(["true", "false"]),
    is_flag=False,
    flag_value="true",
    help="Include events (default: for a single object).",
)
@now_option
@source_options
def command(
    words: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str,
    at: str | None,
    deleted: bool,
    show_events: str | None,
    now: datetime | None,
    options: SourceOptions,
) -> ExitCode:
    r"""Describe objects, with related objects and events, as of any revision.

    The beginning of a name is enough. Several objects come without events by default.

    \b
    etcdpod describe pod shop/cart-678b77c888-gczq8 --from demo
    etcdpod describe node sim-0 --at 1000 --from demo
    """
    with open_session(options) as session:
        targets = parse_targets(session.registry, words, namespace, all_namespaces=all_namespaces)
        selectors = _selectors(selector)
        if selectors and any(target.name is not None for target in targets):
            raise UsageError("a selector does not go with a name")
        moment = revision_at(session, at)
        queries = [
            Query(t.resource, t.namespace, t.name, moment, selectors, deleted) for t in targets
        ]
        found = [_found(session.registry, query) for query in queries]
        if not any(items for items, _ in found):
            say(
                f"No resources found in {queries[0].namespace} namespace."
                if queries[0].namespace is not None
                else "No resources found"
            )
        return outcome(session, _print(session, found, moment, now, show_events))


def _selectors(text: str) -> tuple[Any, ...]:
    if not text:
        return ()
    from etcdpod.kube.model.selectors import parse_label_selector

    return (parse_label_selector(text),)


def _found(registry: Registry, query: Query) -> tuple[list[Item], bool]:
    """The objects of a query, and whether its name was only the beginning of theirs."""
    try:
        found = list(matching(registry, query, records(registry, query)))
    except NotFoundError:
        if query.name is None:
            raise
        begun = list(_beginning_with(registry, query, query.name))
        if not begun:
            raise
        return begun, True
    return found, False


def _beginning_with(registry: Registry, query: Query, start: str) -> Iterator[Item]:
    tail = b"/" + start.encode()
    for record in registry.select(query.resource, query.namespace, at=query.at):
        name = record.key.rpartition(b"/")[2]
        if name.startswith(tail[1:]):
            yield registry.read(record, managed_fields=False)


def _print(
    session: Session,
    found: list[tuple[list[Item], bool]],
    at: int | None,
    now: datetime | None,
    show_events: str | None,
) -> ExitCode:
    from etcdpod.kubectl.describe import describe
    from etcdpod.registry.related_objects import Neighbours

    if now is None:
        now, sentence = session.now(at)
        say(f"etcdpod: {sentence}")
    around = Neighbours(session.registry, now, at)
    single = len(found) == 1 and len(found[0][0]) == 1 and not found[0][1]
    with_events = single if show_events is None else show_events == "true"
    code, printed = ExitCode.FOUND, False
    for items, begun in found:
        for item in items:
            thing = _whole(session.registry, item)
            if thing is None:
                say(f"etcdpod: {item.record.key.decode(errors='backslashreplace')}: {item.outcome}")
                damaged = isinstance(item.outcome, Undecodable)
                code = ExitCode.DAMAGED if damaged else code
                continue
            text = describe(thing, around, show_events=with_events)
            # kubectl ends what it found by the beginning of a name with a line of its own.
            write([GAP if printed and not begun else "", text, "\n" if begun else ""])
            printed = True
    return code


def _whole(registry: Registry, item: Item) -> dict[str, Any] | None:
    """The object; a Secret with its values, as their sizes are shown."""
    thing = item.object
    if thing is None or thing.get("kind") != "Secret" or registry.show_secrets:
        return thing
    stored = registry.read_unmasked(item.record).object or {}
    return {**thing, "data": stored["data"]} if "data" in stored else thing
