"""The objects of one kind as of a revision: which rows there are, in which order.

Rows are made of keys and heads alone; what is in an object is read for the rows that are looked
at, and remembered by key and revision, so moving through time reads only what changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from etcdpod.tui.model.filters import Filter, leading_number
from etcdpod.tui.model.safe_text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from etcdpod.analysis.activity import Ledger
    from etcdpod.tui.model.catalog import Catalog, Kind
    from etcdpod.tui.model.rows import Row

NAMESPACE, NAME = "NAMESPACE", "NAME"
OWN_COLUMNS = ("REVISION", "KEPT", "LAST CHANGE")
"""What no kubectl has: the revision, how many are kept of this key, who changed it when."""


NO_FILTER = Filter("")


@dataclass(frozen=True, slots=True)
class View:
    """What the user asked to see of a kind."""

    at: int | None = None
    """As of this revision; None: the newest."""
    namespace: str | None = None
    deleted: bool = True
    """Show what was deleted by then, too."""
    filter: Filter = NO_FILTER
    sort: str = ""
    """Name of a column; empty: in key order."""
    reverse: bool = False


@dataclass(slots=True)
class Entry:
    """One line of the table."""

    number: int
    """The key, by its number in the ledger."""
    row: int
    """The head in the ledger that is current: a tombstone if ``gone``."""
    gone: bool
    kept: int
    revision: int
    created: int
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
        return self.listing.search_text(self)

    @property
    def labels(self) -> Mapping[str, str] | None:
        """The labels; None until they were read."""
        content = self.content
        return None if content is None else content.labels

    def cell(self, column: str) -> str | None:
        """The text under a column (lower case); None until it was read."""
        return self.listing.cell(self, column)


class Listing:
    """The table of one kind."""

    def __init__(
        self, ledger: Ledger, catalog: Catalog, kind: Kind, columns: Sequence[str]
    ) -> None:
        self.ledger = ledger
        self.catalog = catalog
        self.kind = kind
        self.columns = [column for column in columns if column != NAMESPACE]
        """The kind's own columns."""
        self.rows: dict[tuple[int, int], Row] = {}
        """What was read, by key and head; see ``Entry``."""
        self.entries: list[Entry] = []
        self.view = View()
        self.alive = 0
        """How many objects exist at the revision, before any filter."""
        self.deleted = 0
        """How many were deleted by then."""
        self._search: dict[tuple[int, int], str] = {}
        self._shown: dict[int, Row] = {}
        self._places = {name.lower(): index for index, name in enumerate(self.columns)}

    @property
    def headers(self) -> list[str]:
        """All columns of the table, from left to right."""
        namespace = [NAMESPACE] if self.kind.namespaced and self.view.namespace is None else []
        named = [] if NAME in self.columns else [NAME]
        return [*namespace, *named, *self.columns, *OWN_COLUMNS]

    def show(self, view: View) -> None:
        """Select, filter and sort anew."""
        self.view = view
        entries = self._select(view)
        self.deleted = sum(entry.gone for entry in entries)
        self.alive = len(entries) - self.deleted
        if not view.deleted:
            entries = [entry for entry in entries if not entry.gone]
        if view.filter:
            entries = [entry for entry in entries if view.filter.matches(entry)]
        self.entries = self._sorted(entries, view)

    def put(self, entry: Entry, row: Row) -> None:
        """Remember what was read of an entry."""
        place = (entry.number, entry.row)
        if place not in self._search:
            text = " ".join((entry.namespace, entry.name, *row.cells, row.writer, row.problem))
            self._search[place] = text.lower()
        self.rows[place] = row
        self._shown[entry.number] = row

    def last_known(self, entry: Entry) -> Row | None:
        """What was last read of the same key, for as long as the right row is on its way."""
        return self.rows.get((entry.number, entry.row)) or self._shown.get(entry.number)

    def unread_of_view(self) -> list[Entry]:
        """All entries of the view, before its filter, of which nothing was read."""
        entries = self._select(self.view)
        if not self.view.deleted:
            entries = [entry for entry in entries if not entry.gone]
        return [entry for entry in entries if (entry.number, entry.row) not in self.rows]

    def search_text(self, entry: Entry) -> str:
        """All text of an entry in lower case; before it is read its namespace and name."""
        found = self._search.get((entry.number, entry.row))
        return found if found is not None else f"{entry.namespace} {entry.name}".lower()

    def cell(self, entry: Entry, column: str) -> str | None:
        """The text under a column (lower case) of an entry; None until it was read."""
        own = {
            "namespace": entry.namespace,
            "name": entry.name,
            "revision": str(entry.revision),
            "kept": str(entry.kept),
        }
        if column in own:
            return own[column]
        content = entry.content
        if content is None:
            return None
        if column == "last change":
            return content.writer
        index = self._places.get(column)
        if index is None or index >= len(content.cells):
            return None
        return content.cells[index]

    def position(self, key: bytes) -> int | None:
        """Where a key stands in the table; None if it does not."""
        number = self.ledger.number(key)
        places = (i for i, entry in enumerate(self.entries) if entry.number == number)
        return next(places, None)

    def _select(self, view: View) -> list[Entry]:
        numbers = self.catalog.numbers(self.kind, view.namespace)
        if len(numbers) == 0:
            return []
        newest = self.ledger.newest(view.at)[numbers]
        exist = newest >= 0
        numbers, newest = numbers[exist], newest[exist]
        columns = self.ledger.columns
        kept = self.ledger.kept(view.at)[numbers]
        return [
            Entry(number, row, gone, count, revision, created, self)
            for number, row, gone, count, revision, created in zip(
                numbers.tolist(),
                newest.tolist(),
                columns.tombstone[newest].tolist(),
                kept.tolist(),
                columns.main[newest].tolist(),
                columns.created[newest].tolist(),
                strict=True,
            )
        ]

    def _sorted(self, entries: list[Entry], view: View) -> list[Entry]:
        if not view.sort:
            return entries[::-1] if view.reverse else entries
        column = view.sort.lower()
        numeric = {
            "revision": lambda entry: -entry.revision,
            "last change": lambda entry: -entry.revision,
            "kept": lambda entry: -entry.kept,
            "age": lambda entry: -entry.created,
        }
        if column in numeric:
            return sorted(entries, key=numeric[column], reverse=view.reverse)
        return sorted(
            entries, key=lambda entry: _order(self.cell(entry, column)), reverse=view.reverse
        )


def _order(cell: str | None) -> tuple[int, float, str]:
    """Numbers first, the largest at the top; then words; what was not read yet comes last."""
    if cell is None:
        return (2, 0.0, "")
    number = leading_number(cell)
    return (1, 0.0, cell.lower()) if number is None else (0, -number, cell)


def cluster_name(entry: Entry) -> str:
    """``shop/web``, or the name alone; safe to draw."""
    name = f"{entry.namespace}/{entry.name}" if entry.namespace else entry.name
    return one_line(name)


def counts(ledger: Ledger, at: int | None) -> np.ndarray:
    """The numbers of the keys that exist at a revision."""
    newest = ledger.newest(at)
    exist = newest >= 0
    exist[exist] = ~ledger.columns.tombstone[newest[exist]]
    return np.flatnonzero(exist)
