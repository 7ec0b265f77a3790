"""The keys of bucket ``key``."""

from __future__ import annotations

import pytest

from etcdpod.etcd.mvcc.revision import pack_revision, parse_revision
from etcdpod.records import Revision

PUT = bytes.fromhex("00000000000000025f0000000000000000")
DELETE = bytes.fromhex("00000000000000055f000000000000000074")


def test_revisions_of_etcd_are_read_and_written_again():
    assert parse_revision(PUT) == (Revision(2, 0), False)
    assert parse_revision(DELETE) == (Revision(5, 0), True)
    assert pack_revision(Revision(2, 0)) == PUT
    assert pack_revision(Revision(5, 0), tombstone=True) == DELETE


@pytest.mark.parametrize(
    "key",
    [
        b"",
        PUT[:16],
        DELETE + b"t",
        DELETE[:-1] + b"u",
        PUT.replace(b"_", b"-"),
        b"\xff" + PUT[1:],
        PUT[:9] + b"\x80" + PUT[10:],
    ],
    ids=["empty", "short", "long", "other mark", "other separator", "main < 0", "sub < 0"],
)
def test_what_is_no_revision_is_refused(key):
    assert parse_revision(key) is None
