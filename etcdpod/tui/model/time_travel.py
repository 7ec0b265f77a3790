"""Which revision each step through time leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.errors import UsageError
from etcdpod.tui.model.revision_times import parse_target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from etcdpod.forensics.incident.model import Axis
    from etcdpod.tui.model.browser_state import BrowserState


def _previous_slice(axis: Axis, changes: Sequence[int], here: int) -> int:
    return min(axis.revision_at(axis.position(here)), here) - 1


def _next_slice(axis: Axis, changes: Sequence[int], here: int) -> int:
    column = axis.position(here) + 1
    while column < axis.columns and axis.revision_at(column) <= here:
        column += 1
    if column + 1 >= axis.columns:
        return axis.last
    following = axis.position(axis.revision_at(column)) + 1
    return max(axis.revision_at(following) - 1, here + 1)


def _previous_change(axis: Axis, changes: Sequence[int], here: int) -> int:
    return max((revision for revision in changes if revision < here), default=here)


def _next_change(axis: Axis, changes: Sequence[int], here: int) -> int:
    return min((revision for revision in changes if revision > here), default=axis.last)


STEPS: Mapping[str, Callable[[Axis, Sequence[int], int], int]] = {
    "previous slice": _previous_slice,
    "next slice": _next_slice,
    "previous revision": lambda axis, changes, here: here - 1,
    "next revision": lambda axis, changes, here: here + 1,
    "previous change": _previous_change,
    "next change": _next_change,
    "newest": lambda axis, changes, here: axis.last,
}
"""The revision that each step leads to, from the axis (a slice is one of its columns), the
ascending revisions of the selected object, and the displayed revision."""


def typed_revision(state: BrowserState, text: str, here: int) -> int:
    """The revision that a user typed, as a number or a time.

    Raises:
        UsageError: the text is neither, or the source does not keep that revision.
    """
    revision = parse_target(text, state.times, here, state.newest)
    if not state.oldest <= revision <= state.newest:
        raise UsageError(
            f"revision {revision} is not kept here",
            next_step=f"this source holds {state.oldest} to {state.newest}",
        )
    return revision
