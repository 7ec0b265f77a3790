"""Consults the database about requests whose outcome the log alone does not determine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.etcd.replay.keyspace import in_range

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etcdpod.etcd.replay.numbering import Numbering
    from etcdpod.etcd.replay.state import Prior

    Changes = dict[bytes, bytes | None]
    """The keys of one revision with their values; None for a deletion."""
    Operations = list[tuple[str, Any]]
    """RequestOp cases in execution order."""


class Witness:
    """Queries the database, within the limits of what is known about the current revision."""

    def __init__(self, prior: Prior | None, numbering: Numbering) -> None:
        self._prior = prior
        self._numbering = numbering

    def told(self, revision: int) -> Changes | None:
        """The changes made by ``revision``, the next one due; None if the database lacks it."""
        if self._prior is None or not self._numbering.is_sure:
            return None
        return self._prior.changes(revision)

    @property
    def is_needed(self) -> bool:
        """Whether the count is in doubt and a database is available to settle it."""
        return self._prior is not None and not self._numbering.is_sure

    def located(self, puts: Iterable[Any], revision: int) -> int | None:
        """The revision near ``revision`` of one of ``puts``; None if not found."""
        if self._prior is None:
            return None
        for put in puts:
            main = self._prior.locate(put.key, put.value, revision)
            if main is not None:
                return main
        return None


def is_among(operations: Operations, told: Changes) -> bool:
    """Whether one of the operations is among the changes of a revision."""
    for kind, operation in operations:
        if kind == "request_put" and told.get(operation.key) == operation.value:
            return True
        if kind == "request_delete_range" and _is_deleted(operation, told):
            return True
    return False


def _is_deleted(request: Any, told: Changes) -> bool:
    if not request.range_end:
        return told.get(request.key, b"") is None
    return any(
        value is None and in_range(key, request.key, request.range_end)
        for key, value in told.items()
    )
