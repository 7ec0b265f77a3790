"""What differs between two registries, as text: one paragraph a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from etcdpod.history.text.diff import BOLD, CYAN, DIM, GREEN, RED, one_line, painted, semantic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from etcdpod.changes import Change
    from etcdpod.records import Record

_SIGNS = {"added": ("+", GREEN), "deleted": ("-", RED), "changed": ("~", CYAN)}


class _Side(Protocol):
    @property
    def record(self) -> Record: ...


class _Difference(Protocol):
    @property
    def key(self) -> bytes: ...
    @property
    def verdict(self) -> str: ...
    @property
    def before(self) -> _Side | None: ...
    @property
    def after(self) -> _Side | None: ...
    @property
    def changes(self) -> Sequence[Change]: ...


def lines(differences: Iterable[_Difference], *, colour: bool = False) -> Iterator[str]:
    """Each key that differs with its revisions, its changes below it; a count at the end."""
    counts = dict.fromkeys(_SIGNS, 0)
    for difference in differences:
        counts[difference.verdict] += 1
        sign, code = _SIGNS[difference.verdict]
        key = one_line(difference.key.decode(errors="backslashreplace"))
        yield painted(f"{sign} {key}", code, colour) + painted(
            f"  {_revisions(difference)}", DIM, colour
        )
        for line in semantic(difference.changes, colour=colour):
            yield f"    {line}"
        if difference.verdict == "changed" and not difference.changes:
            yield painted("    only noise differs (--noise shows it)", DIM, colour)
    if any(counts.values()):
        yield painted(
            ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count),
            BOLD,
            colour,
        )


def _revisions(difference: _Difference) -> str:
    before, after = difference.before, difference.after
    old = "" if before is None else str(before.record.revision)
    new = "" if after is None else str(after.record.revision)
    return f"revision {old} → {new}" if old and new else f"revision {old or new}"
