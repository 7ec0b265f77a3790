"""The browser: kinds and namespaces, the objects of one kind, the selected one, the timeline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from etcdpod.tui import commands
from etcdpod.tui.messages import TravelTo
from etcdpod.tui.model.objects.caption import caption
from etcdpod.tui.model.objects.listing import View
from etcdpod.tui.model.objects.navigation import find_kind
from etcdpod.tui.model.objects.side_lists import NameCounts, side_lists
from etcdpod.tui.model.viewed_object import ViewedObject
from etcdpod.tui.screens.browser_keys import BrowserKeys
from etcdpod.tui.widgets.detail import Detail
from etcdpod.tui.widgets.grid import Grid
from etcdpod.tui.widgets.objects import ObjectTable
from etcdpod.tui.widgets.time_axis import NO_CONTENT, AxisContent, TimeAxis

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from textual.widget import Widget

    from etcdpod.tui.commands import Command
    from etcdpod.tui.model.objects.catalog import Kind
    from etcdpod.tui.model.revision_times import RevisionTimes


class BrowserScreen(BrowserKeys):
    """The first screen, and the one that all others return to."""

    CSS_PATH = "browser.tcss"
    KEYS: ClassVar[Sequence[type[Command]]] = commands.BROWSER
    TITLE_TEXT = "browser"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 Textual declares it so
        (0, "-narrow"),
        (110, "-wide"),
        (190, "-huge"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012 as above

    def __init__(self) -> None:
        super().__init__()
        self._kinds: list[Kind] = []
        self._axis_basis: tuple[int, int, RevisionTimes] | None = None
        self._axis_content = NO_CONTENT

    def body(self) -> Iterable[Widget]:
        """Lists at the side, table and pane, the axis below."""
        yield Horizontal(
            Vertical(Grid(id="kinds"), Grid(id="namespaces"), id="sidebar"),
            Vertical(
                Static(id="caption", markup=False),
                Vertical(ObjectTable(id="objects"), Detail(id="detail"), id="panes"),
                id="main",
            ),
            id="body",
        )
        yield TimeAxis(id="axis")

    def on_mount(self) -> None:
        """Begin in the table."""
        self.objects.focus()
        self.title_bar.subject = "opening …"

    @property
    def is_whole(self) -> bool:
        """Whether all its widgets exist: they go one by one while the app ends."""
        return len(self.query("#kinds, #namespaces, #caption, #objects, #detail, #axis")) == 6

    # --- what the application tells ---------------------------------------------------------

    def state_changed(self) -> None:
        """The source was opened, or more of it was read."""
        if self.kind is None:
            self.open_kind(find_kind(self.state, "pods"))
        else:
            self.objects.reselect()
        self._refresh_around()

    def followed(self, keys: Collection[bytes]) -> None:
        """Keys of a live source were written."""
        if self.kind is None:
            self.state_changed()
            return
        self.objects.follow(keys)
        self._refresh_around()
        if self.at is None and self.selected_key() in keys:
            self.detail.reload()

    def age(self) -> None:
        """Time has passed on a live source."""
        if self.at is None and self.is_whole:
            self.objects.age()

    def start_over(self) -> None:
        """All revisions are read anew."""
        if self.at is not None and self.at < self.state.oldest:
            self.travel(None)
        self.objects.start_over()
        self._refresh_around()

    def times_known(self) -> None:
        """The times of revisions are known: ages and the axis are drawn anew."""
        self.objects.reselect()
        self._refresh_around()

    # --- what is shown ----------------------------------------------------------------------

    def open_kind(self, kind: Kind, *, key: bytes | None = None) -> None:
        """Show the objects of another kind, the cursor on a key."""
        self.kind = kind
        namespace = self.namespace if kind.namespaced else None
        before = self.objects.view
        deleted = before.deleted if before is not None else True
        sort = "REVISION" if kind.label == "events" else ""
        view = View(at=self.at, namespace=namespace, deleted=deleted, sort=sort)
        self.objects.open(self.state, kind, view)
        if key is not None:
            self.objects.select(key)
        self._refresh_around()

    def show_namespace(self, namespace: str | None) -> None:
        """Show one namespace, or all."""
        self.namespace = namespace
        if self.kind is not None and self.kind.namespaced:
            self.objects.change(namespace=namespace)
        self._refresh_around()

    def travel(self, revision: int | None) -> None:
        """Show the registry as of a revision; None: the newest."""
        self.at = revision
        self.objects.change(at=revision)
        self._refresh_around()

    def selected_key(self) -> bytes | None:
        """The etcd key under the cursor."""
        entry = self.objects.selected
        return None if entry is None else entry.key

    def subject(self) -> ViewedObject | None:
        """The object under the cursor as of the revision that is shown."""
        entry = self.objects.selected
        if entry is None or self.kind is None:
            return None
        kind = self.kind.resource.kind if self.kind.resource is not None else ""
        return ViewedObject(self.state, entry.key, self.at, entry.namespace, entry.name, kind)

    def _refresh_around(self) -> None:
        """Everything beside the table: lists, caption, title, axis, pane."""
        self._refresh_lists()
        self.refresh_caption()
        self.app.refresh_title(self)
        self._refresh_axis()
        self.detail.look_at(self.subject())

    def _refresh_lists(self) -> None:
        places = side_lists(self.state, self.at, self.kind)
        self._kinds = places.kinds
        kinds, namespaces = self.query_one("#kinds", Grid), self.query_one("#namespaces", Grid)
        for grid, rows, cursor in (
            (kinds, places.kind_rows, places.kind_position(self.kind)),
            (namespaces, places.namespace_rows, places.namespace_position(self.namespace)),
        ):
            if rows != grid.source or cursor != grid.cursor:  # drawing takes longer than comparing
                grid.show(rows, cursor=cursor)

    def refresh_caption(self) -> None:
        """Draw the line above the table anew."""
        listing = self.objects.listing
        if listing is not None:
            self.query_one("#caption", Static).update(caption(listing), layout=False)

    def _refresh_axis(self) -> None:
        widget = self.query_one(TimeAxis)
        state = self.state
        if not len(state.ledger) or widget.size.width == 0:
            return
        basis = (widget.columns, len(state.ledger), state.times)
        if basis != self._axis_basis:  # counting takes longer than moving a cursor may
            self._axis_basis = basis
            axis = state.axis(widget.columns)
            self._axis_content = AxisContent(axis, state.writes(axis))
        key = self.selected_key()
        changes = [] if key is None else state.ledger.revisions_of(key)
        widget.show(replace(self._axis_content, changes=changes, at=self.at))

    # --- what widgets tell ------------------------------------------------------------------

    @on(Grid.Moved, "#objects")
    def _object_selected(self) -> None:
        if self.app.is_open:
            self.detail.look_at(self.subject())
            self._refresh_axis()

    @on(Grid.Chosen, "#objects")
    def _object_chosen(self) -> None:
        self.action_open_history()

    @on(Grid.HeaderClicked, "#objects")
    def _header_clicked(self, event: Grid.HeaderClicked) -> None:
        listing = self.objects.listing
        if listing is not None and 0 < event.index <= len(listing.headers):
            self.sort_by(listing.headers[event.index - 1])

    @on(Grid.Moved, "#kinds")
    def _kind_selected(self, event: Grid.Moved) -> None:
        if event.grid.has_focus and event.index < len(self._kinds):
            kind = self._kinds[event.index]
            if kind != self.kind:
                self.open_kind(kind)

    @on(Grid.Moved, "#namespaces")
    def _namespace_selected(self, event: Grid.Moved) -> None:
        if event.grid.has_focus and isinstance(event.grid.source, NameCounts):
            name = event.grid.source.names[event.index] if event.index else None
            if name != self.namespace:
                self.show_namespace(name)

    @on(TimeAxis.RevisionClicked)
    def _axis_clicked(self, event: TimeAxis.RevisionClicked) -> None:
        self.go(event.revision)

    @on(TimeAxis.Resized)
    def _axis_resized(self) -> None:
        if self.app.is_open:
            self._refresh_axis()

    @on(TravelTo)
    def _travel_to(self, event: TravelTo) -> None:
        self.travel(event.revision)
