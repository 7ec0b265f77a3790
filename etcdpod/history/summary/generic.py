"""Changes by path, for kinds and fields without a summary of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.history.summary.brief import brief, moved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.changes import Change

_MOST: Final = 3

_QUIET_ENDINGS: Final = (
    ".lastTransitionTime",
    ".lastUpdateTime",
    ".lastProbeTime",
    ".observedGeneration",
    "metadata.generation",
)


def bookkeeping(changes: Sequence[Change]) -> Iterator[str]:
    """Changes that no kind found worth a word: a controller took note, or fields by path."""
    telling = [
        change
        for change in changes
        if not change.path.endswith(_QUIET_ENDINGS)
        # A zero that was left out before says nothing new.
        and not (change.op == "add" and change.after in (0, "", None))
    ]
    observed = [change for change in changes if change.path == "status.observedGeneration"]
    if observed and not telling:
        yield f"generation {brief(observed[0].after)} observed"
    else:
        yield from by_path(telling or changes)


def by_path(changes: Sequence[Change]) -> Iterator[str]:
    """The most telling changes, and how many more there are: ``spec.paused false → true``."""
    ranked = sorted(changes, key=_rank)
    for change in ranked[:_MOST]:
        yield _sentence(change)
    if len(ranked) > _MOST:
        yield f"+{len(ranked) - _MOST} more"


def _rank(change: Change) -> tuple[bool, int, int]:
    """What was asked for comes before what was observed, and the outer before the inner."""
    quiet = change.path.endswith(_QUIET_ENDINGS)
    section = change.path.partition(".")[0].partition("[")[0]
    order = {"spec": 0, "status": 2, "metadata": 3}.get(section, 1)
    return quiet, order, change.path.count(".")


def _sentence(change: Change) -> str:
    path = brief(change.path, 90)
    if change.op == "add":
        return f"{path} added ({brief(change.after)})"
    if change.op == "remove":
        return f"{path} removed (was {brief(change.before)})"
    return f"{path} {moved(change.before, change.after)}"
