"""``etcdpod diff``: two revisions of an object, or two snapshots."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from etcdpod.cli.completion import complete_words
from etcdpod.cli.history.history import not_recorded
from etcdpod.cli.options import (
    namespace_option,
    open_session,
    outcome,
    source_options,
    terminal_colour,
)
from etcdpod.cli.serialise import items, output_option
from etcdpod.cli.stdout import write, write_lines
from etcdpod.cli.verb import verb
from etcdpod.errors import ExitCode, NotFoundError, UsageError
from etcdpod.history.named import parse_object
from etcdpod.records import Compacted, Deleted, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.history.diff.registries import Difference
    from etcdpod.history.named import Target
    from etcdpod.registry.objects import Item
    from etcdpod.session import Session, SourceOptions


@verb("diff")
@click.argument(
    "words", nargs=-1, metavar="[NS/POD | KIND NS/NAME] [REV REV]", shell_complete=complete_words
)
@namespace_option
@click.option("--noise", is_flag=True, help="Include managedFields, heartbeats and the like.")
@click.option(
    "--members", is_flag=True, help="Compare members of one cluster (two or more sources)."
)
@output_option("name")
@source_options
def command(
    words: tuple[str, ...],
    namespace: str | None,
    noise: bool,
    members: bool,
    output: str | None,
    options: SourceOptions,
) -> ExitCode:
    r"""Compare two revisions of an object, or two sources.

    Exits with 0 if nothing differs and with 1 if something does.

    \b
    etcdpod diff shop/db-0 514 745 --from demo
    etcdpod diff --from demo --from demo-end
    etcdpod diff deployment shop/web --from demo --from demo-end
    etcdpod diff --members m1.db m2.db m3.db
    """
    if members:
        from etcdpod.cli.members import compare_members

        return compare_members(options, (*options.targets, *words), output, noise=noise)
    names, revisions = _split(words)
    sides = options.targets if len(options.targets) == 2 else options.targets * 2
    if len(options.targets) > 2 or (len(options.targets) == 2 and revisions):
        raise UsageError("two revisions of one source, or two sources, are compared")
    if len(set(sides)) < 2 and not revisions and options.targets:
        raise UsageError(
            "nothing to compare with",
            next_step="give two revisions, or a second source with --from",
        )
    if not options.targets:
        open_session(options)
    with (
        open_session(replace(options, targets=sides[:1])) as before,
        open_session(replace(options, targets=sides[1:])) as after,
    ):
        found = _differences(before, after, names, revisions, namespace, noise=noise)
        differs = _show(found, output, before, after)
        code = ExitCode.NOT_FOUND if differs else ExitCode.FOUND
        return max(outcome(before, code), outcome(after, code))


def _split(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The words that name something, and the revisions after them."""
    names = list(words)
    revisions: list[int] = []
    while names and names[-1].isdecimal() and len(revisions) < 2:
        revisions.insert(0, int(names.pop()))
    if len(revisions) == 1:
        raise UsageError("one revision was named", next_step="name the one to compare it with")
    return tuple(names), tuple(revisions)


def _differences(
    before: Session,
    after: Session,
    names: tuple[str, ...],
    revisions: tuple[int, ...],
    namespace: str | None,
    *,
    noise: bool,
) -> Iterable[Difference]:
    from etcdpod.history.diff.registries import compare, compare_items

    first, second = revisions or (None, None)
    if len(names) == 1 and "/" not in names[0] and namespace is None:
        resource = before.registry.resolve(names[0])
        prefixes = before.registry.key_prefixes(resource)
        return compare(
            before.registry, after.registry, prefixes, before_at=first, after_at=second, noise=noise
        )
    if not names:
        return compare(
            before.registry, after.registry, before_at=first, after_at=second, noise=noise
        )
    target = parse_object(before.registry, names, namespace)
    old, new = _side(before, target, first), _side(after, target, second)
    if old is None and new is None:
        raise _on_neither_side(after, target, revisions)
    found = compare_items(before.registry, after.registry, old, new, noise=noise)
    return [] if found is None else [found]


def _on_neither_side(session: Session, target: Target, revisions: tuple[int, ...]) -> NotFoundError:
    """Of an object that was there at another time, that it was not at these two."""
    found = session.registry.history(target.resource, target.namespace, target.name or "")
    if found is None:
        return not_recorded(session, target)
    name = f"{target.namespace}/{target.name}" if target.namespace else target.name
    times = " nor ".join(f"at revision {revision}" for revision in revisions)
    return NotFoundError(
        f"{target.resource.plural} {name} existed neither {times or 'in the one nor in the other'}",
        next_step=f"`etcdpod history {target.resource.plural} {name}` shows when it did",
        path=session.info.target,
    )


def _side(session: Session, target: Target, at: int | None) -> Any:
    """The record on one side; None where the object does not exist there."""
    registry = session.registry
    for key in registry.keys(target.resource, target.namespace, target.name or ""):
        found = registry.record(key, at)
        if isinstance(found, Compacted):
            raise NotFoundError(
                f"what {key.decode(errors='backslashreplace')} was at revision {at} "
                "has been compacted away",
                next_step=f"the oldest complete revision is {found.compact_revision}",
                path=session.info.target,
            )
        if isinstance(found, Record):
            return found
        if isinstance(found, Deleted):
            return None
    return None


def _show(found: Iterable[Difference], output: str | None, before: Session, after: Session) -> bool:
    """Print the differences as they come; whether there was any."""
    differs = False

    def seen() -> Iterator[Difference]:
        nonlocal differs
        for difference in found:
            differs = True
            yield difference

    if output == "name":
        write_lines(f"{d.verdict} {d.key.decode(errors='backslashreplace')}" for d in seen())
    elif output is not None:
        write(items(map(_fields, seen()), output))
    else:
        from etcdpod.history.text.registries import lines

        write_lines(lines(seen(), colour=terminal_colour()))
    return differs


def _fields(difference: Difference) -> dict[str, Any]:
    return {
        "key": difference.key.decode(errors="backslashreplace"),
        "verdict": difference.verdict,
        "before": _side_fields(difference.before),
        "after": _side_fields(difference.after),
        "changes": [
            {"path": c.path, "op": c.op, "before": c.before, "after": c.after}
            for c in difference.changes
        ],
    }


def _side_fields(item: Item | None) -> dict[str, Any] | None:
    if item is None:
        return None
    return {
        "resourceVersion": str(item.record.mod_revision),
        "version": item.record.version,
        "source": str(item.record.provenance),
    }
