"""Which write of the log made which revision of the database, as far as that is unambiguous."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.etcd.replay.deduce.backend import BackendFacts
    from etcdpod.etcd.replay.deduce.outcomes import Option, Write
    from etcdpod.etcd.replay.deduce.states import Bounds


class Claims:
    """The writes that may have made each revision of a database.

    Args:
        facts: the database.
    """

    def __init__(self, facts: BackendFacts) -> None:
        self._facts = facts
        self._writers: defaultdict[tuple[bytes, int], list[tuple[int, Write]]] = defaultdict(list)
        self._incomplete: set[bytes] = set()
        """Keys with writes that may have made any of too many revisions."""

    def clear(self) -> None:
        """Remove all claims."""
        self._writers.clear()
        self._incomplete.clear()

    def limits(self, at: int, option: Option, low: int, high: int) -> tuple[int, int] | None:
        """The lowest and highest possible revision after an option, and note what it may have made.

        Args:
            at: the step.
            option: one of its outcomes.
            low: the lowest revision that is known to be possible.
            high: the highest.

        Returns:
            None if the database rules the option out.
        """
        if option.advance == 0:
            return low, high
        for write in option.writes:
            is_optional = write.value is None and len(option.writes) > 1
            if write.is_sweep or is_optional:
                continue
            places = self._facts.places(option, write, low, high)
            if places is None:
                self._incomplete.add(write.key)
                continue
            limits = places.limits(low)
            if limits is None:
                return None
            low, high = max(low, limits[0]), min(high, limits[1])
            if low > high:
                return None
            if write.value is not None:
                for main in places.main:
                    self._writers[write.key, main].append((at, write))
        return low, high

    def unique(self, bounds: Bounds, wild: list[int]) -> Iterator[tuple[int, int, list[Write]]]:
        """The revisions that only one step can have made: the step, the revision and its writes.

        Args:
            bounds: of the steps.
            wild: steps of which nothing is known.
        """
        for (key, main), writers in self._writers.items():
            (at, _), *others = writers
            if any(other != at for other, _ in others) or main <= bounds.high[0]:
                continue
            is_wild = any(bounds.low[one + 1] <= main <= bounds.high[one + 1] for one in wild)
            if not is_wild and key not in self._incomplete and main in self._facts.rows(key).main:
                yield at, main, [write for _, write in writers]
