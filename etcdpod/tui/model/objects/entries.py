"""Lines of a table of objects, made one by one from columns of numbers when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from etcdpod.forensics.activity.activity import Numbers
    from etcdpod.tui.model.objects.listing import Listing
    from etcdpod.tui.model.objects.rows import Row
    from etcdpod.tui.model.objects.selection import Selected


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table."""

    number: int
    """The key, by its number in the ledger."""
    row: int
    """The head in the ledger that is current: a tombstone if ``gone``."""
    gone: bool
    has_tombstone: bool
    """The deletion is kept; else compaction took it, with its revision."""
    kept: int
    revision: int
    place: int
    """Which of the objects that exist it is, in key order; meaningless if ``gone``."""
    listing: Listing

    @property
    def key(self) -> bytes:
        """The etcd key."""
        return self.listing.ledger.keys[self.number]

    @property
    def name(self) -> str:
        """The object's name, as in the key."""
        return self.listing.catalog.names[self.number]

    @property
    def namespace(self) -> str:
        """The object's namespace, as in the key; empty without one."""
        return self.listing.catalog.namespace(self.number)

    @property
    def content(self) -> Row | None:
        """What was read of the object; None until then."""
        return self.listing.rows.get((self.number, self.row))

    @property
    def search(self) -> str:
        """All that a word in the filter is looked for in."""
        return self.listing.search_text(self.number, self.row)

    @property
    def labels(self) -> Mapping[str, str] | None:
        """The labels; None until they were read."""
        content = self.content
        return None if content is None else content.labels

    def cell(self, column: str) -> str | None:
        """The text under a column (lower case); None until it was read."""
        return self.listing.cell(self, column)


class Entries(Sequence[Entry]):
    """Lines of the table, made one by one when they are asked for.

    Args:
        listing: the table.
        selected: all that was selected.
        order: which of them, in which order.
    """

    def __init__(self, listing: Listing, selected: Selected, order: Numbers) -> None:
        self._listing = listing
        self._selected = selected
        self.order = order

    def __len__(self) -> int:
        return len(self.order)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Entries: ...
    def __getitem__(self, index: int | slice) -> Entry | Entries:
        if isinstance(index, slice):
            return Entries(self._listing, self._selected, self.order[index])
        found = self._selected
        place = int(self.order[index])
        return Entry(
            int(found.number[place]),
            int(found.row[place]),
            bool(found.gone[place]),
            int(found.created[place]) == 0,
            int(found.kept[place]),
            int(found.revision[place]),
            int(found.place[place]),
            self._listing,
        )


class Looked:
    """An entry as filters and orders look at it: one object that goes from row to row.

    To make an entry for each of 20,000 rows takes longer than a keystroke may.
    """

    __slots__ = ("_listing", "content", "kept", "number", "revision", "row")

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self.number = self.row = self.revision = self.kept = 0
        self.content: Row | None = None

    @property
    def search(self) -> str:
        """All that a word in the filter is looked for in."""
        return self._listing.search_text(self.number, self.row)

    @property
    def labels(self) -> Mapping[str, str] | None:
        """The labels; None until they were read."""
        return None if self.content is None else self.content.labels

    def cell(self, column: str) -> str | None:
        """The text under a column; None until it was read."""
        return self._listing.cell(self, column)

    def each(self, selected: Selected, order: Numbers) -> Iterator[Looked]:
        """Itself, at each of the chosen rows."""
        rows = self._listing.rows
        columns = (selected.number, selected.row, selected.revision, selected.kept)
        for self.number, self.row, self.revision, self.kept in zip(
            *(column[order].tolist() for column in columns), strict=True
        ):
            self.content = rows.get((self.number, self.row))
            yield self
