"""``etcdpod get``: objects as kubectl shows them, as of any revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from etcdpod.cli.completion import complete_words
from etcdpod.cli.listing import Form, Printing
from etcdpod.cli.moments import revision_at
from etcdpod.cli.options import (
    at_option,
    namespace_options,
    now_option,
    open_session,
    outcome,
    source_options,
)
from etcdpod.cli.verb import verb
from etcdpod.errors import ExitCode, UsageError
from etcdpod.history.named import parse_targets
from etcdpod.registry.query import Query

if TYPE_CHECKING:
    from etcdpod.kube.model.types import ResourceType
    from etcdpod.registry.query import Selector
    from etcdpod.session import SourceOptions


@verb("get")
@click.argument("words", nargs=-1, metavar="KIND [NAME | NS/NAME]…", shell_complete=complete_words)
@namespace_options
@click.option("-l", "--selector", default="", help="Label selector, such as app=web,tier!=db.")
@click.option("--field-selector", default="", help="Field selector, such as status.phase=Running.")
@at_option
@click.option("--deleted", is_flag=True, help="Deleted objects, in their last state.")
@click.option(
    "-o",
    "--output",
    default="",
    help="Output format: wide, yaml, json, jsonl, name, jsonpath=…, custom-columns=…, raw, hex.",
)
@click.option("--sort-by", default="", metavar="JSONPATH", help="Sort by this field.")
@click.option("--no-headers", is_flag=True, help="Omit headers.")
@click.option("--show-labels", is_flag=True, help="Show all labels in the last column.")
@click.option(
    "-L",
    "--label-columns",
    multiple=True,
    metavar="LABEL",
    help="Show this label as a column; may be repeated.",
)
@click.option("--show-managed-fields", is_flag=True, help="Include metadata.managedFields.")
@click.option("-w", "--watch", is_flag=True, help="Watch for changes after listing (live etcd).")
@click.option(
    "--watch-only", is_flag=True, help="Watch for changes without listing first (live etcd)."
)
@click.option("--output-watch-events", is_flag=True, help="Include the type of each watch event.")
@now_option
@source_options
def command(
    words: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str,
    field_selector: str,
    at: str | None,
    deleted: bool,
    watch: bool,
    watch_only: bool,
    output_watch_events: bool,
    options: SourceOptions,
    **form: Any,
) -> ExitCode:
    r"""Display objects as kubectl does, as of any revision.

    \b
    etcdpod get pods -A --from demo
    etcdpod get pod shop/db-0 -o yaml --at 514 --from demo
    etcdpod get pods -n shop --deleted --from demo-end
    """
    with open_session(options) as session:
        targets = parse_targets(session.registry, words, namespace, all_namespaces=all_namespaces)
        if (selector or field_selector) and any(target.name is not None for target in targets):
            raise UsageError("a selector does not go with a name")
        moment = revision_at(session, at)
        queries = [
            Query(
                target.resource,
                target.namespace,
                target.name,
                moment,
                _selectors(target.resource, selector, field_selector),
                deleted,
            )
            for target in targets
        ]
        printing = Printing(session, _form(form), queries)
        if watch or watch_only:
            from etcdpod.cli.watching import watch_objects

            watch_objects(printing, listed=not watch_only, events=output_watch_events)
        printing.print_all(all_namespaces=all_namespaces)
        return outcome(session, printing.code)


def _form(words: dict[str, Any]) -> Form:
    return Form(
        output=words["output"],
        sort_by=words["sort_by"],
        header=not words["no_headers"],
        managed_fields=words["show_managed_fields"],
        show_labels=words["show_labels"],
        label_columns=tuple(
            label for group in words["label_columns"] for label in group.split(",")
        ),
        now=words["now"],
    )


def _selectors(kind: ResourceType, labels: str, fields: str) -> tuple[Selector, ...]:
    if not labels and not fields:
        return ()
    from etcdpod.kube.model.selectors import parse_field_selector, parse_label_selector

    found: list[Selector] = [parse_label_selector(labels)] if labels else []
    return (*found, parse_field_selector(fields, kind)) if fields else tuple(found)
