"""Checks that a value can be decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.verify.model import Defect
from etcdpod.kube.codec import Decoded
from etcdpod.kube.encryption.keyring import MISSING_KEY
from etcdpod.kube.encryption.transformers import NO_KEYS
from etcdpod.records import Encrypted, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.history.lives import Registry
    from etcdpod.records import Record, Undecodable

UNOPENED = (NO_KEYS, MISSING_KEY)
"""Errors for values that were not decrypted, which does not make them defective."""
BEHIND_A_PLUGIN = "kms"
"""Schemes whose keys only a plugin has; its failure is not a defect of the value."""


def check(
    registry: Registry, record: Record, outcome: Decoded | Encrypted | Undecodable
) -> Iterator[Defect]:
    """Report a value below a registry prefix that is not an object."""
    if isinstance(outcome, Decoded):
        return
    if not any(record.key.startswith(f"{prefix}/".encode()) for prefix in registry.prefixes):
        return
    kind = registry.resource_part(record.key)
    if isinstance(outcome, Encrypted):
        if not (outcome.reason in UNOPENED or outcome.scheme.startswith(BEHIND_A_PLUGIN)):
            yield Defect(
                check="sealed",
                where="",
                what=f"the value is {outcome}",
                consequence=f"with these keys every list of {kind} fails in the API server",
                severity=Severity.LOSS,
            )
        return
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
