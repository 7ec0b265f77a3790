"""The attempts on one object, below its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.cli.diagnostics import say
from etcdpod.history.attempts import attempts, count_attempts
from etcdpod.history.text.diff import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.history.attempts import Attempt
    from etcdpod.history.lives import Registry


def attempt_lines(registry: Registry, key: bytes) -> Iterator[str]:
    """A table under a heading of its own: none of this is history."""
    found = list(attempts(registry, key))
    yield ""
    if not found:
        yield "● never applied   none known: only a member's write-ahead log records such writes"
        return
    yield f"● never applied   {len(found)} write{'' if len(found) == 1 else 's'}"
    yield f"  {'WOULD BE':<8}  {'WHY':<11}  WHAT"
    for one in found:
        what = " · ".join(map(one_line, one.summary))
        yield f"  {one.record.mod_revision or '?'!s:<8}  {one.fate:<11}  {what}"
        yield f"  {'':<8}  {'':<11}  {one_line(str(one.record.provenance))}"


def attempt_fields(registry: Registry, key: bytes) -> Iterator[dict[str, Any]]:
    """The same as fields; ``event`` separates them from committed writes."""
    return (_fields(one) for one in attempts(registry, key))


def hint_at_attempts(registry: Registry, key: bytes) -> None:
    """Say how many there are, where they were not asked for."""
    count = count_attempts(registry, key)
    if count:
        writes = (
            "1 write that failed or was" if count == 1 else f"{count} writes that failed or were"
        )
        say(f"etcdpod: the log also has {writes} not committed: add --attempts")


def _fields(one: Attempt) -> dict[str, Any]:
    provenance = one.record.provenance
    return {
        "event": one.fate.upper(),
        "wouldBeRevision": one.record.mod_revision or None,
        "source": str(provenance),
        "trust": provenance.trust.value,
        "summary": list(one.summary),
        "object": one.object,
    }
