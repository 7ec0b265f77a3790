"""Conditions: the same shape and the same summary in every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.history.summary.brief import ARROW, brief, by_name, named
from etcdpod.kube.model.fields import text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


def conditions_changed(
    before: dict[str, Any], after: dict[str, Any], *, leave_out: Collection[str] = ()
) -> Iterator[str]:
    """What happened to ``status.conditions``; times alone are left out.

    Conditions that made the same move for the same reason share a sentence, and those of type
    Ready come first: ``condition Ready True → Unknown (NodeStatusUnknown)``.

    Args:
        before: the older object.
        after: the newer object.
        leave_out: types that the caller reports itself.
    """
    old = by_name(before, "status", "conditions", key="type")
    new = by_name(after, "status", "conditions", key="type")
    moves: dict[tuple[str, str, str], list[str]] = {}
    rest: list[str] = []
    for name in sorted({*old, *new} - set(leave_out), key=lambda name: (name != "Ready", name)):
        left, right = old.get(name, {}), new.get(name, {})
        status = text(left, "status"), text(right, "status")
        reason = text(right, "reason")
        if name not in new:
            rest.append(f"condition {brief(name)} removed")
        elif status[0] != status[1]:
            moves.setdefault((*status, reason), []).append(name)
        elif text(left, "reason") != reason:
            reasons = f"{brief(text(left, 'reason')) or 'no reason'} {ARROW} {brief(reason)}"
            still = "" if status[1] == "True" else f" still {status[1]}"
            rest.append(f"condition {brief(name)}{still}: {reasons}")
        elif text(left, "message") != text(right, "message"):
            rest.append(f"condition {brief(name)}: {brief(text(right, 'message'), 80)}")
    for (left_status, right_status, reason), names in _merged(moves).items():
        noun = "condition" if len(names) == 1 else "conditions"
        move = f"{left_status} {ARROW} {right_status}" if left_status else right_status
        yield f"{noun} {named(names)} {move}" + (f" ({brief(reason)})" if reason else "")
    yield from rest


def _merged(moves: dict[tuple[str, str, str], list[str]]) -> dict[tuple[str, str, str], list[str]]:
    """Many conditions that appear as False share a sentence, whatever their reasons."""
    quiet = [move for move in moves if move[:2] == ("", "False")]
    if len(quiet) <= 2:
        return moves
    merged = {move: names for move, names in moves.items() if move not in quiet}
    merged["", "False", ""] = [name for move in quiet for name in moves[move]]
    return merged
