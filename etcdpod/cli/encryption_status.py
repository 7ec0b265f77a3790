"""``etcdpod info --encryption``: what is stored under which key, and what should not be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.cli.diagnostics import say
from etcdpod.cli.serialise import document
from etcdpod.cli.stdout import write
from etcdpod.errors import ExitCode
from etcdpod.forensics.verify.encryption_status import census
from etcdpod.kubectl.formats.safe import printable
from etcdpod.kubectl.formats.table import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.verify.encryption_status import Census
    from etcdpod.session import Session

SHOWN = 50
"""Objects that are named one by one; whoever wants all takes ``-o json``."""
COLUMNS = ["RESOURCE", "STORED", "OBJECTS", "REVISIONS", "CONFIGURED"]


def print_encryption(session: Session, output: str | None) -> ExitCode:
    """Print how values are stored; 1 where an object is not stored as the configuration says."""
    keyring = session.keyring
    found = census(session.registry, keyring)
    if output is None:
        write(_text(found, configured=keyring is not None))
    else:
        _print_machine(found, output)
    if keyring is None:
        say("etcdpod: --encryption-config FILE shows what an API server would write differently")
    return ExitCode.NOT_FOUND if found.stale else ExitCode.FOUND


def _text(found: Census, *, configured: bool) -> Iterator[str]:
    rows = [
        [
            printable(seal.resource),
            printable(seal.stored),
            f"{seal.objects:,}",
            f"{seal.revisions:,}",
            *([printable(seal.wanted)] if configured else []),
        ]
        for seal in found.seals
    ]
    yield from table(COLUMNS if configured else COLUMNS[:-1], rows)
    if found.stale:
        yield f"\n{len(found.stale)} objects are not stored as configured, or cannot be opened:\n"
    for one in found.stale[:SHOWN]:
        key = one.key.decode(errors="backslashreplace")
        what = one.problem or f"configured: {one.wanted}"
        yield printable(f"  {key}: {one.stored}; {what}") + "\n"
    if len(found.stale) > SHOWN:
        yield f"  … and {len(found.stale) - SHOWN} more (-o json names all)\n"


def _print_machine(found: Census, output: str) -> None:
    fields: dict[str, Any] = {
        "resources": [
            {
                "resource": seal.resource,
                "stored": seal.stored,
                "configured": seal.wanted or None,
                "objects": seal.objects,
                "revisions": seal.revisions,
            }
            for seal in found.seals
        ],
        "stale": [
            {
                "key": one.key.decode(errors="backslashreplace"),
                "stored": one.stored,
                "configured": one.wanted or None,
                "problem": one.problem or None,
            }
            for one in found.stale
        ],
    }
    write(document(fields, output))
