"""Checks that the stored freelist and the pages in use do not overlap."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING

from etcdpod.etcd.bbolt.layout import FIRST_DATA_PAGE, PAGE_HEADER, PageFlag
from etcdpod.forensics.verify.model import Defect
from etcdpod.records import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.etcd.bbolt.file import BboltFile
    from etcdpod.forensics.verify.model import VerifiedSource

MANY = 0xFFFF
"""Page header count meaning that the first entry is the count."""
NAMED = 10


def check(subject: VerifiedSource) -> Iterator[Defect]:
    """Report free pages used by a tree, and pages that are neither free nor used.

    etcd on Linux stores no freelist and rebuilds it at startup: then there is nothing to check.
    """
    store = subject.store
    if store is None or not store.file.freelist_stored:
        return
    file, page = store.file, store.file.meta.freelist
    header = file.page_header(page)
    if header is None or header.flags != PageFlag.FREELIST or header.id != page:
        consequence = "etcd on macOS or Windows stops at its start; on Linux it rebuilds it"
        yield _defect(file, page, "the list of free pages is not where the meta says", consequence)
        return
    free = _ids(file, page, header.elements, header.overflow)
    if any(later <= before for before, later in pairwise(free)):
        yield _defect(file, page, "the list of free pages does not ascend", "pages may be lost")
    for bucket in store.backend.buckets.values():
        store.tree.leaf_pages(bucket)
    used = store.tree.reachable()
    both = [one for one in free if one < len(used) and used[one]]
    for one in both[:NAMED]:
        what = f"page {one} is used by a tree and in the list of free pages"
        consequence = "the next write may overwrite what the tree still needs"
        yield _defect(file, one, what, consequence, check="double use")
    beyond = [one for one in free if not FIRST_DATA_PAGE <= one < file.meta.high_water_mark]
    if beyond:
        what = f"{len(beyond)} of the listed pages do not exist"
        yield _defect(file, page, what, "the next write may go beyond the file")
    own = header.overflow + 1
    lost = int((~used).sum()) - FIRST_DATA_PAGE - own - len(set(free) - set(both))
    if lost > 0:
        what = f"{lost} pages are neither used nor in the list of free pages"
        yield _defect(file, page, what, "their room is never used again", Severity.NOTE)


def _ids(file: BboltFile, page: int, count: int, overflow: int) -> list[int]:
    start = page * file.page_size + PAGE_HEADER.size
    end = min((page + overflow + 1) * file.page_size, file.size)
    numbers = [
        one for (one,) in struct.iter_unpack("<Q", file.data[start : end - (end - start) % 8])
    ]
    if count == MANY and numbers:
        count = numbers.pop(0)
    return numbers[:count]


def _defect(
    file: BboltFile,
    page: int,
    what: str,
    consequence: str,
    severity: Severity = Severity.WARNING,
    check: str = "freelist",
) -> Defect:
    return Defect(
        check=check,
        where=f"{file.path} page {page}",
        what=what,
        consequence=consequence,
        severity=severity,
        page=page,
        offset=page * file.page_size,
    )
