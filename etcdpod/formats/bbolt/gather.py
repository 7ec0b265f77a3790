"""Unaligned integers read at many offsets of a mapped file at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mmap import mmap

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Words = NDArray[np.uint64]
    Mask = NDArray[np.bool_]


class Gather:
    """Random access to the first ``size`` bytes of a mapping, without copying it.

    Every method takes an array of byte offsets. An offset at which the integer would end beyond
    the file reads as 0: callers check bounds, this only keeps a forgotten check harmless.
    """

    def __init__(self, data: mmap, size: int) -> None:
        self.size = size
        self._bytes = np.frombuffer(data, np.uint8, size)
        self._words = self._overlapping(data, "<u8", 8)
        self._halves = self._overlapping(data, "<u4", 4)

    def _overlapping(self, data: mmap, kind: str, width: int) -> np.ndarray:
        """One integer at every byte of the file: a view with a stride of one byte."""
        return np.ndarray((max(self.size - width + 1, 0),), kind, data, strides=(1,))

    def bytes(self, offsets: Integers) -> NDArray[np.uint8]:
        """The byte at each offset."""
        return _take(self._bytes, offsets)

    def half_words(self, offsets: Integers) -> Integers:
        """The little-endian u32 at each offset."""
        return _take(self._halves, offsets).astype(np.int64)

    def words(self, offsets: Integers) -> Words:
        """The little-endian u64 at each offset."""
        return _take(self._words, offsets).astype(np.uint64, copy=False)

    def big_words(self, offsets: Integers) -> Words:
        """The big-endian u64 at each offset: etcd's revisions and ids."""
        return self.words(offsets).byteswap()


def _take(view: np.ndarray, offsets: Integers) -> np.ndarray:
    if len(offsets) == 0:
        return np.zeros(0, view.dtype)
    outside = (offsets < 0) | (offsets >= len(view))
    if not outside.any():
        return view[offsets]
    found = np.zeros(len(offsets), view.dtype)
    inside = ~outside
    found[inside] = view[offsets[inside]]
    return found
