"""Integrity checks of a source; each defect has its place and impact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.verify import (
    agreement,
    freelist,
    objects,
    served,
    structure,
    trailer,
    tree_order,
)
from etcdpod.forensics.verify import not_applicable as obstacles
from etcdpod.forensics.verify.model import Check, Defect, Repair, VerifiedSource

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CHECKS", "Check", "Defect", "Repair", "VerifiedSource", "verify"]

CHECKS = (
    Check(
        "trailer",
        "is the SHA-256 at the end that of the file?",
        trailer.check,
        obstacles.no_trailer,
    ),
    Check(
        "structure",
        "are all pages and records where and what they must be?",
        structure.check,
        obstacles.no_file,
    ),
    Check(
        "order",
        "do keys ascend, in every page and between pages?",
        tree_order.check,
        obstacles.no_file,
    ),
    Check(
        "freelist",
        "is no page both free and in use?",
        freelist.check,
        obstacles.no_freelist,
    ),
    Check(
        "revisions",
        "does none above the compaction miss?",
        served.gaps,
        obstacles.no_tree,
    ),
    Check(
        "log",
        "are its checksums right, and do database and log say the same?",
        agreement.check,
        obstacles.no_log,
    ),
    Check(
        "values",
        "can every value be read, and is it the object of its key?",
        objects.check,
        obstacles.sealed,
    ),
    Check(
        "members",
        "have they the same hash of all keys?",
        served.members,
        obstacles.no_members,
    ),
)
"""All checks, in execution order."""


def verify(subject: VerifiedSource) -> Iterator[Defect]:
    """Yield every defect of a source as it is found."""
    for check in CHECKS:
        yield from check.run(subject)
