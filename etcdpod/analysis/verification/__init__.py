"""Is a source whole? One check a file, each defect with its place and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.analysis.verification import (
    agreement,
    freelist,
    objects,
    structure,
    trailer,
    tree_order,
)
from etcdpod.analysis.verification.base import Check, Defect, Repair, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.history.view import Registry

__all__ = ["CHECKS", "Check", "Defect", "Repair", "Subject", "verify"]

CHECKS = (
    Check("trailer", "is the SHA-256 at the end that of the file?", trailer.check),
    Check("structure", "are all pages and records where and what they must be?", structure.check),
    Check("order", "do keys ascend, in every page and between pages?", tree_order.check),
    Check("freelist", "is no page both free and in use?", freelist.check),
    Check("agreement", "do database and log say the same?", agreement.check),
    Check("objects", "can every value be read, and is it the object of its key?", objects.check),
)
"""Every check, in the order in which they run."""


def verify(registry: Registry) -> Iterator[Defect]:
    """Every defect of a source, as it is found."""
    subject = Subject(registry)
    for check in CHECKS:
        yield from check.run(subject)
