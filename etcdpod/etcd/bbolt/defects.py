"""Reports defects of a file as ``Damage``: the first few of each code, and the rest as a count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from etcdpod.damage import Damage

if TYPE_CHECKING:
    from etcdpod.damage import DamageCode
    from etcdpod.etcd.bbolt.gather import Integers

NAMED = 10
"""The number of defects of one code that are reported individually."""


class Defects:
    """Appends the defects that readers find to one list.

    Args:
        path: the file, named in each entry.
        damage: the list to append to.
    """

    def __init__(self, path: str, damage: list[Damage]) -> None:
        self.path = path
        self.damage = damage

    def add(self, damage: Damage) -> None:
        """Report one defect."""
        self.damage.append(damage)

    def one(self, code: DamageCode, page: int | None = None, offset: int | None = None) -> None:
        """Report one defect at a page, at a byte offset, or both."""
        self.add(Damage(code, self.path, page, offset))

    def many(self, code: DamageCode, pages: Integers, offsets: Integers | None = None) -> None:
        """Report the same defect at each of ``pages``, which may be empty."""
        for index in range(min(len(pages), NAMED)):
            self.one(code, int(pages[index]), None if offsets is None else int(offsets[index]))
        further = len(pages) - NAMED
        if further > 0:
            distinct = len(np.unique(pages[NAMED:]))
            self.add(Damage(code, self.path, further=further, pages=distinct))
