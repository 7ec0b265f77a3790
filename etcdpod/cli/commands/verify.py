"""``etcdpod verify``: is this source whole, and what is broken where?"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from etcdpod.cli.diagnostics import say
from etcdpod.cli.options import open_session, source_options
from etcdpod.cli.output import write_lines
from etcdpod.errors import ExitCode
from etcdpod.render.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.analysis.verification import Defect
    from etcdpod.session import SourceOptions


@click.command("verify")
@click.option("-o", "--output", type=click.Choice(["jsonl"]), help="For programs.")
@click.option("--notes", is_flag=True, help="Oddities that cost nothing, too.")
@source_options
def command(output: str | None, notes: bool, options: SourceOptions) -> ExitCode:
    r"""Every defect: where, of which key, what it costs; and the flipped bit, where one is found.

    Structure, order and double use of pages, the SHA-256 of a snapshot, the checksums of the
    log, gaps between revisions, what database and log disagree about, values that cannot be
    read, objects that are not those of their keys. Each source is verified alone. Exits with 0
    when it is whole and with 4 when it is not.

    \b
    etcdpod verify --from demo
    etcdpod verify --from /var/lib/etcd
    """
    worst = ExitCode.FOUND
    for target in options.targets or (None,):
        alone = options if target is None else replace(options, targets=(target,))
        worst = max(worst, _verify(alone, output, notes=notes))
    return worst


def _verify(options: SourceOptions, output: str | None, *, notes: bool) -> ExitCode:
    from etcdpod.analysis.verification import CHECKS, verify

    damaged = noted = 0

    def counted(defects: Iterable[Defect]) -> Iterator[Defect]:
        nonlocal damaged, noted
        for defect in defects:
            damaged += defect.is_damage
            noted += not defect.is_damage
            if notes or defect.is_damage:
                yield defect

    with open_session(options) as session:
        found = counted(verify(session.registry))
        lines = _jsonl(found, session.info.target) if output == "jsonl" else _text(found)
        write_lines(lines)
        sys.stdout.flush()
        target = session.info.target
    if damaged:
        say(f"etcdpod: {target}: {damaged} defects{_noted(noted, notes)}")
        return ExitCode.DAMAGED
    names = ", ".join(check.name for check in CHECKS)
    say(f"etcdpod: {target}: whole, as far as {names} tell{_noted(noted, notes)}")
    return ExitCode.FOUND


def _noted(count: int, shown: bool) -> str:
    if not count:
        return ""
    return f", {count} oddities that cost nothing" + ("" if shown else " (--notes shows them)")


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


def _jsonl(found: Iterable[Defect], target: str) -> Iterator[str]:
    from etcdpod.render import json as json_text

    for defect in found:
        yield json_text.compact(_fields(defect, target))


def _fields(defect: Defect, target: str) -> dict[str, Any]:
    key = None if defect.key is None else defect.key.decode(errors="backslashreplace")
    return {
        "source": target,
        "check": defect.check,
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
