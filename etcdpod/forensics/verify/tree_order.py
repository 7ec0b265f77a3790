"""Checks that keys ascend in each page and across the pages of a branch."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from etcdpod.etcd.bbolt.layout import (
    BRANCH_ELEMENT,
    ELEMENT_SIZE,
    FIRST_DATA_PAGE,
    LEAF_ELEMENT,
    PAGE_HEADER,
    PageFlag,
)
from etcdpod.etcd.mvcc.index import KEY_BUCKET
from etcdpod.etcd.mvcc.revision import parse_revision
from etcdpod.forensics.verify.model import Defect
from etcdpod.records import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.etcd.bbolt.file import BboltFile
    from etcdpod.forensics.verify.model import VerifiedSource

NAMED = 20
"""Maximum number of defects reported individually per tree."""
_MISSED = "a lookup by key may miss entries: bbolt searches pages by halves"


class _Node(NamedTuple):
    """A page of a tree and the bounds of its keys."""

    page: int
    low: bytes
    high: bytes | None


class PageEntry(NamedTuple):
    """Key of an element, its offset in the file, and the child page of a branch element."""

    key: bytes
    offset: int
    child: int


def check(subject: VerifiedSource) -> Iterator[Defect]:
    """Report keys that do not ascend, and keys outside the bounds of their branch."""
    store = subject.store
    if store is None:
        return
    for name, bucket in store.backend.buckets.items():
        if bucket.root:
            yield from islice(_tree(store.file, bucket.root, name), NAMED)


def _tree(file: BboltFile, root: int, bucket: bytes) -> Iterator[Defect]:
    """The defects of a tree. Skips invalid pages, which the reader has reported."""
    met: set[int] = set()
    waiting = [_Node(root, b"", None)]
    while waiting:
        node = waiting.pop()
        if node.page in met or not FIRST_DATA_PAGE <= node.page < file.page_count:
            continue
        met.add(node.page)
        entries, is_branch = page_entries(file, node.page)
        yield from _page(file, node, entries, bucket)
        if not is_branch:
            continue
        bounds = [entry.key for entry in entries[1:]] + [node.high]
        for entry, high in zip(entries, bounds, strict=True):
            waiting.append(_Node(entry.child, entry.key, high))


def page_entries(file: BboltFile, page: int) -> tuple[list[PageEntry], bool]:
    """The elements of a page within the file, and whether it is a branch."""
    header = file.page_header(page)
    if header is None or header.flags not in (PageFlag.BRANCH, PageFlag.LEAF):
        return [], False
    is_branch = header.flags == PageFlag.BRANCH
    start = page * file.page_size
    end = min(start + (header.overflow + 1) * file.page_size, file.size)
    entries = []
    for number in range(header.elements):
        element = start + PAGE_HEADER.size + number * ELEMENT_SIZE
        if element + ELEMENT_SIZE > end:
            break
        if is_branch:
            position, size, child = BRANCH_ELEMENT.unpack_from(file.data, element)
        else:
            _, position, size, _ = LEAF_ELEMENT.unpack_from(file.data, element)
            child = 0
        offset = element + position
        if offset + size <= end:
            entries.append(PageEntry(file.data[offset : offset + size], offset, child))
    return entries, is_branch


def _page(
    file: BboltFile, node: _Node, entries: list[PageEntry], bucket: bytes
) -> Iterator[Defect]:
    for before, entry in pairwise(entries):
        if entry.key <= before.key:
            what = f"the key {_shown(entry.key, bucket)} does not ascend"
            yield _defect(file, node.page, entry, what, bucket)
    if entries and entries[0].key < node.low:
        what = f"the first key {_shown(entries[0].key, bucket)} is lower than its branch states"
        yield _defect(file, node.page, entries[0], what, bucket)
    if entries and node.high is not None and entries[-1].key >= node.high:
        what = f"the last key {_shown(entries[-1].key, bucket)} belongs to a later page"
        yield _defect(file, node.page, entries[-1], what, bucket)


def _defect(file: BboltFile, page: int, entry: PageEntry, what: str, bucket: bytes) -> Defect:
    parsed = parse_revision(entry.key) if bucket == KEY_BUCKET else None
    return Defect(
        check="order",
        where=f"{file.path} page {page} offset {entry.offset}",
        what=f"bucket {bucket.decode(errors='backslashreplace')}: {what}",
        consequence=_MISSED,
        severity=Severity.WARNING,
        page=page,
        offset=entry.offset,
        revision="" if parsed is None else str(parsed[0]),
    )


def _shown(key: bytes, bucket: bytes) -> str:
    parsed = parse_revision(key) if bucket == KEY_BUCKET else None
    return f"of revision {parsed[0]}" if parsed is not None else repr(key[:40])
