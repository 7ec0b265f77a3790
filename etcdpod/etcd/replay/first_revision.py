"""Determines the first revision of a log that does not reach back to the creation of the cluster.

Old segments are deleted, so the revision of the first remaining entry is unknown. But a client
that updates a key states, in the compare of its transaction, the revision of the key's last write;
if that write is in the log as well, its revision is known. And the last write to a key in the log
is the one that the database still has.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from etcdpod.etcd.replay.txn_evaluator import Target
from etcdpod.etcd.wal.columns import NORMAL_ENTRY
from etcdpod.etcd.wal.entries import parse_request
from etcdpod.etcd.wal.messages import InternalRaftRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from etcdpod.etcd.replay.state import PriorState
    from etcdpod.etcd.wal.columns import LoggedEntry

ENOUGH_VOTES = 100
"""The number of usable compares after which the survey stops."""
MIN_VOTES = 2
MAX_CONTENT_CHECKS = 200
"""The number of keys whose content is compared with the database if there are too few compares."""
MAX_WRITES = 50_000
MAX_FIRST = 1 << 62
"""No log starts at a higher revision."""
COMPARED_BYTES = 256
"""The number of bytes of a value that are compared."""


class Survey(NamedTuple):
    """The result of a first pass over a stretch of the log."""

    revision: int | None
    """The current revision before its first entry; None if it cannot be determined."""
    writes: int
    """The number of requests, in the part read, that may change something."""


class _Write(NamedTuple):
    number: int
    """The number of requests so far that may change something, including this one."""
    value: bytes


class _Surveyor:
    def __init__(self) -> None:
        self.count = 0
        self.votes: Counter[int] = Counter()
        self.writes: dict[bytes, _Write] = {}

    def take(self, request: Any) -> None:
        if request.HasField("txn"):
            self._take_txn(request.txn)
        elif request.HasField("put"):
            self._write(request.put)
        elif request.HasField("delete_range") or request.HasField("lease_revoke"):
            self.count += 1

    def _take_txn(self, txn: Any) -> None:
        for compare in txn.compare:
            is_update = compare.target == Target.MOD and compare.result == 0
            if is_update and compare.mod_revision > 0 and not compare.range_end:
                self._vote(compare.key, compare.mod_revision)
        kinds = [operation.WhichOneof("request") for operation in txn.success]
        if "request_put" in kinds or "request_delete_range" in kinds:
            self.count += 1
        for operation in txn.success:
            if operation.HasField("request_put"):
                self._remember(operation.request_put)

    def _vote(self, key: bytes, stated: int) -> None:
        written = self.writes.get(key)
        if written is not None:
            self.votes[stated - written.number] += 1

    def _write(self, put: Any) -> None:
        self.count += 1
        self._remember(put)

    def _remember(self, put: Any) -> None:
        # Removed first, so that the keys stay in the order of their last write.
        self.writes.pop(put.key, None)
        self.writes[put.key] = _Write(self.count, put.value[:COMPARED_BYTES])
        if len(self.writes) > MAX_WRITES:
            del self.writes[next(iter(self.writes))]


def survey(
    entries: Iterable[LoggedEntry], newest: Callable[[bytes], tuple[PriorState, bytes] | None]
) -> Survey:
    """Read as much of a stretch of the log as is needed to find its first revision.

    Args:
        entries: the committed entries of the stretch.
        newest: returns the newest state of a key in the database, and its value.
    """
    surveyor = _Surveyor()
    for entry in entries:
        request = parse_request(entry.data) if entry.type == NORMAL_ENTRY else None
        if isinstance(request, InternalRaftRequest):
            surveyor.take(request)
        if surveyor.votes.total() >= ENOUGH_VOTES:
            break
    votes = surveyor.votes
    if votes.total() < MIN_VOTES:
        votes = _content_votes(surveyor, newest)
    likely = [
        revision for revision, count in votes.items() if count >= min(MIN_VOTES, votes.total())
    ]
    # Requests that had no effect are counted as if they had: later votes are too low.
    revision = max(likely, default=-1)
    return Survey(revision if 0 <= revision < MAX_FIRST else None, surveyor.count)


def _content_votes(
    surveyor: _Surveyor, newest: Callable[[bytes], tuple[PriorState, bytes] | None]
) -> Counter[int]:
    votes: Counter[int] = Counter()
    for key in list(surveyor.writes)[-MAX_CONTENT_CHECKS:]:
        known = newest(key)
        written = surveyor.writes[key]
        if known is not None and known[1][:COMPARED_BYTES] == written.value:
            votes[known[0].main - written.number] += 1
    return votes
