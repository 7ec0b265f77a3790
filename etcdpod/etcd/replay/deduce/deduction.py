"""Finds out what became of each request of a log whose beginning is not known.

Every step has its options, every moment its bounds: between which numbers the revision lay. What
is known is carried through the log forwards and backwards until nothing more follows from it: a
compare that must have held rules out states of its key, a state that is ruled out rules out the
write that leads to it, and where a database or a compare names the revision of one certain write,
the bounds close there. Nothing is ever assumed; what stays open is left open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.etcd.replay.deduce.claims import Claims
from etcdpod.etcd.replay.deduce.outcomes import EQUAL
from etcdpod.etcd.replay.deduce.states import (
    BASE,
    Bounds,
    Contradiction,
    State,
    after,
    deletes,
    fits,
    span,
)
from etcdpod.etcd.replay.txn_evaluator import CompareTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from etcdpod.etcd.replay.deduce.backend import BackendFacts
    from etcdpod.etcd.replay.deduce.outcomes import Option, Step, Write
    from etcdpod.etcd.replay.deduce.statements import Statement

MAX_ROUNDS = 40
MAX_STATES = 24
"""States of one key that are distinguished; older ones are taken together."""
MAX_WILD = 8
"""Steps that were not understood and are distinguished; more are taken together."""


class Deduction:
    """One log, or a part of it without a gap.

    Args:
        steps: its requests, those after ``cut`` not yet in the database.
        first: the lowest and the highest current revision before the first step.
        initial: the state of a key before the first step.
        facts: the database, if its tree is whole.
        cut: how many steps the database has carried out; None where the log ends before.
        granted: leases whose whole life is in the log.
    """

    def __init__(
        self,
        steps: list[Step],
        first: tuple[int, int],
        *,
        initial: Callable[[bytes], State] = lambda _key: BASE,
        facts: BackendFacts | None = None,
        cut: int | None = None,
        granted: Container[int] = (),
    ) -> None:
        self.steps = steps
        self.bounds = Bounds(len(steps), first)
        self.before: list[list[tuple[bytes, list[State]]]] = [[] for _ in steps]
        """For each step the states in which it may have met its keys."""
        self._initial, self._facts, self._cut = initial, facts, cut
        self._granted = granted
        self._learned: dict[bytes, State] = {}
        """The states of keys before the first step that were found out."""
        self._at_cut: dict[bytes, list[State]] = {}
        self._claims = None if facts is None else Claims(facts)
        if facts is not None:
            current = facts.index.current_revision
            last = len(steps) if cut is None else cut
            self.bounds.narrow(last, first[0] if cut is None else current, current)

    def run(self) -> None:
        """Carry on until nothing more follows.

        Raises:
            Contradiction: what is known cannot all be right.
        """
        before = -1
        for _ in range(MAX_ROUNDS):
            self._forward()
            self._backward()
            self._settle_claims()
            now = self.bounds.width + sum(len(step.options) for step in self.steps)
            if now == before:
                break
            before = now
        self._forward()

    @property
    def is_anchored(self) -> bool:
        """Whether a database says how far the last step came, and all steps are understood."""
        return self._cut is not None and not any(step.is_wild for step in self.steps)

    def share_of_failures(self) -> float:
        """The share of transactions with compares that failed, among those that are decided."""
        decided = [
            step.options[0]
            for step in self.steps
            if len(step.options) == 1 and step.attempted and step.is_guarded
        ]
        return sum(not option.must for option in decided) / max(len(decided), 1)

    def believe(self, found: list[Statement], *, is_of_writer: bool = False) -> bool:
        """Continue from what clients state, if it is consistent with what is known.

        Args:
            found: the statements.
            is_of_writer: the step that is named made the revision, not only the count is right.

        Returns:
            Whether it does; otherwise nothing has changed.
        """
        options, learned = [step.options for step in self.steps], {**self._learned}
        low, high = [*self.bounds.low], [*self.bounds.high]
        try:
            for at, revision in found:
                if is_of_writer:
                    self._keep(at, lambda option: any(write.value for write in option.writes))
                    self.bounds.narrow(at, revision - 1, revision - 1)
                self.bounds.narrow(at + 1, revision, revision)
            self.run()
        except Contradiction:
            for step, former in zip(self.steps, options, strict=True):
                step.options = former
            self.bounds.low, self.bounds.high, self._learned = low, high, learned
            self._forward()
            return False
        return True

    def sure_until(self, stop: int) -> int:
        """How many of the first ``stop`` steps follow the database without a doubt; else all."""
        for at in range(stop if self._cut is None else self._cut, stop):
            if len(self.steps[at].options) > 1 or not self.bounds.is_exact(at + 1):
                return at
        return stop

    def met(self, step: int, option: Option, key: bytes) -> list[State]:
        """The states in which an option of a step may have met a key."""
        for other, states in self.before[step]:
            if other == key:
                return [state for state in states if fits(option, key, state, self.bounds)]
        return []

    def knows_all_keys(self, step: int, write: Write) -> bool:
        """Whether no key is unknown that a sweep of this step may have deleted."""
        return (self._cut is not None and step >= self._cut) or write.lease in self._granted

    def _begin(self, default: Callable[[bytes], State], key: bytes) -> State:
        state = default(key)
        return self._learned.get(key, BASE) if state is BASE else state

    # --- forwards -------------------------------------------------------------------------------

    def _forward(self) -> None:
        states: dict[bytes, list[State]] = {}
        default, facts = self._initial, self._facts
        wild: list[State] = []
        for at, step in enumerate(self.steps):
            if at == self._cut and facts is not None:
                self._at_cut, states, default, wild = states, {}, facts.newest, []
            before = [
                (key, states.get(key) or [self._begin(default, key), *wild]) for key in step.keys
            ]
            self.before[at] = before
            self._choose(at, step, before)
            self._step_forward(at, step)
            if step.is_wild:
                changed = State(None, at, is_firm=False, is_wild=True)
                wild = [*wild, changed] if len(wild) < MAX_WILD else [State(None, at)]
                for key in states:
                    states[key] = [*states[key], changed]
            else:
                self._carry_out(at, step, before, states)
        if self._cut == len(self.steps):
            self._at_cut = states

    def _choose(self, at: int, step: Step, before: list[tuple[bytes, list[State]]]) -> None:
        """Strike the options that cannot have met their keys as they must."""
        bounds = self.bounds
        for key, states in before:
            if len(step.options) == 1:
                break  # checked on the way back
            step.options = [
                option
                for option in step.options
                if any(fits(option, key, state, bounds) for state in states)
            ]
        if not step.options:
            raise Contradiction(at)
        if step.is_sweep:
            self._choose_sweep(at, step, before)

    def _choose_sweep(self, at: int, step: Step, before: list[tuple[bytes, list[State]]]) -> None:
        """A deletion of keys that are all known took a revision if one of them existed."""
        (write,) = step.options[0].writes
        if not self.knows_all_keys(at, write):
            return
        found = [
            state.exists is not False and deletes(write, key, state) is not False
            for key, states in before
            for state in states
        ]
        if not any(found):
            self._keep(at, lambda option: option.advance == 0)

    def _step_forward(self, at: int, step: Step) -> None:
        bounds = self.bounds
        least, most = step.advances
        bounds.narrow(at + 1, bounds.low[at] + least, bounds.high[at] + most)
        if least != most:
            self._drop_by_count(at, step)

    def _drop_by_count(self, at: int, step: Step) -> None:
        bounds = self.bounds
        if bounds.high[at + 1] < bounds.low[at] + 1:
            self._keep(at, lambda option: option.advance == 0)
        elif bounds.low[at + 1] > bounds.high[at]:
            self._keep(at, lambda option: option.advance == 1)

    def _keep(self, at: int, is_possible: Callable[[Option], bool]) -> None:
        step = self.steps[at]
        step.options = [option for option in step.options if is_possible(option)]
        if not step.options:
            raise Contradiction(at)

    def _require(self, at: int, *writes: Write) -> None:
        self._keep(at, lambda option: any(option.has(write) for write in writes))

    def _exclude(self, at: int, write: Write) -> None:
        self._keep(at, lambda option: not option.has(write))

    def _carry_out(
        self,
        at: int,
        step: Step,
        before: list[tuple[bytes, list[State]]],
        states: dict[bytes, list[State]],
    ) -> None:
        for key, met in before:
            found: list[State] = []
            made: dict[int, State] = {}
            for option in step.options:
                is_settled = len(met) == 1 and len(step.options) == 1
                fitting = met if is_settled else self._fitting(option, key, met)
                for state in after(option, key, fitting, at, made):
                    if not any(state is other for other in found):
                        found.append(state)
            found.sort(key=lambda state: state.at)
            if len(found) > MAX_STATES:
                older = found[-MAX_STATES]
                found = [State(None, older.at), *found[1 - MAX_STATES :]]
            states[key] = found

    def _fitting(self, option: Option, key: bytes, states: list[State]) -> list[State]:
        return [state for state in states if fits(option, key, state, self.bounds)]

    # --- backwards ------------------------------------------------------------------------------

    def _backward(self) -> None:
        bounds = self.bounds
        claims = self._claims
        if claims is not None:
            claims.clear()
        if self._cut == len(self.steps):
            self._compare_at_cut()
        for at in range(len(self.steps) - 1, -1, -1):
            step = self.steps[at]
            if claims is not None and (self._cut is None or at < self._cut):
                self._weigh(at, step, claims)
            least, most = step.advances
            bounds.narrow(at, bounds.low[at + 1] - most, bounds.high[at + 1] - least)
            if least != most:
                self._drop_by_count(at, step)
            for key, states in self.before[at]:
                self._sift(at, step, key, states)
            if at == self._cut:
                self._compare_at_cut()

    def _weigh(self, at: int, step: Step, claims: Claims) -> None:
        """Strike the options whose writes the database would have to show, and does not."""
        low, high = self.bounds.low[at + 1], self.bounds.high[at + 1]
        possible, limits = [], []
        for option in step.options:
            found = claims.limits(at, option, low, high)
            if found is not None:
                possible.append(option)
                limits.append(found)
        if not possible:
            raise Contradiction(at)
        step.options = possible
        lows, highs = zip(*limits, strict=True)
        self.bounds.narrow(at + 1, min(lows), max(highs))

    def _sift(self, at: int, step: Step, key: bytes, states: list[State]) -> None:
        """Rule out states that none of the step's options can have met."""
        bounds, options = self.bounds, step.options
        is_settled = len(options) == 1 and len(states) == 1 and states[0] is not BASE
        if is_settled and bounds.is_exact(states[0].at + 1):
            if not fits(options[0], key, states[0], bounds):
                raise Contradiction(at)
            return
        fitting = [
            state for state in states if any(fits(option, key, state, bounds) for option in options)
        ]
        stated = {
            test.given
            for option in options
            for test in option.must.get(key, ())
            if test.target == CompareTarget.MOD and test.relation == EQUAL
        }
        is_stated = len(stated) == 1 and all(key in option.must for option in options)
        self._believe(at, key, states, fitting, stated.pop() if is_stated else None)

    def _compare_at_cut(self) -> None:
        """The database has the state of every key as the last step that it knows left it."""
        facts = self._facts
        for key, states in self._at_cut.items() if facts is not None else ():
            known = facts.newest(key) if facts is not None else BASE
            fitting = [state for state in states if self._is_known(state, known, key)]
            at = self._cut if self._cut is not None else len(self.steps)
            self._believe(at, key, states, fitting, known.main)

    def _is_known(self, state: State, known: State, key: bytes) -> bool:
        if state.exists is None:
            low, high = span(state, self.bounds)
            return not known.exists or low <= known.main <= high
        if state.exists is not known.exists:
            return False
        if not known.exists:
            return True
        low, high = span(state, self.bounds)
        if not low <= known.main <= high:
            return False
        assert self._facts is not None
        content = self._facts.rows(key).digest[-1]
        return None in (content, state.digest) or content == state.digest

    def _believe(
        self, at: int, key: bytes, states: list[State], fitting: list[State], stated: int | None
    ) -> None:
        """Of the states of a key only some were possible.

        Args:
            at: the step that met it.
            key: the key.
            states: those that were known to be possible.
            fitting: those of them that are possible.
            stated: its mod revision, 0 if it did not exist, None if that is not known.
        """
        if not fitting:
            raise Contradiction(at)
        if len(fitting) < len(states):
            latest = max(state.at for state in fitting)
            kept = {id(state) for state in fitting}
            for state in states:
                write = state.write
                if id(state) not in kept and state.at >= latest and state.is_firm and write:
                    # Had it been written, the key would be in that state.
                    self._exclude(state.at, write)
            states[:] = fitting
        if len(fitting) > 1:
            return
        (state,) = fitting
        if state.write is not None:
            self._require(state.at, state.write)
        if state is BASE and stated is not None:
            self._learned[key] = State(stated > 0, main=stated)
        if stated and state.exists and not state.main:
            self.bounds.narrow(state.at + 1, stated, stated)
        elif stated and state.exists is None and not state.is_wild and state.at < 0:
            self.bounds.narrow(0, stated, self.bounds.high[0])

    def _settle_claims(self) -> None:
        """A revision of the database that only one write of the log can be is that write."""
        if self._claims is None:
            return
        wild = [at for at, step in enumerate(self.steps) if step.is_wild]
        for at, main, writes in self._claims.unique(self.bounds, wild):
            if self.bounds.low[at + 1] <= main <= self.bounds.high[at + 1]:
                self._require(at, *writes)
                self.bounds.narrow(at + 1, main, main)
