"""What clients state of revisions that the log itself made.

A client that updates a key states, in the compare of its transaction, the revision of the key's
last write. One statement proves nothing: it may be stale or wrong. Where several fit the writes of
the log, at one count of them, and hardly any fits another one, they are believed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from etcdpod.etcd.replay.deduce.outcomes import EQUAL
from etcdpod.etcd.replay.txn_evaluator import CompareTarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from etcdpod.etcd.replay.deduce.outcomes import Step, Test

MIN_STATEMENTS = 3
"""So many must agree on one count."""
MAX_OBJECTION = 2
"""So many times more must agree than any others that agree on something else."""


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


def agreed(
    found: Iterable[Statement], steps: Sequence[Step], fewest: int = MIN_STATEMENTS
) -> list[Statement]:
    """Those that can be believed together; none where too many object.

    Args:
        found: what is stated.
        steps: what it is stated of.
        fewest: so many must agree on one count.
    """
    groups: defaultdict[int, list[Statement]] = defaultdict(list)
    for statement in found:
        groups[statement.offset].append(statement)
    least = [0]
    for step in steps:
        least.append(least[-1] + step.advances[0])
    chosen: list[Statement] = []
    for offset, count in Counter({key: len(group) for key, group in groups.items()}).most_common():
        if count < fewest:
            break
        if all(_agree(one, other, least) for one in groups[offset] for other in chosen):
            chosen += groups[offset]
        elif MAX_OBJECTION * count > len(chosen):
            return []
    return sorted(chosen)


def inner(found: Sequence[Statement]) -> list[Statement]:
    """The statements that have another one of the same count before and after them.

    A single wrong one between two right ones cannot agree with both.
    """
    offsets = [statement.offset for statement in found]
    last = {offset: position for position, offset in enumerate(offsets)}
    seen: set[int] = set()
    chosen = []
    for position, offset in enumerate(offsets):
        if offset in seen and last[offset] != position:
            chosen.append(found[position])
        seen.add(offset)
    return chosen


def _agree(one: Statement, other: Statement, least: list[int]) -> bool:
    """Whether as many revisions lie between two of them as steps can have taken."""
    first, last = sorted((one, other))
    fewest = least[last.at + 1] - least[first.at + 1]
    return fewest <= last.revision - first.revision <= last.at - first.at
