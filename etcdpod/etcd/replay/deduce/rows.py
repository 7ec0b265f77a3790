"""What was found out about a part of the log, as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.etcd.replay.deduce.states import deletes, learn
from etcdpod.etcd.replay.rows import DOUBTFUL, REFUSED, TOMBSTONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.etcd.replay.deduce.deduction import Deduction
    from etcdpod.etcd.replay.deduce.outcomes import Option, Step, Write
    from etcdpod.etcd.replay.deduce.states import State
    from etcdpod.etcd.replay.rows import LogRows


class DeducedRows:
    """Adds rows for the steps of a deduction.

    Args:
        rows: where they are added.
        deduction: one that was carried as far as it goes.
        is_doubtful: nothing of it is believed.
    """

    def __init__(self, rows: LogRows, deduction: Deduction, *, is_doubtful: bool = False) -> None:
        self._rows = rows
        self._deduction = deduction
        self._is_doubtful = is_doubtful
        self._row_of: dict[tuple[int, bytes], int] = {}
        """The row of the put that each step made of each key, where it is sure."""
        self.partial: set[int] = set()
        """Main revisions of which some changes may not be known."""

    def add(self) -> None:
        """Add the rows of all steps, in the order of the log."""
        for at, step in enumerate(self._deduction.steps):
            self._add_step(at, step)

    def _add_step(self, at: int, step: Step) -> None:
        bounds = self._deduction.bounds
        taken = [option for option in step.options if option.advance]
        if not taken:
            # Whether its compares failed, or it was turned down: its puts never were revisions.
            main = bounds.low[at] + 1 if bounds.is_exact(at) and not self._is_doubtful else 0
            self._keep_refused(step, main)
            return
        is_sure = len(step.options) == 1 and bounds.is_exact(at + 1) and not step.is_wild
        is_sure &= not self._is_doubtful
        self._carry_out(at, step, taken[0], bounds.low[at + 1], is_sure=is_sure)
        if is_sure and not _is_attempted(step, taken[0]):
            self._keep_refused(step, bounds.low[at + 1])

    def _keep_refused(self, step: Step, main: int) -> None:
        for write in step.attempted:
            if write.value is not None:
                flags = step.flags | REFUSED
                self._rows.add(
                    write.key, (main, 0), step.place, write.value, lease=write.lease, flags=flags
                )

    def _carry_out(self, at: int, step: Step, option: Option, main: int, *, is_sure: bool) -> None:
        sub = 0
        gone: set[bytes] = set()
        """Keys that the step itself has deleted by then."""
        for write in option.writes:
            if write.value is not None:
                self._put(
                    at, step, option, write, (main, sub), is_sure=is_sure, is_new=write.key in gone
                )
                sub += 1
                gone.discard(write.key)
                continue
            if write.is_sweep and not self._deduction.knows_all_keys(at, write):
                is_sure = False
                self.partial.add(main)
            for key, is_there in self._deleted(at, option, write):
                if key in gone or is_there is False:
                    continue
                is_sure = is_sure and is_there is True
                if not is_sure:
                    self.partial.add(main)
                flags = step.flags | TOMBSTONE | (0 if is_sure else DOUBTFUL)
                self._rows.add(key, (main, sub), step.place, flags=flags)
                gone.add(key)
                sub += 1

    def _deleted(
        self, at: int, option: Option, write: Write
    ) -> Iterator[tuple[bytes, bool | None]]:
        """The keys that a deletion concerns, ascending, and whether they existed."""
        keys = [key for key, _ in self._deduction.before[at]] if write.is_sweep else [write.key]
        written = {
            one.key for one in option.writes[: _position(option, write)] if one.value is not None
        }
        is_single = len(option.writes) == 1 and not write.is_sweep
        for key in sorted(keys):
            if key in written and deletes_key(write, key):
                yield key, True
                continue
            met = self._deduction.met(at, option, key)
            found = {_is_deleted(write, key, state) for state in met}
            if is_single:
                yield key, True
            elif found:
                yield key, found.pop() if len(found) == 1 else None

    def _put(
        self,
        at: int,
        step: Step,
        option: Option,
        write: Write,
        revision: tuple[int, int],
        *,
        is_sure: bool,
        is_new: bool,
    ) -> None:
        met = [
            learn(option, write.key, state) for state in self._deduction.met(at, option, write.key)
        ]
        only = met[0] if len(met) == 1 and not is_new else None
        older = self._row_of.get((only.at, write.key), -1) if only is not None else -1
        value, lease = write.value or (0, 0, 0), write.lease
        if write.keeps_value or write.keeps_lease:
            kept = self._kept(only, older)
            is_sure = is_sure and kept is not None
            if kept is not None and write.keeps_value:
                value = kept[0]
            if kept is not None and write.keeps_lease:
                lease = kept[1]
        row = self._rows.add(
            write.key, revision, step.place, value, older=older,
            life=self._life(only, older, revision[0], met, is_new=is_new) if is_sure else (0, 0),
            lease=lease, flags=step.flags | (0 if is_sure else DOUBTFUL),
        )  # fmt: skip
        if is_sure:
            self._row_of[at, write.key] = row

    def _kept(self, only: State | None, older: int) -> tuple[tuple[int, int, int], int] | None:
        """Value and lease of the state that a put takes over; None where it is not known."""
        rows = self._rows
        if older >= 0:
            value = rows.value_segment[older], rows.value_offset[older], rows.value_size[older]
            return value, rows.lease[older]
        if only is None or only.place is None or only.lease is None:
            return None
        return only.place, only.lease

    def _life(
        self, only: State | None, older: int, main: int, met: list[State], *, is_new: bool
    ) -> tuple[int, int]:
        """Create revision and version after a put; zeros where they are not known."""
        if is_new or all(state.exists is False for state in met):
            return main, 1
        if older >= 0 and self._rows.version[older] > 0:
            return self._rows.create_revision[older], self._rows.version[older] + 1
        if only is not None and only.exists and only.version:
            return only.create_revision, only.version + 1
        return 0, 0


def deletes_key(write: Write, key: bytes) -> bool:
    """Whether a deletion names a key, alone or by a range."""
    from etcdpod.etcd.replay.keyspace import in_range

    return write.key == key or bool(write.range_end and in_range(key, write.key, write.range_end))


def _is_deleted(write: Write, key: bytes, state: State) -> bool | None:
    """Whether a deletion deletes a key in a state; None where that is not known."""
    if state.exists is False:
        return False
    concerned = deletes(write, key, state)
    if state.exists is None:
        return False if concerned is False else None
    return concerned


def _position(option: Option, write: Write) -> int:
    return next(number for number, one in enumerate(option.writes) if one is write)


def _is_attempted(step: Step, option: Option) -> bool:
    """Whether an option is the branch whose puts a transaction attempts first."""
    return all(
        any(one.value == write.value and one.key == write.key for one in option.writes)
        for write in step.attempted
    )
