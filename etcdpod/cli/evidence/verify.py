"""``etcdpod verify``: is this source whole, and what is broken where?"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from etcdpod.cli.diagnostics import say
from etcdpod.cli.options import open_session, source_options
from etcdpod.cli.serialise import document, items, output_option
from etcdpod.cli.stdout import write, write_lines
from etcdpod.cli.verb import verb
from etcdpod.errors import ExitCode
from etcdpod.kubectl.formats.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.forensics.verify import Defect, VerifiedSource
    from etcdpod.session import SourceOptions


@verb("verify")
@output_option()
@click.option("--notes", is_flag=True, help="Also report harmless anomalies.")
@source_options
def command(output: str | None, notes: bool, options: SourceOptions) -> ExitCode:
    r"""Report every defect of a source: where it is, what it costs, which bit would repair it.

    Checks the structure and order of pages, the SHA-256 of a snapshot, the checksums of the
    log, gaps between revisions, log against database, values, objects against their keys; of a
    running etcd also whether its members agree. Checks that do not apply are named on stderr.
    Each source is verified alone. Exits with 0 if no defect is found and with 4 otherwise.

    \b
    etcdpod verify --from demo
    etcdpod verify --from /var/lib/etcd
    """
    worst = ExitCode.FOUND
    collected: list[dict[str, Any]] = []
    for target in options.targets or (None,):
        alone = options if target is None else replace(options, targets=(target,))
        worst = max(worst, _verify(alone, output, collected, notes=notes))
    if output in ("json", "yaml"):
        write(document(collected, output))
    return worst


def _verify(
    options: SourceOptions, output: str | None, collected: list[dict[str, Any]], *, notes: bool
) -> ExitCode:
    """Verify one source; defects that go into one document are collected instead of printed."""
    from etcdpod.forensics.verify import VerifiedSource, verify

    damaged = noted = 0

    def counted(defects: Iterable[Defect]) -> Iterator[Defect]:
        nonlocal damaged, noted
        for defect in defects:
            damaged += defect.is_damage
            noted += not defect.is_damage
            if notes or defect.is_damage:
                yield defect

    with open_session(options) as session:
        progress = options.progress and options.progress("verifying")
        subject = VerifiedSource(session.registry, progress=progress)
        found = counted(verify(subject))
        if output == "jsonl":
            write(items((_fields(defect, session.info.target) for defect in found), output))
        elif output is not None:
            collected += [_fields(defect, session.info.target) for defect in found]
        else:
            write_lines(_text(found))
        sys.stdout.flush()
        _say_verdict(subject, session.info.target, damaged)
    if noted:
        say(
            f"  noted: {_counted(noted, 'harmless anomaly', 'harmless anomalies')}"
            + ("" if notes else " (--notes shows them)")
        )
    return ExitCode.DAMAGED if damaged else ExitCode.FOUND


def _say_verdict(subject: VerifiedSource, target: str, damaged: int) -> None:
    """How many defects there are, and of what this cannot speak."""
    from etcdpod.forensics.verify import CHECKS

    say(f"etcdpod: {target}: {_counted(damaged, 'defect', 'defects') if damaged else 'no defect'}")
    obstacles = {check.name: check.obstacle(subject) for check in CHECKS}
    say(f"  checked: {', '.join(name for name, why in obstacles.items() if not why)}")
    for name, why in obstacles.items():
        if why:
            say(f"  not checked: {name}: {why}")


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _text(found: Iterable[Defect]) -> Iterator[str]:
    for defect in found:
        subject = " ".join(_subject(defect))
        yield printable(f"{defect.severity.value}: {defect.check}: {defect.what}")
        yield printable(f"  at {defect.where}")
        if subject:
            yield printable(f"  {subject}")
        yield printable(f"  so {defect.consequence}")
        for repair in defect.repairs:
            word = "repair" if repair.proven else "likely repair"
            yield printable(f"  {word}: {repair}")


def _subject(defect: Defect) -> Iterator[str]:
    if defect.key is not None:
        yield f"key {defect.key.decode(errors='backslashreplace')}"
    if defect.revision:
        yield f"revision {defect.revision}"
    if defect.path:
        yield f"field {defect.path}"


def _fields(defect: Defect, target: str) -> dict[str, Any]:
    key = None if defect.key is None else defect.key.decode(errors="backslashreplace")
    return {
        "source": target,
        "check": defect.check,
        "code": None if defect.code is None else defect.code.value,
        "severity": defect.severity.value,
        "where": defect.where,
        "page": defect.page,
        "offset": defect.offset,
        "key": key,
        "revision": defect.revision or None,
        "field": defect.path or None,
        "what": defect.what,
        "consequence": defect.consequence,
        "repairs": [
            {
                "offset": repair.offset,
                "bit": repair.bit,
                "before": repair.before,
                "after": repair.after,
                "proof": repair.proof,
                "proven": repair.proven,
            }
            for repair in defect.repairs
        ],
    }
