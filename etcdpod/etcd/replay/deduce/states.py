"""The states in which a key may have been at one moment, and what a compare makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from etcdpod.etcd.replay.deduce.outcomes import EQUAL, GREATER, LESS, Option, Test, Write
from etcdpod.etcd.replay.keyspace import in_range
from etcdpod.etcd.replay.txn_evaluator import CompareTarget

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT = 1 << 62


class Bounds:
    """Between which numbers the current revision lay before each step, and after the last.

    Args:
        count: how many steps there are.
        first: the lowest and the highest current revision before the first one.
    """

    def __init__(self, count: int, first: tuple[int, int]) -> None:
        self.low = [first[0]] * (count + 1)
        self.high = [LIMIT] * (count + 1)
        self.high[0] = first[1]

    def is_exact(self, position: int) -> bool:
        """Whether the revision there is known."""
        return self.low[position] == self.high[position]

    def narrow(self, position: int, low: int, high: int) -> None:
        """It lies between these.

        Raises:
            Contradiction: it cannot.
        """
        self.low[position] = max(self.low[position], low)
        self.high[position] = min(self.high[position], high)
        if self.low[position] > self.high[position]:
            raise Contradiction(position)

    @property
    def width(self) -> int:
        """How much is open, in all."""
        return sum(self.high) - sum(self.low)


class Contradiction(Exception):
    """The log and what is known beside it cannot both be right. Args: a step."""


class State(NamedTuple):
    """One state of a key."""

    exists: bool | None
    """None: not known, and nor is anything else."""
    at: int = -1
    """The step that made it so; -1 for what was there before."""
    write: Write | None = None
    is_firm: bool = True
    """Whether the write leads to this state whenever it is carried out."""
    is_wild: bool = False
    """Not known because a step was not understood: it changed the key, if anything did."""
    main: int = 0
    """The mod revision of a state that a database knows; of others it is that after ``at``."""
    create_revision: int = 0
    """0 where it is not known."""
    born: int = -1
    """The step that created the key; -1 where it is not known."""
    version: int = 0
    lease: int | None = None
    digest: int | None = None
    place: tuple[int, int, int] | None = None
    """Where its value lies, as a row of the log says it; None where ``write`` says it."""


BASE = State(None)


def span(state: State, bounds: Bounds) -> tuple[int, int]:
    """The lowest and the highest mod revision of a state that exists."""
    if state.main:
        return state.main, state.main
    if state.exists or state.is_wild:
        return bounds.low[state.at + 1], bounds.high[state.at + 1]
    return 1, bounds.high[state.at + 1]


def outcomes(test: Test, state: State, bounds: Bounds) -> tuple[bool, bool]:
    """Whether a compare with a state can hold, and whether it can fail."""
    if state.exists:
        return _of_existing(test, state, bounds)
    can_hold = test.target != CompareTarget.VALUE and _relates(test, 0, 0)[0]
    if state.exists is False:
        return can_hold, not can_hold
    holds, fails = _of_existing(test, state, bounds)
    return holds or can_hold, fails or not can_hold


def _of_existing(test: Test, state: State, bounds: Bounds) -> tuple[bool, bool]:
    if test.target == CompareTarget.MOD:
        return _relates(test, *span(state, bounds))
    if test.target == CompareTarget.VERSION:
        return _relates(test, state.version or 1, state.version or LIMIT)
    if test.target == CompareTarget.CREATE:
        return _relates(test, *_born(state, bounds))
    if test.target == CompareTarget.LEASE and state.lease is not None:
        return _relates(test, state.lease, state.lease)
    is_equality = test.relation not in (GREATER, LESS)
    if test.target == CompareTarget.VALUE and is_equality and state.digest is not None:
        return _relates(test, state.digest, state.digest)
    return True, True


def _born(state: State, bounds: Bounds) -> tuple[int, int]:
    if state.create_revision:
        return state.create_revision, state.create_revision
    if state.born >= 0:
        return bounds.low[state.born + 1], bounds.high[state.born + 1]
    return 1, span(state, bounds)[1]


def _relates(test: Test, low: int, high: int) -> tuple[bool, bool]:
    """Whether a number between ``low`` and ``high`` can relate so to the given one, or not."""
    _, relation, given = test
    if relation == GREATER:
        return high > given, low <= given
    if relation == LESS:
        return low < given, high >= given
    equal, unequal = low <= given <= high, not low == given == high
    return (equal, unequal) if relation == EQUAL else (unequal, equal)


def fits(option: Option, key: bytes, state: State, bounds: Bounds) -> bool:
    """Whether a request can have met a key in that state if its outcome was ``option``."""
    return _compares_fit(option, key, state, bounds) and _writes_fit(option, key, state)


def _compares_fit(option: Option, key: bytes, state: State, bounds: Bounds) -> bool:
    if not all(outcomes(test, state, bounds)[0] for test in option.must.get(key, ())):
        return False
    return all(outcomes(test, state, bounds)[1] for test in option.must_not.get(key, ()))


def _writes_fit(option: Option, key: bytes, state: State) -> bool:
    if state.exists and option.absent == key:
        return False
    for write in option.writes:
        if write.value is not None:
            needs_key = write.keeps_value or write.keeps_lease
            if needs_key and write.key == key and state.exists is False:
                return False
        elif option.advance == 0 and state.exists and deletes(write, key, state):
            return False
    # A deletion of one key that took a revision found it.
    only = option.writes[0] if option.advance and len(option.writes) == 1 else None
    is_deletion = only is not None and only.value is None and not only.is_sweep
    return not (is_deletion and only is not None and only.key == key and state.exists is False)


def learn(option: Option, key: bytes, state: State) -> State:
    """What the compares of an option that was carried out say of the state that it met."""
    for target, relation, given in option.must.get(key, ()):
        if relation != EQUAL or target in (CompareTarget.VALUE, CompareTarget.LEASE):
            continue
        if given == 0 and state.exists is None:
            return State(False, state.at)
        if given > 0 and target == CompareTarget.VERSION and state.exists is not False:
            state = state._replace(exists=True, version=given)
        elif given > 0 and target == CompareTarget.CREATE and state.exists is not False:
            state = state._replace(exists=True, create_revision=given)
    return state


def deletes(write: Write, key: bytes, state: State) -> bool | None:
    """Whether a deletion concerns a key in that state; None where it may."""
    if write.key:
        if write.range_end:
            return in_range(key, write.key, write.range_end)
        return write.key == key
    return None if state.lease is None else state.lease == write.lease


def after(
    option: Option, key: bytes, states: Sequence[State], at: int, made: dict[int, State]
) -> list[State]:
    """The states of a key after an option met it in one of ``states``.

    Args:
        option: what was carried out.
        key: the key.
        states: those that it can have met.
        at: the step.
        made: states of this step and key by their write, so that each is made once.
    """
    current = list(states)
    for write in option.writes:
        if write.value is not None:
            if write.key == key:
                if id(write) not in made:
                    met = [learn(option, key, state) for state in current]
                    made[id(write)] = _put(write, met, at)
                current = [made[id(write)]]
        elif write.key == key and not write.range_end:
            current = [made.setdefault(id(write), State(False, at, write))]
        elif write.is_sweep:
            current = _swept(write, key, current, at, made)
    return current


def _put(write: Write, before: Sequence[State], at: int) -> State:
    """What a put makes of a key that was in one of these states."""
    only = before[0] if len(before) == 1 else None
    lease: int | None = write.lease
    content: int | None = write.digest
    if write.keeps_value:
        content = None if only is None else only.digest
    if write.keeps_lease:
        lease = None if only is None else only.lease
    if all(state.exists is False for state in before):
        return State(True, at, write, born=at, version=1, lease=lease, digest=content)
    if only is None or only.exists is False:
        return State(True, at, write, lease=lease, digest=content)
    version = only.version + 1 if only.version else 0
    return State(
        True, at, write, create_revision=only.create_revision, born=only.born, version=version,
        lease=lease, digest=content,
    )  # fmt: skip


def _swept(
    write: Write, key: bytes, before: list[State], at: int, made: dict[int, State]
) -> list[State]:
    concerned = [state.exists is not False and deletes(write, key, state) for state in before]
    found = [state for state, is_so in zip(before, concerned, strict=True) if is_so is not True]
    # Of a state that is not known at all a revoked lease makes another one of this sort.
    if any(
        is_so is not False and (state.exists or write.key)
        for state, is_so in zip(before, concerned, strict=True)
    ):
        is_firm = all(state.exists is False for state in found)
        found.append(made.setdefault(id(write), State(False, at, write, is_firm)))
    return found
