"""Finds out where the revisions of a log begin, when the log does not begin with the cluster.

Old segments are deleted, so the first entry that is left has an unknown revision. But a client
that updates a key states, in the compare of its transaction, the revision of the key's last write;
where that write is in the log as well, its revision is known. And what the log wrote last to a key
is what the database still has.
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
"""Compares after which the first revision is taken as found."""
MIN_VOTES = 2
MAX_CONTENT_CHECKS = 200
"""Keys whose content is compared with the database where compares do not tell."""
MAX_WRITES = 50_000
MAX_FIRST = 1 << 62
"""No log begins at a higher revision."""
COMPARED_BYTES = 256
"""Of a value."""


class Survey(NamedTuple):
    """What a first reading of a stretch of the log tells."""

    revision: int | None
    """The current revision before its first entry; None where nothing tells."""
    writes: int
    """Requests that may change something, as far as it was read."""


class _Write(NamedTuple):
    number: int
    """How many requests had changed something by then, this one included."""
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
        # Taken out first, so that the keys stay in the order of their last write.
        self.writes.pop(put.key, None)
        self.writes[put.key] = _Write(self.count, put.value[:COMPARED_BYTES])
        if len(self.writes) > MAX_WRITES:
            del self.writes[next(iter(self.writes))]


def survey(
    entries: Iterable[LoggedEntry], newest: Callable[[bytes], tuple[PriorState, bytes] | None]
) -> Survey:
    """Read a stretch of the log as far as it takes to find its first revision.

    Args:
        entries: the committed entries of the stretch.
        newest: the newest state of a key in the database, and its value.
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
    # Requests without effect are counted as if they had one: later votes are too low.
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
