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


_WORD = 8


class Gather:
    """Random access to the first ``size`` bytes of a mapping, without copying it.

    Every method takes an array of byte offsets. What lies beyond the file reads as zeros, so that
    eight bytes may be asked for where only some of them matter.
    """

    def __init__(self, data: mmap, size: int) -> None:
        self.size = size
        self._tail = bytes(data[max(size - _WORD, 0) : size]).ljust(2 * _WORD, b"\0")
        self._bytes = np.frombuffer(data, np.uint8, size)
        # One word at every byte of the file: a view with a stride of one byte.
        self._words = np.ndarray((max(size - _WORD + 1, 0),), "<u8", data, strides=(1,))

    def bytes(self, offsets: Integers) -> NDArray[np.uint8]:
        """The byte at each offset."""
        return _take(self._bytes, offsets)

    def words(self, offsets: Integers) -> Words:
        """The little-endian u64 at each offset."""
        found = _take(self._words, offsets).astype(np.uint64, copy=False)
        last = self.size - _WORD
        cut = np.flatnonzero((offsets > last) & (offsets < self.size) & (offsets >= 0))
        for row in cut.tolist():
            start = int(offsets[row]) - max(last, 0)
            found[row] = int.from_bytes(self._tail[start : start + _WORD], "little")
        return found

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
