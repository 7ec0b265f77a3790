"""``etcdpod diff --members``: the members of one cluster against each other."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from etcdpod.cli.diagnostics import say
from etcdpod.cli.options import open_session, outcome, terminal_colour
from etcdpod.cli.serialise import items
from etcdpod.cli.stdout import write, write_lines
from etcdpod.errors import ExitCode, UsageError
from etcdpod.kubectl.formats.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.forensics.members.compare import Common, Disagreement
    from etcdpod.session import Session, SourceOptions

SHOWN = 20
"""Disagreements that are shown; whoever wants more takes ``-o jsonl``."""


def compare_members(
    options: SourceOptions, targets: Sequence[str], output: str | None, *, noise: bool
) -> ExitCode:
    """Print where the members disagree; 0 where they do not, 1 where they do.

    Raises:
        UsageError: fewer than two are named, or they cannot be compared.
    """
    if len(targets) < 2:
        raise UsageError(
            "the members to compare are not named",
            next_step="give a snapshot or data directory of each: diff --members a.db b.db c.db",
        )
    from etcdpod.forensics.members.compare import common_span, disagreements

    with ExitStack() as stack:
        sessions = [
            stack.enter_context(open_session(replace(options, targets=(target,))))
            for target in targets
        ]
        span = common_span([session.info for session in sessions])
        _say_span(sessions, span)
        names = [session.info.target for session in sessions]
        found = disagreements([session.registry for session in sessions], span, noise=noise)
        count = _print(names, found) if output is None else _machine(names, found, output)
        if not count:
            say("etcdpod: the members agree in all of it")
        code = ExitCode.NOT_FOUND if count else ExitCode.FOUND
        return max(outcome(session, code) for session in sessions)


def _say_span(sessions: Sequence[Session], span: Common) -> None:
    count = len(sessions)
    say(f"etcdpod: comparing revisions {span.base} to {span.upto}, which all {count} members have")
    for session in sessions:
        ahead = session.info.current_revision - span.upto
        if ahead > 0:
            say(f"etcdpod: {session.info.target} has {ahead} more revisions after that")


def _print(names: Sequence[str], found: Iterator[Disagreement]) -> int:
    count = 0

    def text() -> Iterator[str]:
        nonlocal count
        for one in found:
            count += 1
            if count == 1:
                yield f"first disagreement at revision {one.revision}"
            if count <= SHOWN:
                yield from _lines(names, one)
        if count > SHOWN:
            yield f"… and {count - SHOWN} more (-o jsonl lists all)"

    write_lines(text())
    return count


def _lines(names: Sequence[str], one: Disagreement) -> Iterator[str]:
    from etcdpod.history.text.diff import semantic

    yield printable(f"revision {one.revision}  {_text(one.key)}")
    if one.minority:
        alone = ", ".join(names[number] for number in one.minority)
        verb = "differs" if len(one.minority) == 1 else "differ"
        yield printable(f"  {alone} {verb} from the other {len(names) - len(one.minority)}")
    else:
        yield "  no majority: which of them is right is unknown"
    for name, record in zip(names, one.records, strict=True):
        yield printable(f"    {name}: {_state(record)}")
    for difference in one.differences:
        for line in semantic(difference.changes, colour=terminal_colour()):
            yield f"    {line}"
        for side in (difference.before, difference.after):
            if side is not None and side.object is None:
                yield printable(f"    {side.record.provenance.source}: {side.outcome}")


def _state(record: Any) -> str:
    if record is None:
        return "has nothing at this revision"
    if record.tombstone:
        return f"deleted at {record.revision}"
    return f"revision {record.revision}, version {record.version}, {record.value_size} bytes"


def _machine(names: Sequence[str], found: Iterator[Disagreement], output: str) -> int:
    count = 0

    def counted() -> Iterator[Disagreement]:
        nonlocal count
        for one in found:
            count += 1
            yield one

    if output == "name":
        write_lines(f"{one.revision} {printable(_text(one.key))}" for one in counted())
    else:
        write(items((_fields(names, one) for one in counted()), output))
    return count


def _fields(names: Sequence[str], one: Disagreement) -> dict[str, Any]:
    return {
        "revision": str(one.revision),
        "key": _text(one.key),
        "minority": [names[number] for number in one.minority],
        "members": {
            name: None
            if record is None
            else {
                "revision": str(record.revision),
                "deleted": record.tombstone,
                "version": record.version,
                "bytes": record.value_size,
                "source": str(record.provenance),
            }
            for name, record in zip(names, one.records, strict=True)
        },
        "changes": [
            {"path": c.path, "op": c.op, "before": c.before, "after": c.after}
            for difference in one.differences
            for c in difference.changes
        ],
    }


def _text(key: bytes) -> str:
    return key.decode(errors="backslashreplace")
