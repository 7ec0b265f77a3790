"""The keys of a replay, with ranges over many of them, against a plain model."""

from __future__ import annotations

import random

from etcdpod.etcd.replay.keyspace import MAX_UNSORTED, Keyspace, in_range
from etcdpod.etcd.replay.rows import ABSENT


def test_ranges_follow_puts_and_removals() -> None:
    keyspace, model = Keyspace(), {}
    choose = random.Random(9)
    for number in range(6 * MAX_UNSORTED):
        key = b"%05d" % choose.randrange(3000)
        if choose.random() < 0.3:
            keyspace.remove(key)
            model.pop(key, None)
        else:
            keyspace.put(key, number)
            model[key] = number
        assert keyspace.row(key) == model.get(key, ABSENT)
        if number % 97 == 0:
            begin, end = sorted(b"%05d" % choose.randrange(3000) for _ in range(2))
            for stop in (end + b"\0", b"\0"):
                expected = sorted(k for k in model if in_range(k, begin, stop))
                assert keyspace.between(begin, stop) == expected


def test_a_range_end_of_one_zero_byte_means_all_from_the_key_on() -> None:
    assert in_range(b"b", b"a", b"\0")
    assert not in_range(b"a", b"b", b"\0")
    assert in_range(b"a", b"\0", b"\0")
    assert not in_range(b"b", b"a", b"b")
