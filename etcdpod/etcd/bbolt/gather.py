"""Reads unaligned integers at many offsets of a mapped file at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mmap import mmap

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Words = NDArray[np.uint64]
    Mask = NDArray[np.bool_]


_WORD = 8
_TAIL = 64
"""The number of bytes at the end of a file that are copied and padded with zeros."""


class Gather:
    """Random access to the first ``size`` bytes of a mapping, without copying it.

    Every method takes an array of byte offsets. Offsets past the end of the file read as zeros, so
    callers may read more than they use.
    """

    def __init__(self, data: mmap | bytes, size: int) -> None:
        self.size = size
        self._data = data
        self._bytes = np.frombuffer(data, np.uint8, size)
        self._words = self._everywhere("<u8", _WORD)
        self._tail_start = max(size - _TAIL, 0)
        self._tail = bytes(data[self._tail_start : size]).ljust(2 * _TAIL, b"\0")

    def bytes(self, offsets: Integers) -> NDArray[np.uint8]:
        """The byte at each offset."""
        return _take(self._bytes, offsets)

    def words(self, offsets: Integers) -> Words:
        """The little-endian u64 at each offset."""
        found = _take(self._words, offsets)
        self._complete(found, offsets)
        return found.astype(np.uint64, copy=False)

    def big_words(self, offsets: Integers) -> Words:
        """The big-endian u64 at each offset, as etcd stores revisions and ids."""
        return self.words(offsets).byteswap()

    def structures(self, offsets: Integers, layout: np.dtype[np.void]) -> NDArray[np.void]:
        """The structure of at most 64 bytes at each offset, its fields accessible by name."""
        # Opaque bytes are copied in one operation, whatever their alignment.
        found = _take(self._everywhere(f"V{layout.itemsize}", layout.itemsize), offsets)
        self._complete(found, offsets)
        return found.view(layout)

    def _everywhere(self, kind: str, width: int) -> np.ndarray:
        """One item at every byte of the file: a view with a stride of one byte."""
        return np.ndarray((max(self.size - width + 1, 0),), kind, self._data, strides=(1,))

    def _complete(self, found: np.ndarray, offsets: Integers) -> None:
        """Replace the items that start inside the file and end past it."""
        width = found.itemsize
        cut = np.flatnonzero((offsets > self.size - width) & (offsets < self.size))
        for row in cut[offsets[cut] >= 0].tolist():
            start = int(offsets[row]) - self._tail_start
            found[row] = np.frombuffer(self._tail, found.dtype, 1, start)[0]


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
