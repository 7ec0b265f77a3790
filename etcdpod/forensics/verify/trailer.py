"""Checks the SHA-256 at the end of a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.verify.model import Defect
from etcdpod.records import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.verify.model import VerifiedSource


def check(subject: VerifiedSource) -> Iterator[Defect]:
    """Report a wrong trailer; a copy of a member's db has none."""
    store = subject.store
    if store is None or store.file.check_trailer() is not False:
        return
    file = store.file
    yield Defect(
        check="trailer",
        where=file.path,
        what="the SHA-256 at the end is not that of the file",
        consequence="`etcdutl snapshot restore` refuses it; some byte is not what etcd saved",
        severity=Severity.WARNING,
        offset=file.size - 32,
    )
