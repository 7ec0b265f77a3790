"""``etcdpod recover``: deleted and lost objects as files that can be applied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from etcdpod.cli.completion import complete_words
from etcdpod.cli.diagnostics import say
from etcdpod.cli.moments import revision_at
from etcdpod.cli.options import namespace_option, open_session, outcome, source_options
from etcdpod.cli.serialise import document, output_option
from etcdpod.cli.stdout import write
from etcdpod.cli.verb import verb
from etcdpod.errors import ExitCode, NotFoundError, UsageError
from etcdpod.history.named import Target, parse_object
from etcdpod.source_details import PackedFile
from etcdpod.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etcdpod.forensics.recover.bundle import BundleEntry
    from etcdpod.forensics.recover.find_lost import Lost
    from etcdpod.session import Session, SourceOptions


@verb("recover")
@click.argument(
    "words", nargs=-1, metavar="[KIND | NS/POD | KIND NS/NAME]", shell_complete=complete_words
)
@namespace_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the objects to this new or empty directory.",
)
@click.option("--since", metavar="WHEN", help="Only objects deleted from this moment on.")
@click.option("--verbatim", is_flag=True, help="Keep fields set by the server.")
@output_option()
@source_options
def command(
    words: tuple[str, ...],
    namespace: str | None,
    out: Path | None,
    since: str | None,
    verbatim: bool,
    output: str | None,
    options: SourceOptions,
) -> ExitCode:
    r"""Recover deleted and lost objects: their last state, where it is found, how certain.

    With --out they are written as YAML that `kubectl apply -f DIR/apply` takes, in dependency
    order, with a manifest. What the cluster re-creates by itself (pods of a deployment, events,
    leases) goes to DIR/remade unless it was named.

    \b
    etcdpod recover --from demo-end
    etcdpod recover deployments -n shop --out rescued --from demo-end
    etcdpod recover pod shop/db-0 --out rescued --from /var/lib/etcd
    """
    from etcdpod.forensics.recover.bundle import Choice, entries, manifest

    if out is not None:
        _check_folder(out, options.targets)
    with open_session(options) as session:
        found = _found(session, words, namespace, since)
        choice = Choice(verbatim, options.show_secrets, part_remade=not words)
        made = entries(found, choice, has_volume=_has_volume(session))
        listed = manifest(made, _source(session), verbatim=verbatim, time_of=_times(session))
        if out is not None:
            _write_all(out, made, listed)
        _print(listed, output)
        if not made:
            say("etcdpod: nothing was deleted or lost, as far as this source shows")
        return outcome(session, ExitCode.FOUND if made else ExitCode.NOT_FOUND)


def _found(
    session: Session, words: tuple[str, ...], namespace: str | None, since: str | None
) -> list[Lost]:
    from etcdpod.forensics.recover import find_lost

    start = revision_at(session, since)
    registry = session.registry
    target = _target(session, words, namespace)
    if target is None:
        found = find_lost(registry, since=start)
        return [one for one in found if namespace is None or one.names.namespace == namespace]
    if target.name is None:
        prefixes = registry.key_prefixes(target.resource, target.namespace)
        return list(find_lost(registry, prefixes, since=start))
    keys = registry.keys(target.resource, target.namespace, target.name)
    listed = [one for one in find_lost(registry, keys, since=start) if one.key in keys]
    if not listed:
        raise _not_gone(session, target)
    return listed


def _target(session: Session, words: tuple[str, ...], namespace: str | None) -> Target | None:
    """What the words name; None for everything."""
    if not words:
        return None
    if len(words) == 1 and "/" not in words[0]:
        resource = session.registry.resolve(words[0])
        return Target(resource, namespace if resource.namespaced else None, None)
    return parse_object(session.registry, words, namespace)


def _not_gone(session: Session, target: Target) -> NotFoundError:
    registry = session.registry
    name = f"{target.namespace}/{target.name}" if target.namespace else str(target.name)
    what = f"{target.resource.plural} {name}"
    if registry.history(target.resource, target.namespace, target.name or "") is not None:
        return NotFoundError(
            f"{what} is neither deleted nor damaged",
            next_step=f"`etcdpod get {what} -o yaml`, with --at for how it was before",
            path=session.info.target,
        )
    return NotFoundError(
        f"no revision of {what} is left here",
        next_step="try the data directory or an older snapshot, of any member",
        path=session.info.target,
    )


def _has_volume(session: Session) -> Any:
    from etcdpod.records import Record

    registry = session.registry
    resource = registry.builtin_types.resolve("persistentvolumes")

    def is_there(name: str) -> bool:
        keys = registry.keys(resource, None, name)
        return any(isinstance(session.connector.get(key), Record) for key in keys)

    return is_there


def _source(session: Session) -> dict[str, Any]:
    info = session.info
    packed = info.detail(PackedFile)
    return {
        "name": info.target,
        "kind": info.kind,
        "currentRevision": info.current_revision,
        "compactRevision": info.compact_revision,
        **({} if packed is None else {"sha256": packed.packed_sha256}),
    }


def _times(session: Session) -> Any:
    def time_of(revision: int) -> str:
        span = session.registry.clock.span(revision)
        moment = span.estimate
        if moment is None:
            return ""
        return rfc3339(moment, "seconds")

    return time_of


def _check_folder(folder: Path, targets: Iterable[str]) -> None:
    """Nothing is overwritten, and nothing is put beside evidence.

    Raises:
        UsageError: the folder holds something, or lies in a source.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", next_step="name a new folder with --out")
    place = folder.resolve()
    for target in targets:
        source = Path(target).resolve()
        if source.is_dir() and place.is_relative_to(source):
            raise UsageError(
                f"{folder} lies in the source {target}", next_step="name a folder elsewhere"
            )


def _write_all(folder: Path, made: Iterable[BundleEntry], listed: dict[str, Any]) -> None:
    from etcdpod.forensics.recover.text import readable

    _write_file(folder / "manifest.json", "".join(document(listed, "json")))
    _write_file(folder / "manifest.txt", "".join(readable(listed)))
    for entry in made:
        if entry.object is not None:
            _write_file(folder / entry.file, "".join(document(entry.object, "yaml")))
    count = sum(entry.object is not None for entry in made)
    say(f"etcdpod: {count} objects written to {folder}; manifest.txt describes each")


def _write_file(path: Path, text: str) -> None:
    """Write a new file that nobody else may read: it may hold a Secret.

    Raises:
        UsageError: it is there already, or cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", errors="surrogateescape") as out:
            path.chmod(0o600)
            out.write(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def _print(listed: dict[str, Any], output: str | None) -> None:
    if output is not None:
        write(document(listed, output))
    elif listed["objects"]:
        from etcdpod.forensics.recover.text import rows

        write(rows(listed))
