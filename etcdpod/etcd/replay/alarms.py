"""etcd's alarms, as far as they decide whether a logged request took effect.

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
    """The members that have raised each alarm; one is enough for it to hold."""

    def __init__(self) -> None:
        self._members: dict[int, set[int]] = {NOSPACE: set(), CORRUPT: set()}
        self.is_full = False
        """NOSPACE: whatever needs space is refused, deletions are not."""
        self.is_corrupt = False
        """CORRUPT: all reads and writes are refused."""

    def apply(self, request: Any) -> None:
        """Carry out one AlarmRequest."""
        members = self._members.get(request.alarm)
        if members is not None and request.action == ACTIVATE:
            members.add(request.memberID)
        elif members is not None and request.action == DEACTIVATE:
            members.discard(request.memberID)
        self.is_full, self.is_corrupt = bool(self._members[NOSPACE]), bool(self._members[CORRUPT])


def costs_space(txn: Any) -> bool:
    """Whether a put is in either branch; etcd does not look into nested transactions."""
    return any(
        operation.WhichOneof("request") == "request_put"
        for operation in (*txn.success, *txn.failure)
    )
