"""What a shell may offer after Tab: kinds, namespaces and names of the source at hand.

Completion answers at once or not at all: whatever goes wrong, it says nothing.
"""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etcdpod.history.lives import Registry

MOST = 500
"""Candidates offered at most; nobody reads more, and the shell slows down."""


def complete_words(ctx: click.Context, _param: Any, incomplete: str) -> list[str]:
    """Candidates for KIND, NAME and NS/NAME."""
    words = tuple(ctx.params.get("words") or ())
    return _offer(ctx, incomplete, lambda registry: _candidates(ctx, registry, words))


def complete_namespace(ctx: click.Context, _param: Any, incomplete: str) -> list[str]:
    """Candidates for ``-n``."""
    return _offer(
        ctx, incomplete, lambda registry: _names(registry, registry.resolve("namespaces"), None)
    )


def _offer(ctx: click.Context, incomplete: str, candidates: Any) -> list[str]:
    from etcdpod.errors import EtcdpodError
    from etcdpod.session import Session, SourceOptions

    targets = tuple(ctx.params.get("sources") or ())
    try:
        if not targets:
            from etcdpod.kube.model.types import ResourceTypes

            return _matching(_kinds(ResourceTypes().all()), incomplete)
        with Session.open(SourceOptions(targets=targets)) as session:
            return _matching(candidates(session.registry), incomplete)
    except (EtcdpodError, OSError, click.ClickException):
        return []


def _matching(candidates: Iterable[str], incomplete: str) -> list[str]:
    return list(islice((word for word in candidates if word.startswith(incomplete)), MOST))


def _candidates(ctx: click.Context, registry: Registry, words: tuple[str, ...]) -> Iterable[str]:
    namespace = ctx.params.get("namespace")
    if words:
        return _names(registry, registry.resolve(words[0]), namespace)
    kinds = list(_kinds(registry.types.all()))
    if ctx.command.name == "get":
        return kinds
    return [*_names(registry, registry.resolve("pods"), namespace), *kinds]


def _kinds(types: Iterable[Any]) -> Iterable[str]:
    for kind in types:
        yield kind.plural
        yield from kind.short_names


def _names(registry: Registry, resource: Any, namespace: str | None) -> Iterable[str]:
    for prefix in registry.key_prefixes(resource, namespace):
        for record in registry.connector.range(prefix, keys_only=True):
            yield record.key[len(prefix) :].decode(errors="replace")


def for_kubectl() -> None:
    """What kubectl runs to complete ``kubectl etcdpod …``: candidates, then its directive."""
    from click.shell_completion import ShellComplete

    from etcdpod.cli.main import etcdpod_command

    *words, incomplete = sys.argv[1:] or [""]
    found = ShellComplete(etcdpod_command, {}, "etcdpod", "_ETCDPOD_COMPLETE").get_completions(
        words, incomplete
    )
    for item in found:
        print(item.value)
    print(":4")  # cobra's ShellCompDirectiveNoFileComp
