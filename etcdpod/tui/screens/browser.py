"""The browser: kinds and namespaces, the objects of one kind, the selected one, the timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from etcdpod.errors import UsageError
from etcdpod.tui import commands
from etcdpod.tui.messages import LocationFound, Said, ShowHistory
from etcdpod.tui.model.objects.caption import caption
from etcdpod.tui.model.objects.listing import View
from etcdpod.tui.model.objects.navigation import find_kind, kind_names, owner_location, parse_jump
from etcdpod.tui.model.objects.side_lists import side_lists
from etcdpod.tui.model.time_travel import STEPS, typed_revision
from etcdpod.tui.model.viewed_object import ViewedObject
from etcdpod.tui.screens.command_screen import CommandScreen
from etcdpod.tui.threads import in_thread
from etcdpod.tui.widgets.detail import Detail
from etcdpod.tui.widgets.grid import Grid
from etcdpod.tui.widgets.objects import ObjectTable
from etcdpod.tui.widgets.prompt import Prompt
from etcdpod.tui.widgets.sidebar import Sidebar
from etcdpod.tui.widgets.time_axis import TimeAxis

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from textual.widget import Widget

    from etcdpod.tui.commands import Command
    from etcdpod.tui.export import Exportable
    from etcdpod.tui.model.browser_state import BrowserState
    from etcdpod.tui.model.objects.catalog import Kind

ZOOMED = "zoomed"
"""The CSS class of a screen whose detail pane fills it."""


class BrowserScreen(CommandScreen):
    """The first screen, below all others."""

    CSS_PATH = "browser.tcss"
    KEYS: ClassVar[Sequence[type[Command]]] = commands.BROWSER
    TITLE_TEXT = "browser"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide"), (190, "-huge")]  # noqa: RUF012 as Textual
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012 declares it

    def __init__(self) -> None:
        super().__init__()
        self.kind: Kind | None = None

    def body(self) -> Iterable[Widget]:
        """The lists at the side, the table above the detail pane, the time axis at the bottom."""
        yield Horizontal(
            Sidebar(id="sidebar"),
            Vertical(
                Static(id="caption", markup=False),
                Vertical(ObjectTable(id="objects"), Detail(id="detail"), id="panes"),
                id="main",
            ),
            id="body",
        )
        yield TimeAxis(id="axis")

    def on_mount(self) -> None:
        """Focus the table."""
        self.objects.focus()
        self.title_bar.subject = "opening …"

    @property
    def objects(self) -> ObjectTable:
        """The table."""
        return self.query_one(ObjectTable)

    @property
    def detail(self) -> Detail:
        """The pane below the table."""
        return self.query_one(Detail)

    @property
    def is_whole(self) -> bool:
        """Whether all its widgets exist: they go one by one while the app ends."""
        return len(self.query("#kinds, #namespaces, #caption, #objects, #detail, #axis")) == 6

    # --- called by the application ----------------------------------------------------------

    def opened(self, state: BrowserState) -> None:
        """The sources are open; their keys follow."""
        self._state = state
        self.refresh_title()

    def state_changed(self) -> None:
        """More keys were read."""
        if self.kind is None:
            self.open_kind(find_kind(self.state, "pods"))
        else:
            self.objects.reselect()
        self._refresh_around()

    def followed(self, keys: Collection[bytes]) -> None:
        """Keys of a live source were written."""
        self.objects.follow(keys)
        self._refresh_around()
        entry = self.objects.selected
        if self.at is None and entry is not None and entry.key in keys:
            self.detail.reload()

    def age(self) -> None:
        """Time has passed on a live source."""
        if self.at is None and self.is_whole:
            self.objects.age()

    def start_over(self) -> None:
        """All keys are read again."""
        if self.at is not None and self.at < self.state.oldest:
            self.travel(None)
        self.objects.start_over()
        self._refresh_around()

    def times_known(self) -> None:
        """Redraw ages and the axis: the times of revisions were read."""
        self.state_changed()

    # --- what is shown ----------------------------------------------------------------------

    def open_kind(self, kind: Kind, *, key: bytes | None = None) -> None:
        """Show the objects of another kind, with the cursor on a key."""
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

    def action_show_namespace(self, namespace: str | None) -> None:
        """Show one namespace; None: all."""
        self.namespace = namespace
        if self.kind is not None and self.kind.namespaced:
            self.objects.change(namespace=namespace)
        self._refresh_around()

    def subject(self) -> ViewedObject | None:
        """The object under the cursor as of the displayed revision."""
        entry = self.objects.selected
        if entry is None or self.kind is None:
            return None
        kind = self.kind.resource.kind if self.kind.resource is not None else ""
        return ViewedObject(self.state, entry.key, self.at, entry.namespace, entry.name, kind)

    def _refresh_around(self) -> None:
        """Redraw everything around the table."""
        lists = side_lists(self.state, self.at, self.kind)
        self.query_one(Sidebar).show(lists, self.kind, self.namespace)
        self.refresh_title()
        self._refresh_selected()

    def _refresh_selected(self) -> None:
        """Redraw what depends on the table and its selected row."""
        if self.objects.listing is not None:
            text = caption(self.objects.listing)
            self.query_one("#caption", Static).update(text, layout=False)
        self.query_one(TimeAxis).show(self.state, self._changes(), self.at)
        self.detail.look_at(self.subject())

    @on(TimeAxis.Resized)
    @on(Grid.Moved, "#objects")
    def _object_selected(self) -> None:
        if self.is_open:
            self._refresh_selected()

    @on(Grid.HeaderClicked, "#objects")
    def _header_clicked(self, event: Grid.HeaderClicked) -> None:
        listing = self.objects.listing
        if listing is not None and 0 < event.index <= len(listing.headers):
            self.objects.sort_by(listing.headers[event.index - 1])

    @on(Sidebar.KindSelected)
    def _kind_selected(self, event: Sidebar.KindSelected) -> None:
        self.open_kind(event.kind)

    @on(Sidebar.NamespaceSelected)
    def _namespace_selected(self, event: Sidebar.NamespaceSelected) -> None:
        self.action_show_namespace(event.name)

    # --- prompts ----------------------------------------------------------------------------

    def action_jump_to_kind(self) -> None:
        """Ask for a kind."""
        self.prompt.ask("kind", ":", suggestions=kind_names(self.state.catalog))

    def action_filter_rows(self) -> None:
        """Ask for a filter, which applies while it is typed."""
        view = self.objects.view
        self.objects.read_all()
        self.prompt.ask("filter", "/", text=view.filter.text if view is not None else "")

    def action_go_to_revision(self) -> None:
        """Ask for a revision or a time."""
        self.prompt.ask("go", "go to revision or time (UTC)")

    @on(Prompt.Typed)
    def _typed(self, event: Prompt.Typed) -> None:
        if event.question == "filter":
            self.objects.filter_rows(event.text)

    def answered(self, question: str, text: str) -> None:
        """Do what was typed after ``:``, ``/`` or ``g``."""
        try:
            if question == "kind" and text.split()[:1] in (["q"], ["quit"], ["q!"]):
                self.app.exit()
            elif question == "kind" and text.strip():
                self._jump(text)
            elif question == "filter":
                self.objects.filter_rows(text)
            elif question == "go" and text.strip():
                self.go(typed_revision(self.state, text, self.here))
        except UsageError as error:
            self.post_message(Said(str(error), problem=True))

    def _jump(self, text: str) -> None:
        target = parse_jump(self.state, text)
        if target.namespace is not None:
            self.namespace = target.namespace or None
        self.open_kind(target.kind)
        self.objects.focus()

    def action_namespace(self) -> None:
        """Show only the namespace of the row; if one is shown alone, all."""
        entry = self.objects.selected
        if self.namespace is not None:
            self.action_show_namespace(None)
        elif entry is not None and entry.namespace:
            self.action_show_namespace(entry.namespace)

    def action_sort(self) -> None:
        """Sort by the next column."""
        self.objects.sort_next()

    def action_sort_back(self) -> None:
        """Reverse the order."""
        self.objects.reverse_order()

    def action_toggle_deleted(self) -> None:
        """Show or hide deleted objects."""
        self.objects.toggle_deleted()

    # --- time -------------------------------------------------------------------------------

    def travel(self, revision: int | None) -> None:
        """Show the registry as of a revision; None: the newest."""
        self.at = revision
        self.objects.change(at=revision)
        self._refresh_around()

    def go(self, revision: int) -> None:
        """Travel to the nearest revision that can be shown."""
        revision = self.state.clamped(revision)
        self.travel(None if revision >= self.state.newest else revision)

    def _changes(self) -> list[int]:
        """The revisions of the selected object."""
        entry = self.objects.selected
        return [] if entry is None else self.state.ledger.revisions_of(entry.key)

    @on(TimeAxis.RevisionClicked)
    def _axis_clicked(self, event: TimeAxis.RevisionClicked) -> None:
        self.go(event.revision)

    def action_step(self, step: str) -> None:
        """Travel by one of the ``STEPS``."""
        content = self.query_one(TimeAxis).content
        if content is not None:
            self.go(STEPS[step](content.axis, content.changes, self.here))

    # --- panes ------------------------------------------------------------------------------

    def action_open_tab(self, tab: str) -> None:
        """Show a tab; if it is shown already, or the terminal is low, zoomed."""
        again = self.detail.tab == tab
        if not again:
            self.detail.open_tab(tab)
        if again or self.has_class("-short"):
            self.add_class(ZOOMED)
            self.detail.lines.focus()

    def action_zoom(self) -> None:
        """Zoom the detail pane, or restore it."""
        self.toggle_class(ZOOMED)
        (self.detail.lines if self.has_class(ZOOMED) else self.objects).focus()

    def action_toggle_sidebar(self) -> None:
        """Show or hide the lists."""
        self.toggle_class("sidebar-toggled")

    def action_back(self) -> None:
        """Close the prompt, end the zoom, focus the table, or clear the filter."""
        view = self.objects.view
        if self.prompt.display:
            if self.prompt.question == "filter":
                self.objects.filter_rows("")
            self.prompt.close()
        elif self.has_class(ZOOMED):
            self.remove_class(ZOOMED)
            self.objects.focus()
        elif not self.objects.has_focus:
            self.objects.focus()
        elif view is not None and view.filter.text:
            self.objects.filter_rows("")

    def action_refresh(self) -> None:
        """Read again what is shown."""
        self.objects.reselect()
        self.detail.reload()

    @on(Grid.Chosen, "#objects")
    def action_open_history(self) -> None:
        """Open the history of the selected object."""
        subject = self.subject()
        if subject is not None:
            self.app.post_message(ShowHistory(subject))

    def action_owner(self) -> None:
        """Find the owner in a thread, and select it."""
        subject = self.subject()
        if subject is not None:
            in_thread(self, lambda stopped: self._find_owner(subject), "owner")

    def _find_owner(self, subject: ViewedObject) -> None:
        self.post_message(LocationFound(owner_location(subject)))

    @on(LocationFound)
    def _owner_found(self, event: LocationFound) -> None:
        place = event.place
        if self.namespace is not None and place.namespace:
            self.namespace = place.namespace
        self.open_kind(place.kind, key=place.key)
        self.objects.focus()

    def exported(self) -> Exportable | None:
        """The selected object, or the text of the detail pane if that has the focus."""
        return self.detail.exported()
