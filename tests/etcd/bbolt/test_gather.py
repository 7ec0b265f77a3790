"""Integers at any offset, up to the last byte of a file."""

from __future__ import annotations

import mmap

import numpy as np
import pytest

from etcdpod.etcd.bbolt.gather import Gather


@pytest.mark.parametrize("size", [1, 7, 8, 9, 40, 4096])
def test_words_are_read_at_every_offset_and_zeros_behind_the_end(size):
    content = bytes((index * 37 + 1) % 256 for index in range(size))
    mapping = mmap.mmap(-1, size)
    mapping[:] = content
    gather = Gather(mapping, size)
    offsets = np.arange(-3, size + 12)
    padded = content.ljust(size + 32, b"\0")
    expected = [
        int.from_bytes(padded[at : at + 8], "little") if 0 <= at < size else 0 for at in offsets
    ]
    assert gather.words(offsets).tolist() == expected
    assert gather.big_words(offsets[3:4]).tolist() == [int.from_bytes(padded[:8], "big")]
    assert gather.bytes(offsets).tolist() == [padded[at] if 0 <= at < size else 0 for at in offsets]
    assert gather.words(offsets[:0]).tolist() == []
