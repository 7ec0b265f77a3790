"""Checks of a live etcd through its client API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.connectors.base import KeptHistory
from etcdpod.forensics.verify.model import Defect
from etcdpod.records import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.verify.model import VerifiedSource

NAMED = 20
"""Maximum number of gaps reported individually."""


def gaps(subject: VerifiedSource) -> Iterator[Defect]:
    """Report revisions above the compact revision without any change.

    For files, the structure check reports them.
    """
    if not subject.is_live:
        return
    kept = subject.connector.records(keys_only=True)
    compact = max(subject.connector.info().compact_revision, 1)
    newest = kept.through_revision if isinstance(kept, KeptHistory) else compact
    before, found = compact, 0
    for record in kept:
        main = record.revision.main
        if main > before + 1 and found < NAMED:
            found += 1
            yield _gap(subject, before + 1, main - 1)
        before = max(before, main)
    if before < newest:
        yield _gap(subject, before + 1, newest)


def _gap(subject: VerifiedSource, first: int, last: int) -> Defect:
    which = f"revision {first} is" if first == last else f"revisions {first} to {last} are"
    return Defect(
        check="gaps",
        where=subject.connector.info().target,
        what=f"{which} missing, and nothing was compacted there",
        consequence="what changed at these revisions is lost; watches have passed over it",
        severity=Severity.LOSS,
        revision=str(first),
    )


def members(subject: VerifiedSource) -> Iterator[Defect]:
    """Report members whose HashKV differs at the same revision and compact revision."""
    compared = subject.hashes
    if compared is None or compared.agree is not False:
        return
    shown = ", ".join(
        f"{one.name or one.endpoint} {one.hash}" for one in compared.hashes if not one.problem
    )
    yield Defect(
        check="members",
        where=subject.connector.info().target,
        what=f"the members' HashKV at revision {compared.revision} differ: {shown}",
        consequence="clients get another answer from another member; "
        "`etcdpod diff --members` with a snapshot of each names the keys",
        severity=Severity.LOSS,
        revision=str(compared.revision),
    )
