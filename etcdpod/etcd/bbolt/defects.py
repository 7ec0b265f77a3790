"""Defects of a file as ``Damage``: the first few of a sort one by one, the rest counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from etcdpod.records import Damage, Severity

if TYPE_CHECKING:
    from etcdpod.etcd.bbolt.gather import Integers

NAMED = 10
"""Defects of one sort that are named one by one."""


class Defects:
    """Appends what readers find to one list.

    Args:
        path: the file, named in each entry.
        damage: the list.
    """

    def __init__(self, path: str, damage: list[Damage]) -> None:
        self.path = path
        self.damage = damage

    def one(
        self,
        what: str,
        page: int | None,
        offset: int | None,
        severity: Severity = Severity.LOSS,
        key: bytes | None = None,
    ) -> None:
        """Report one defect at a page, a byte offset, or both."""
        place = [self.path]
        if page is not None:
            place.append(f"page {page}")
        if offset is not None:
            place.append(f"offset {offset}")
        self.damage.append(Damage(" ".join(place), what, severity, page, offset, key))

    def many(
        self,
        what: str,
        pages: Integers,
        offsets: Integers | None = None,
        severity: Severity = Severity.LOSS,
    ) -> None:
        """Report the same defect at each of ``pages``, which may be none."""
        for index in range(min(len(pages), NAMED)):
            offset = None if offsets is None else int(offsets[index])
            self.one(what, int(pages[index]), offset, severity)
        if len(pages) > NAMED:
            distinct = len(np.unique(pages[NAMED:]))
            text = f"{what}: {len(pages) - NAMED} more times, on {distinct} pages"
            self.damage.append(Damage(self.path, text, severity))
