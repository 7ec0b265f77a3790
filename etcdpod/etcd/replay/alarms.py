"""etcd's alarms, as far as they determine whether a logged request took effect.

References:
    https://github.com/etcd-io/etcd/blob/main/server/etcdserver/apply/capped.go
"""

from __future__ import annotations

from typing import Any

NOSPACE, CORRUPT = 1, 2
"""etcdserverpb.AlarmType."""
ACTIVATE, DEACTIVATE = 1, 2
"""etcdserverpb.AlarmRequest.AlarmAction."""


class Alarms:
    """The members that have raised each alarm; an alarm is active if any member has raised it."""

    def __init__(self) -> None:
        self._members: dict[int, set[int]] = {NOSPACE: set(), CORRUPT: set()}
        self.is_full = False
        """NOSPACE: requests that need space are refused; deletions are not."""
        self.is_corrupt = False
        """CORRUPT: all reads and writes are refused."""

    def apply(self, request: Any) -> None:
        """Apply one AlarmRequest."""
        members = self._members.get(request.alarm)
        if members is not None and request.action == ACTIVATE:
            members.add(request.memberID)
        elif members is not None and request.action == DEACTIVATE:
            members.discard(request.memberID)
        self.is_full, self.is_corrupt = bool(self._members[NOSPACE]), bool(self._members[CORRUPT])


def costs_space(txn: Any) -> bool:
    """Whether either branch contains a put; like etcd, this ignores nested transactions."""
    return any(
        operation.WhichOneof("request") == "request_put"
        for operation in (*txn.success, *txn.failure)
    )
