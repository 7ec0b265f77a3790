"""Whether a value can be decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.analysis.verification.base import Defect
from etcdpod.records import Severity, Undecodable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.decoder import Decoded
    from etcdpod.history.view import Registry
    from etcdpod.records import Encrypted, Record


def check(
    registry: Registry, record: Record, outcome: Decoded | Encrypted | Undecodable
) -> Iterator[Defect]:
    """A value that is no object; one below no registry prefix need not be."""
    if not isinstance(outcome, Undecodable):
        return
    if not any(record.key.startswith(f"{prefix}/".encode()) for prefix in registry.prefixes):
        return
    kind = registry.resource_part(record.key)
    yield Defect(
        check="undecodable",
        where="",
        what=f"the value cannot be decoded: {outcome.reason}{_place(outcome)}",
        consequence=f"while it is there, every list of {kind} fails in the API server",
        severity=Severity.LOSS,
        offset=outcome.offset,
        path=outcome.path,
    )


def _place(outcome: Undecodable) -> str:
    place = (
        f", at byte {outcome.offset} of {len(outcome.raw)}" if outcome.offset is not None else ""
    )
    return f"{place}, in {outcome.path}" if outcome.path else place
