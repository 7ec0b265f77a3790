"""Background work gives way to urgent work, and not forever."""

from __future__ import annotations

import threading

from etcdpod.tui.row_reading import ROWS_AT_ONCE, _runs
from etcdpod.tui.work_priority import Rank, WorkPriority


def test_patient_work_waits_for_urgent_work_alone() -> None:
    priority, done = WorkPriority(), []

    def patient(rank: Rank) -> None:
        priority.give_way(rank, longest=20)
        done.append(rank)

    with priority.work(Rank.LISTED):
        patient(Rank.LOOKED_AT)
        patient(Rank.LISTED)
        waiting = threading.Thread(target=patient, args=(Rank.DATED,))
        waiting.start()
        while not priority._changed._waiters:
            assert waiting.is_alive(), "it does not wait"
        assert done == [Rank.LOOKED_AT, Rank.LISTED]
    waiting.join(20)
    assert done[-1] is Rank.DATED


def test_patient_work_does_not_wait_for_ever() -> None:
    priority = WorkPriority()
    with priority.work(Rank.LOOKED_AT):
        priority.give_way(Rank.DATED, longest=0.01)


def test_rows_side_by_side_are_read_together() -> None:
    assert list(_runs([3])) == [slice(3, 4)]
    assert list(_runs([1, 2, 3, 7, 9, 10])) == [slice(1, 4), slice(7, 8), slice(9, 11)]
    long = list(_runs(list(range(100))))
    assert [one.stop - one.start for one in long] == [ROWS_AT_ONCE, 100 - ROWS_AT_ONCE]
