"""The table of the objects of one kind as of a revision; it reads its rows itself."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from textual import on

from etcdpod.tui.messages import RowsRead, VisibleRead
from etcdpod.tui.model.objects.cells import ObjectRows
from etcdpod.tui.model.objects.filters import parse_filter
from etcdpod.tui.model.objects.listing import ObjectListing
from etcdpod.tui.model.objects.rows import RowReader
from etcdpod.tui.row_reading import RowOrder, read_rows
from etcdpod.tui.threads import in_thread
from etcdpod.tui.widgets.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any

    from textual.timer import Timer

    from etcdpod.tui.model.browser_state import BrowserState
    from etcdpod.tui.model.objects.catalog import Kind
    from etcdpod.tui.model.objects.entries import ListedObject
    from etcdpod.tui.model.objects.listing import View

SETTLE = 0.25
"""Seconds without a key before invisible rows are read."""

AT_ONCE = 0.01
"""The same right after opening."""

READ_UNASKED = 50_000
"""Up to so many objects are read before a filter or an order asks for them."""

REFILTER = 0.4
"""Seconds between two runs of a filter while rows are still being read."""


class ObjectTable(Grid):
    """Rows are listed from keys immediately; their cells appear as they are read."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, empty="no objects")
        self.state: BrowserState | None = None
        self.listing: ObjectListing | None = None
        self._readers: dict[Kind, tuple[RowReader, ObjectListing]] = {}
        self._reader: RowReader | None = None
        self._reading: View | None = None
        """Of this view rows that are on the screen are being read."""
        self._asked: list[ListedObject] = []
        """Which rows those are."""
        self._background: Timer | None = None
        self._refilter: Timer | None = None
        self._has_read_rest = False
        self._cost = 0.0
        """Seconds that it took to filter with all that was read."""

    # --- what is shown ----------------------------------------------------------------------

    def open(self, state: BrowserState, kind: Kind, view: View) -> None:
        """Show a kind."""
        self.state = state
        if kind not in self._readers:
            reader = RowReader(state.registry, kind)
            listing = ObjectListing(state.ledger, state.catalog, kind, reader.columns)
            self._readers[kind] = reader, listing
        self._reader, self.listing = self._readers[kind]
        self._apply(view, keep=None)

    def start_over(self) -> None:
        """Forget all rows, and read them again."""
        if self.state is None or self.listing is None:
            return
        kind, view = self.listing.kind, self.listing.view
        self._readers.clear()
        self.open(self.state, kind, view)

    def change(self, **changes: Any) -> None:
        """Change the view: revision, filter, sort order."""
        if self.listing is not None:
            self._apply(replace(self.listing.view, **changes), keep=self.selected)

    def sort_next(self) -> None:
        """Sort by the column after the current one; after the last in key order."""
        if self.listing is not None:
            names = ["", *self.listing.headers]
            sort = self.listing.view.sort
            place = names.index(sort) if sort in names else 0
            self.change(sort=names[(place + 1) % len(names)], reverse=False)

    def sort_by(self, column: str) -> None:
        """Sort by a column; if already sorted by it, reverse the order."""
        if self.view is not None:
            self.change(sort=column, reverse=self.view.sort == column and not self.view.reverse)

    def reverse_order(self) -> None:
        """Reverse the order of the rows."""
        if self.view is not None:
            self.change(reverse=not self.view.reverse)

    def toggle_deleted(self) -> None:
        """Show or hide deleted objects."""
        if self.view is not None:
            self.change(deleted=not self.view.deleted)

    def filter_rows(self, text: str) -> None:
        """Show only rows that match a filter; an empty text shows all."""
        if self.listing is not None:
            self.change(filter=parse_filter(text, self.listing.headers))

    def reselect(self) -> None:
        """Select again: the ledger has grown."""
        self.change()

    def follow(self, keys: Collection[bytes]) -> None:
        """Keys of a live source were written: select again if one of them belongs here."""
        if self.listing is not None and self.listing.concerns(keys):
            self.reselect()

    def age(self) -> None:
        """Time has passed: print the ages of what is on the screen again."""
        if self.state is not None and self.listing is not None:
            if isinstance(self.source, ObjectRows):
                self.source.now = self.state.now(self.listing.view.at)
            self._read_visible()
            self.redraw()

    @property
    def view(self) -> View | None:
        """The current view."""
        return None if self.listing is None else self.listing.view

    @property
    def selected(self) -> ListedObject | None:
        """The entry under the cursor."""
        if self.listing is None or not 0 <= self.cursor < len(self.listing.entries):
            return None
        return self.listing.entries[self.cursor]

    def select(self, key: bytes) -> bool:
        """Put the cursor on a key; False if it is not in the table."""
        position = None if self.listing is None else self.listing.position(key)
        if position is not None:
            self.cursor = position
        return position is not None

    def _apply(self, view: View, keep: ListedObject | None) -> None:
        assert self.listing is not None
        assert self.state is not None
        self.listing.show(view)
        cursor = self.listing.position(keep.key) if keep is not None else 0
        now = self.state.now(view.at)
        self.empty = "nothing matches" if view.filter else "no objects"
        self.show(ObjectRows(self.listing, self.state.times, now), cursor=cursor)
        self._read_visible()
        self._read_rest_soon()

    # --- reading ----------------------------------------------------------------------------

    def _read_visible(self, *, besides: Collection[ListedObject] = ()) -> None:
        """Read what is on the screen and not known; what is being read is read to its end.

        Every change of a live source comes here: if each one began the reading again, a source
        that is written to faster than it can be read would never be shown.

        Args:
            besides: what cannot be read now, as was just seen.
        """
        if self.listing is None or self._reader is None or not isinstance(self.source, ObjectRows):
            return
        now = self.source.now
        missing: list[ListedObject] = []
        for entry in (self.listing.entries[index] for index in self.visible_rows):
            row = entry.content
            final = entry.gone and self.state is not None and self.state.live
            if row is not None and row.now != now and not final:
                row = self._reader.print_again(entry.key, entry.revision, now)
                if row is not None:
                    self.listing.put(entry, row)
            if row is None and entry not in besides:
                missing.append(entry)
        if missing and self._reading != self.listing.view:
            self._reading, self._asked = self.listing.view, missing
            self._read(missing, "visible")

    @on(VisibleRead)
    def _visible_read(self, event: VisibleRead) -> None:
        event.stop()
        if event.view == self._reading:
            self._reading = None
            self._read_visible(besides=self._asked)

    def read_all(self) -> None:
        """Read every row, for a filter or a sort order."""
        self._read_rest_soon(wanted=True)

    def _read_rest_soon(self, *, wanted: bool = False) -> None:
        """Read invisible rows: always at the newest revision, elsewhere when needed."""
        if self._background is not None:
            self._background.stop()
        view = self.view
        if self.state is None or view is None or not self.state.complete:
            return  # while there are more and more revisions it would be done again and again
        assert self.listing is not None
        unasked = view.at is None and self.listing.alive <= READ_UNASKED
        if wanted or unasked or view.filter or view.sort:
            rest = SETTLE if self._has_read_rest else AT_ONCE
            self._background = self.set_timer(rest, self._read_rest)

    def _read_rest(self) -> None:
        if self.listing is None:
            return
        self._has_read_rest = True
        entries = self.listing.unread_of_view()
        if len(entries):
            self._read(entries, "background")

    def _read(self, entries: Sequence[ListedObject], group: str) -> None:
        if self._reader is None or self.listing is None:
            return
        assert isinstance(self.source, ObjectRows)
        assert self.state is not None
        now, priority = self.source.now, self.state.priority
        order = RowOrder(
            self._reader,
            self.listing,
            entries,
            self.listing.view,
            now,
            priority,
            whole=self.state.complete,
            background=group == "background",
        )
        in_thread(self, partial(read_rows, order, self.post_message), group)

    @on(RowsRead)
    def _take(self, event: RowsRead) -> None:
        event.stop()
        for entry, row in event.rows:
            event.listing.put(entry, row)
        if event.listing is not self.listing:
            return
        if not event.background:
            self.redraw()
        elif self.listing.view.filter or self.listing.view.sort:
            self._refilter_soon()

    def _refilter_soon(self) -> None:
        if self._refilter is None:
            self._refilter = self.set_timer(max(REFILTER, 5 * self._cost), self._run_filter)

    def _run_filter(self) -> None:
        self._refilter = None
        if self.listing is not None:
            view = self.listing.view
            keep = self.selected
            begun = monotonic()
            self.listing.show(view, fresh=True)
            self._cost = monotonic() - begun
            cursor = self.listing.position(keep.key) if keep is not None else 0
            self.show(self.source, cursor=cursor)
            self._read_visible()

    @on(Grid.Scrolled)
    def _scrolled(self, event: Grid.Scrolled) -> None:
        if event.grid is self:
            self._read_visible()
