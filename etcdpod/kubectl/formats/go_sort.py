"""Reproduces the order in which Go's ``sort.Sort`` leaves a list.

It is not stable, so rows with equal keys are reordered; but always in the same way, since its
pseudo-random numbers are seeded with the length. Printing kubectl's rows in kubectl's order
requires the same algorithm: pattern-defeating quicksort (Go 1.19 and later).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Element = TypeVar("Element")

SHORT: Final = 12
"""Up to this length, insertion sort is used."""

NINTHER: Final = 50
"""From this length on, the pivot is a median of medians."""

MAX_SWAPS: Final = 4 * 3
REPAIRS: Final = 5
"""The number of misplaced elements that are fixed before a nearly sorted range is abandoned."""

_MASK64: Final = 2**64 - 1


def go_sorted(
    elements: Iterable[Element], less: Callable[[Element, Element], bool]
) -> list[Element]:
    """The elements sorted by ``less``, with equal ones in the order that Go leaves them in."""
    sorter = _Sorter(list(elements), less)
    length = len(sorter.items)
    sorter.sort(0, length, length.bit_length())
    return sorter.items


class _Sorter(Generic[Element]):
    """One list being sorted in place; a range goes from ``low`` up to but excluding ``high``."""

    def __init__(self, items: list[Element], less: Callable[[Element, Element], bool]) -> None:
        self.items = items
        self._less = less

    def less(self, i: int, j: int) -> bool:
        return self._less(self.items[i], self.items[j])

    def swap(self, i: int, j: int) -> None:
        self.items[i], self.items[j] = self.items[j], self.items[i]

    def sort(self, low: int, high: int, limit: int) -> None:
        balanced = partitioned = True
        while True:
            length = high - low
            if length <= SHORT:
                return self._insert(low, high)
            if limit == 0:
                return self._heap(low, high)
            if not balanced:
                self._break_patterns(low, high)
                limit -= 1
            pivot, swaps = self._choose_pivot(low, high)
            if swaps == MAX_SWAPS:
                self.items[low:high] = self.items[low:high][::-1]
                pivot = (high - 1) - (pivot - low)
                swaps = 0
            if balanced and partitioned and swaps == 0 and self._repair(low, high):
                return None
            if low > 0 and not self.less(low - 1, pivot):
                low = self._partition_equal(low, high, pivot)
                continue
            middle, partitioned = self._partition(low, high, pivot)
            left, right = middle - low, high - middle
            balanced = min(left, right) >= length // 8
            if left < right:
                self.sort(low, middle, limit)
                low = middle + 1
            else:
                self.sort(middle + 1, high, limit)
                high = middle

    def _insert(self, low: int, high: int) -> None:
        for i in range(low + 1, high):
            for j in range(i, low, -1):
                if not self.less(j, j - 1):
                    break
                self.swap(j, j - 1)

    def _heap(self, low: int, high: int) -> None:
        length = high - low
        for i in range((length - 1) // 2, -1, -1):
            self._sift_down(i, length, low)
        for i in range(length - 1, -1, -1):
            self.swap(low, low + i)
            self._sift_down(0, i, low)

    def _sift_down(self, root: int, length: int, first: int) -> None:
        while True:
            child = 2 * root + 1
            if child >= length:
                return
            if child + 1 < length and self.less(first + child, first + child + 1):
                child += 1
            if not self.less(first + root, first + child):
                return
            self.swap(first + root, first + child)
            root = child

    def _partition(self, low: int, high: int, pivot: int) -> tuple[int, bool]:
        """Smaller elements before the pivot, others after it; True if they already were."""
        self.swap(low, pivot)
        i, j = self._skip_partitioned(low, low + 1, high - 1)
        if i > j:
            self.swap(j, low)
            return j, True
        while i <= j:
            self.swap(i, j)
            i, j = self._skip_partitioned(low, i + 1, j - 1)
        self.swap(j, low)
        return j, False

    def _skip_partitioned(self, pivot: int, i: int, j: int) -> tuple[int, int]:
        while i <= j and self.less(i, pivot):
            i += 1
        while i <= j and not self.less(j, pivot):
            j -= 1
        return i, j

    def _partition_equal(self, low: int, high: int, pivot: int) -> int:
        """Elements equal to the pivot first; returns the start of the greater ones."""
        self.swap(low, pivot)
        i, j = low + 1, high - 1
        while True:
            while i <= j and not self.less(low, i):
                i += 1
            while i <= j and self.less(low, j):
                j -= 1
            if i > j:
                return i
            self.swap(i, j)
            i, j = i + 1, j - 1

    def _repair(self, low: int, high: int) -> bool:
        """Fix a few misplaced elements; True if the range is sorted then."""
        i = low + 1
        for _ in range(REPAIRS):
            while i < high and not self.less(i, i - 1):
                i += 1
            if i == high:
                return True
            if high - low < NINTHER:
                return False
            self.swap(i, i - 1)
            if i - low >= 2:
                self._shift(range(i - 1, 0, -1))
            if high - i >= 2:
                self._shift(range(i + 1, high))
        return False

    def _shift(self, positions: range) -> None:
        for j in positions:
            if not self.less(j, j - 1):
                return
            self.swap(j, j - 1)

    def _break_patterns(self, low: int, high: int) -> None:
        length = high - low
        seed = length
        middle = low + length // 4 * 2 - 1
        for position in range(middle, middle + 3):
            seed ^= seed << 13 & _MASK64
            seed ^= seed >> 7
            seed ^= seed << 17 & _MASK64
            other = seed & ((1 << length.bit_length()) - 1)
            if other >= length:
                other -= length
            self.swap(position, low + other)

    def _choose_pivot(self, low: int, high: int) -> tuple[int, int]:
        """An approximate median, and how many of the sampled elements were out of order."""
        quarter = (high - low) // 4
        i, j, k = low + quarter, low + quarter * 2, low + quarter * 3
        swaps = 0
        if high - low >= NINTHER:
            i, more_i = self._median(i - 1, i, i + 1)
            j, more_j = self._median(j - 1, j, j + 1)
            k, more_k = self._median(k - 1, k, k + 1)
            swaps = more_i + more_j + more_k
        median, more = self._median(i, j, k)
        return median, swaps + more

    def _median(self, i: int, j: int, k: int) -> tuple[int, int]:
        swaps = 0
        if self.less(j, i):
            i, j, swaps = j, i, swaps + 1
        if self.less(k, j):
            j, k, swaps = k, j, swaps + 1
        if self.less(j, i):
            i, j, swaps = j, i, swaps + 1
        return j, swaps
