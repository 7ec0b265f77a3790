"""``etcdpod explain``: a pod's way, where it got stuck, why, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from etcdpod.cli.completion import complete_words
from etcdpod.cli.history.history import not_recorded
from etcdpod.cli.moments import revision_at, say_clocks
from etcdpod.cli.options import (
    at_option,
    namespace_option,
    open_session,
    outcome,
    source_options,
)
from etcdpod.cli.serialise import items, output_option
from etcdpod.cli.stdout import write, write_lines
from etcdpod.cli.verb import verb
from etcdpod.errors import ExitCode, UsageError
from etcdpod.history.named import parse_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.explain.explain import Explanation
    from etcdpod.session import SourceOptions


@verb("explain")
@click.argument("words", nargs=-1, metavar="NS/POD", shell_complete=complete_words)
@namespace_option
@at_option
@click.option("--all", "every", is_flag=True, help="All incarnations, not only the last.")
@output_option()
@source_options
def command(
    words: tuple[str, ...],
    namespace: str | None,
    at: str | None,
    every: bool,
    output: str | None,
    options: SourceOptions,
) -> ExitCode:
    r"""Explain one pod: its life, where it got stuck, the cause, and what to do.

    \b
    etcdpod explain shop/web-79f78d44fd-7zlw4 --from demo
    etcdpod explain shop/db-0 --all --from demo
    """
    with open_session(options) as session:
        from etcdpod.forensics.explain.explain import explain

        target = parse_object(session.registry, words, namespace)
        if target.resource.plural != "pods":
            raise UsageError(
                f"only pods are explained, not {target.resource.plural}",
                next_step="see `etcdpod diagnose` for what is wrong with other objects",
            )
        found = session.registry.history(target.resource, target.namespace, target.name or "")
        if found is None:
            raise not_recorded(session, target)
        end = revision_at(session, at)
        explained = explain(session.registry, found, at=end)
        if not explained:
            raise not_recorded(session, target, found, end)
        chosen = explained if every else explained[-1:]
        if output is None:
            write_lines(_text(chosen, f"{target.namespace}/{target.name}", len(explained)))
        else:
            from etcdpod.forensics.explain.text import explanation_json

            write(items(map(explanation_json, chosen), output))
        say_clocks(session)
        return outcome(session)


def _text(explained: list[Explanation], title: str, total: int) -> Iterator[str]:
    from etcdpod.forensics.explain.text import explanation_lines

    for number, explanation in enumerate(explained):
        if number:
            yield ""
        yield from explanation_lines(explanation, title)
    earlier = total - len(explained)
    if earlier:
        yield ""
        yield f"{earlier} earlier incarnation{'' if earlier == 1 else 's'}: --all shows them"
