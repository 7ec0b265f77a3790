"""What clients state of revisions that the log itself made.

A client that updates a key states, in the compare of its transaction, the revision of the key's
last write. One statement proves nothing: it may be stale or wrong. Where several fit the writes of
the log, at one count of them, and hardly any fits another one, they are believed.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from etcdpod.etcd.replay.deduce.outcomes import EQUAL
from etcdpod.etcd.replay.txn_evaluator import CompareTarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from etcdpod.etcd.replay.deduce.outcomes import Step, Test

MIN_STATEMENTS = 3
"""So many must agree on one count."""


MAX_FAILURES = 0.05
"""The share of transactions with failed compares up to which single statements are believed."""


class Statement(NamedTuple):
    """A step that put a key, and the revision that it took by the word of a client."""

    at: int
    revision: int

    @property
    def offset(self) -> int:
        """How far the revision is ahead of the number of the step."""
        return self.revision - self.at


def statements(steps: Sequence[Step]) -> list[Statement]:
    """All that is stated of the last write of a key before; each of it once."""
    written: dict[bytes, int] = {}
    guards: dict[bytes, list[Test]] = {}
    found: dict[Statement, None] = {}
    for at, step in enumerate(steps):
        first = step.options[0]
        for key, tests in first.must.items():
            for target, relation, given in tests:
                if (target, relation) == (CompareTarget.MOD, EQUAL) and given and key in written:
                    found[Statement(written[key], given)] = None
        for write in first.writes:
            guard = first.must.get(write.key, [])
            # Of two writes that demand the same of a key the second one fails.
            if write.value is not None and not (guard and guard == guards.get(write.key)):
                written[write.key] = at
                guards[write.key] = guard
    return list(found)


def agreed(found: Iterable[Statement]) -> list[Statement]:
    """The most statements that can all be right, ascending; none if too few of them can.

    A step that had no effect lowers the offset of all later ones; nothing raises it.
    """
    ordered = sorted(found, key=lambda one: (one.at, -one.revision))
    ends: list[int] = []
    """The offset of the last statement of the best chain of each length, negated: ascending."""
    last: list[int] = []
    before: list[int] = []
    for position, statement in enumerate(ordered):
        length = bisect_right(ends, -statement.offset)
        before.append(last[length - 1] if length > 0 else -1)
        ends[length : length + 1] = [-statement.offset]
        last[length : length + 1] = [position]
    chain = []
    position = last[-1] if last else -1
    while position >= 0:
        chain.append(ordered[position])
        position = before[position]
    if len(chain) < MIN_STATEMENTS or len(chain) * 2 <= len(ordered):
        return []
    return chain[::-1]


def inner(found: Sequence[Statement], reach: int) -> list[Statement]:
    """Those that have ``reach`` others of the same offset on either side of them.

    A single wrong one between right ones cannot agree with both sides.
    """
    return [
        statement
        for number, statement in enumerate(found)
        if reach <= number < len(found) - reach
        and found[number - reach].offset == statement.offset == found[number + reach].offset
    ]
