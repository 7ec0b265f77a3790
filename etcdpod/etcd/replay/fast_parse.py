"""Parses the requests of a log that have the form that API servers write, many at once.

An API server changes one key in a transaction that compares the key's mod revision; other clients
put one key. The fields of these requests are located by offset; all others go through protobuf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etcdpod.etcd.bbolt.gather import Gather
from etcdpod.etcd.mvcc.varint import read_tagged

if TYPE_CHECKING:
    from etcdpod.etcd.bbolt.gather import Integers, Mask

NO_COMPARE = -1
"""In place of a mod revision: the request has no compare."""
_PUT, _TXN, _HEADER = 0x22, 0x32, (0xA2, 0x06)
"""Tag bytes of etcdserverpb.InternalRaftRequest."""
_COMPARE, _SUCCESS, _FAILURE = 0x0A, 0x12, 0x1A
"""Tag bytes of TxnRequest."""
_TARGET, _COMPARED_KEY, _MOD_REVISION, _MOD = 0x10, 0x1A, 0x30, 2
"""Tag bytes of Compare, and the target MOD. The result EQUAL is omitted from the encoding."""
_RANGE_OPERATION, _PUT_OPERATION, _DELETE_OPERATION = 0x0A, 0x12, 0x1A
"""Tag bytes of RequestOp."""
_KEY, _VALUE, _LEASE = 0x0A, 0x12, 0x18
"""Tag bytes of PutRequest; the first is also that of RangeRequest and DeleteRangeRequest."""


class PlainWrites(NamedTuple):
    """Requests as columns; offsets are relative to the start of the window."""

    plain: Mask
    """Which requests were understood; for others, the remaining columns are invalid."""
    key: Integers
    key_size: Integers
    compared: Integers
    """Byte offset of the compared key, of the same size; equal to ``key`` without a compare."""
    stated: Integers
    """The mod revision that the compare expects, 0 if the key must not exist, or NO_COMPARE."""
    deletes: Mask
    value: Integers
    value_size: Integers
    lease: Integers


class _Field(NamedTuple):
    """A bytes field of each message: where its content lies, and whether the field is present."""

    tag: Integers
    start: Integers
    stop: Integers
    good: Mask


def read_writes(window: bytes, start: Integers, stop: Integers) -> PlainWrites:
    """The writes made by the requests at ``start`` to ``stop`` of a window.

    Args:
        window: bytes of the log.
        start: where the data of each entry starts.
        stop: where it ends.
    """
    gather = Gather(window, len(window))
    request = _field(gather, start, stop)
    is_txn = request.tag == _TXN
    plain = request.good & (is_txn | (request.tag == _PUT)) & _ends(gather, request.stop, stop)
    compare, stated, plain_txn, operation = _read_txn(gather, request)
    put = _Field(*(np.where(is_txn, a, b) for a, b in zip(operation, request, strict=True)))
    deletes = is_txn & (operation.tag == _DELETE_OPERATION)
    plain &= ~is_txn | plain_txn
    key = _field(gather, put.start, put.stop)
    key_size = key.stop - key.start
    plain &= put.good & key.good & (key.tag == _KEY) & (key_size > 0)
    plain &= ~is_txn | (compare.stop - compare.start == key_size)
    value, lease, plain_put = _read_put(gather, key.stop, put.stop)
    plain &= np.where(deletes, key.stop == put.stop, plain_put)
    return PlainWrites(
        plain, key.start, key_size, np.where(is_txn, compare.start, key.start),
        np.where(is_txn, stated, NO_COMPARE), deletes,
        value.start, value.stop - value.start, lease,
    )  # fmt: skip


def _read_txn(gather: Gather, txn: _Field) -> tuple[_Field, Integers, Mask, _Field]:
    """The compared key, the expected mod revision, whether it is simple, and the operation."""
    compare = _field(gather, txn.start, txn.stop)
    target = read_tagged(gather, compare.start)
    key = _field(gather, target.end, compare.stop)
    stated = read_tagged(gather, key.stop)
    success = _field(gather, compare.stop, txn.stop)
    operation = _field(gather, success.start, success.stop)
    plain = compare.good & (compare.tag == _COMPARE)
    plain &= (target.tag == _TARGET) & (target.value == _MOD) & (target.end > 0)
    plain &= key.good & (key.tag == _COMPARED_KEY)
    plain &= (stated.tag == _MOD_REVISION) & (stated.end == compare.stop)
    plain &= success.good & (success.tag == _SUCCESS)
    plain &= operation.good & (operation.stop == success.stop)
    plain &= (operation.tag == _PUT_OPERATION) | (operation.tag == _DELETE_OPERATION)
    failure = _field(gather, success.stop, txn.stop)
    found = _field(gather, failure.start, failure.stop)
    reads = failure.good & (failure.tag == _FAILURE) & (failure.stop == txn.stop)
    reads &= found.good & (found.tag == _RANGE_OPERATION) & (found.stop == failure.stop)
    sought = _field(gather, found.start, found.stop)
    reads &= sought.good & (sought.tag == _KEY) & (sought.stop == found.stop)
    plain &= (success.stop == txn.stop) | reads
    return key, stated.value.view(np.int64), plain, operation


def _read_put(gather: Gather, start: Integers, stop: Integers) -> tuple[_Field, Integers, Mask]:
    """Value and lease of puts, after their keys, and whether there is nothing else."""
    value = _field(gather, start, stop)
    present = value.good & (value.tag == _VALUE)
    behind = np.where(present, value.stop, start)
    lease = read_tagged(gather, behind)
    leased = (lease.tag == _LEASE) & (lease.end == stop)
    place = np.where(present, value.start, 0)
    value = _Field(value.tag, place, np.where(present, value.stop, 0), value.good)
    number = np.where(leased, lease.value.view(np.int64), 0)
    return value, number, leased | (behind == stop)


def _field(gather: Gather, offset: Integers, limit: Integers) -> _Field:
    field = read_tagged(gather, offset)
    size = field.value.view(np.int64)
    good = (offset < limit) & (field.end > 0) & (size >= 0) & (size <= limit - field.end)
    return _Field(field.tag, field.end, np.where(good, field.end + size, limit), good)


def _ends(gather: Gather, behind: Integers, stop: Integers) -> Mask:
    """Whether nothing follows but a header, which names the user."""
    first, second = _HEADER
    has_header = (gather.bytes(behind) == first) & (gather.bytes(behind + 1) == second)
    size = gather.bytes(behind + 2).astype(np.int64)
    has_header &= (size < 0x80) & (behind + 3 + size == stop)
    ends: Mask = has_header | (behind == stop)
    return ends
