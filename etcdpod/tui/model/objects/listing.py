"""The objects of one kind as of a revision: which rows there are, in which order.

Rows are made of keys and records alone; what is in an object is read for the rows that are looked
at, and remembered by key and revision, so moving through time reads only what changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from etcdpod.tui.model.objects.entries import ListedObjects, RowCursor
from etcdpod.tui.model.objects.filters import RowFilter, leading_number
from etcdpod.tui.model.objects.row_store import LAST_CHANGE, RowStore
from etcdpod.tui.model.objects.selection import EMPTY, select

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from etcdpod.forensics.activity.activity import Ledger, Numbers
    from etcdpod.tui.model.objects.catalog import Catalog, Kind
    from etcdpod.tui.model.objects.entries import ListedObject
    from etcdpod.tui.model.objects.rows import ObjectRow

NAMESPACE, NAME = "NAMESPACE", "NAME"
OWN_COLUMNS = ("REVISION", "KEPT", "LAST CHANGE")
"""Columns that kubectl lacks: revision, number of kept revisions, last writer."""


NO_FILTER = RowFilter("")


@dataclass(frozen=True, slots=True)
class View:
    """What the user asked to see of a kind."""

    at: int | None = None
    """As of this revision; None: the newest."""
    namespace: str | None = None
    deleted: bool = True
    """Also show deleted objects."""
    filter: RowFilter = NO_FILTER
    sort: str = ""
    """Name of a column; empty: in key order."""
    reverse: bool = False


PATIENCE = 5
"""How many times longer than it took to make them texts serve, where more rows were read."""


@dataclass(frozen=True, slots=True)
class _Texts:
    """The text that is searched for words, for each selected entry."""

    texts: list[str]
    basis: object
    puts: int
    until: float

    def serves(self, basis: object, puts: int) -> bool:
        """Whether it belongs to the same entries and is recent enough."""
        return self.basis == basis and (self.puts == puts or monotonic() < self.until)


class ObjectListing:
    """The table of one kind."""

    def __init__(
        self, ledger: Ledger, catalog: Catalog, kind: Kind, columns: Sequence[str]
    ) -> None:
        self.ledger = ledger
        self.catalog = catalog
        self.kind = kind
        self.columns = [column for column in columns if column != NAMESPACE]
        """The kind's own columns."""
        self.store = RowStore(ledger, catalog, self.columns)
        self.entries = ListedObjects(self.store, EMPTY, np.zeros(0, dtype=np.int64))
        self.view = View()
        self._selected = EMPTY
        self._texts_of: _Texts | None = None

    @property
    def alive(self) -> int:
        """How many objects exist at the revision, before any filter."""
        return len(self._selected.gone) - self.deleted

    @property
    def deleted(self) -> int:
        """How many were deleted by then."""
        return int(self._selected.gone.sum())

    @property
    def headers(self) -> list[str]:
        """All columns of the table, from left to right."""
        namespace = [NAMESPACE] if self.kind.namespaced and self.view.namespace is None else []
        named = [] if NAME in self.columns else [NAME]
        return [*namespace, *named, *self.columns, *OWN_COLUMNS]

    # --- what is shown ----------------------------------------------------------------------

    def show(self, view: View, *, fresh: bool = False) -> None:
        """Select, filter and sort.

        Args:
            view: what to show.
            fresh: with every row that was read; else a long list may be filtered by what was
                known a moment ago, as a keystroke cannot wait.
        """
        if fresh:
            self._texts_of = None
        basis = (view.at, view.namespace, len(self.ledger))
        if basis != self._selected.basis:
            numbers = self.catalog.numbers(self.kind, view.namespace)
            self._selected = replace(select(self.ledger, numbers, view.at), basis=basis)
        self.view = view
        found = self._selected
        order = np.arange(len(found.gone)) if view.deleted else np.flatnonzero(~found.gone)
        self.entries = ListedObjects(
            self.store, found, self._sorted(self._filtered(order, view.filter), view)
        )

    def concerns(self, keys: Collection[bytes]) -> bool:
        """Whether one of the keys belongs to this kind."""
        numbers = (self.ledger.number(key) for key in keys)
        return any(n is not None and self.catalog.kind(n) == self.kind for n in numbers)

    def position(self, key: bytes) -> int | None:
        """The position of a key in the table; None if it is not listed."""
        number = self.ledger.number(key)
        if number is None:
            return None
        found = np.flatnonzero(self._selected.number[self.entries.order] == number)
        return int(found[0]) if len(found) else None

    def _filtered(self, order: Numbers, chosen: RowFilter) -> Numbers:
        if chosen.words:
            texts = self._texts()
            for word, wanted in chosen.words:
                order = order[[(word in texts[i]) is wanted for i in order.tolist()]]
        for test in chosen.tests:
            order = order[[test(one) for one in RowCursor(self.store).each(self._selected, order)]]
        return order

    def _texts(self) -> list[str]:
        """The text of every selected entry that is searched for words."""
        known, found = self._texts_of, self._selected
        if known is None or not known.serves(found.basis, self.store.puts):
            begun = monotonic()
            pairs = zip(found.number.tolist(), found.row.tolist(), strict=True)
            texts = [self.store.search_text(number, row) for number, row in pairs]
            lasts = PATIENCE * (monotonic() - begun)
            known = self._texts_of = _Texts(
                texts, found.basis, self.store.puts, monotonic() + lasts
            )
        return known.texts

    def _sorted(self, order: Numbers, view: View) -> Numbers:
        if view.sort:
            order = order[self._ranks(order, view.sort.lower())]
        return order[::-1] if view.reverse else order

    def _ranks(self, order: Numbers, column: str) -> Numbers:
        """The order of rows by a column; numbers and times descending."""
        found = self._selected
        numeric = {
            "revision": found.revision,
            LAST_CHANGE: found.revision,
            "kept": found.kept,
            "age": found.created,
        }
        if column in numeric:
            return np.argsort(-numeric[column][order], kind="stable")
        looked = RowCursor(self.store).each(found, order)
        keys = [_rank(row.cell(column)) for row in looked]
        return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)

    # --- what was read ----------------------------------------------------------------------

    def put(self, entry: ListedObject, row: ObjectRow) -> None:
        """Store what was read of an entry."""
        self.store.put(entry.number, entry.row, row)

    def unread_of_view(self) -> ListedObjects:
        """All entries of the view, before its filter, of which nothing was read."""
        found, rows = self._selected, self.store.rows
        triples = zip(found.number.tolist(), found.row.tolist(), found.gone.tolist(), strict=True)
        deleted = self.view.deleted
        unread = [
            index
            for index, (number, row, gone) in enumerate(triples)
            if (deleted or not gone) and (number, row) not in rows
        ]
        return ListedObjects(self.store, found, np.array(unread, dtype=np.int64))


def _rank(cell: str | None) -> tuple[int, float, str]:
    """Numbers first, largest first; then words; unread cells last."""
    if cell is None:
        return (2, 0.0, "")
    number = leading_number(cell)
    return (1, 0.0, cell.lower()) if number is None else (0, -number, cell)
