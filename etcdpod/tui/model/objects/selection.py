"""What exists, or existed, at a revision: columns of numbers over the records in a ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from etcdpod.forensics.activity.activity import Ledger, Numbers


@dataclass(frozen=True)
class Selected:
    """The keys of a kind that were written by a revision, in key order."""

    number: Numbers
    """The key, by its number in the ledger."""
    row: Numbers
    """The ledger row that is current at the revision."""
    gone: npt.NDArray[np.bool_]
    """The key was deleted: the row is a tombstone, or a remainder of a deleted object."""
    kept: Numbers
    revision: Numbers
    created: Numbers
    place: Numbers
    """Which of those that exist it is."""
    basis: tuple[int | None, str | None, int] | None = None
    """What it was selected for: revision, namespace, size of the ledger."""


def select(ledger: Ledger, numbers: Numbers, at: int | None) -> Selected:
    """Those of the keys that were written by a revision, in the given order."""
    if len(numbers) == 0:
        return EMPTY
    columns = ledger.columns
    newest = ledger.newest(at)[numbers]
    exist = newest >= 0
    numbers, newest = numbers[exist], newest[exist]
    gone = columns.gone[newest]
    return Selected(
        numbers,
        newest,
        gone,
        ledger.kept(at)[numbers],
        columns.main[newest],
        columns.created[newest],
        np.cumsum(~gone) - 1,
    )


def existing(ledger: Ledger, at: int | None) -> Numbers:
    """The numbers of all keys that exist at a revision."""
    columns = ledger.columns
    newest = ledger.newest(at)
    exist = newest >= 0
    exist[exist] = ~columns.gone[newest[exist]]
    return np.flatnonzero(exist)


_NONE = np.zeros(0, dtype=np.int64)

EMPTY = Selected(_NONE, _NONE, np.zeros(0, dtype=np.bool_), _NONE, _NONE, _NONE, _NONE)
"""Nothing at all."""
