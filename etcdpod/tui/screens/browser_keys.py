"""What the keys of the browser do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from etcdpod.errors import UsageError
from etcdpod.tui.messages import LocationFound, Said
from etcdpod.tui.model.objects.export import object_export, text_export
from etcdpod.tui.model.objects.filters import parse_filter
from etcdpod.tui.model.objects.navigation import find_kind, kind_names, owner_location
from etcdpod.tui.screens.time_travel import TimeTravelScreen
from etcdpod.tui.threads import in_thread
from etcdpod.tui.widgets.detail import Detail
from etcdpod.tui.widgets.objects import ObjectTable
from etcdpod.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from etcdpod.tui.export import Exportable
    from etcdpod.tui.model.objects.catalog import Kind
    from etcdpod.tui.model.viewed_object import ViewedObject

ZOOMED = "zoomed"
"""The class of a screen whose pane has all the room."""


class BrowserKeys(TimeTravelScreen):
    """The actions of ``BrowserScreen``, which lays out what they act on."""

    kind: Kind | None = None
    namespace: str | None = None

    @property
    def objects(self) -> ObjectTable:
        """The table."""
        return self.query_one(ObjectTable)

    @property
    def detail(self) -> Detail:
        """The pane below the table."""
        return self.query_one(Detail)

    def open_kind(self, kind: Kind, *, key: bytes | None = None) -> None:
        """Show the objects of a kind."""
        raise NotImplementedError

    def show_namespace(self, namespace: str | None) -> None:
        """Show one namespace, or all."""
        raise NotImplementedError

    def subject(self) -> ViewedObject | None:
        """The object under the cursor."""
        raise NotImplementedError

    # --- kinds, filters, namespaces, order --------------------------------------------------

    def action_jump_to_kind(self) -> None:
        """Ask for a kind."""
        self.prompt.ask("kind", ":", suggestions=kind_names(self.state.catalog))

    def action_filter_rows(self) -> None:
        """Ask for a filter; it works while it is typed."""
        view = self.objects.view
        self.objects.read_all()
        self.prompt.ask("filter", "/", text=view.filter.text if view is not None else "")

    @on(Prompt.Typed)
    def _typed(self, event: Prompt.Typed) -> None:
        if event.question == "filter":
            self.set_filter(event.text)

    def set_filter(self, text: str) -> None:
        """Show only what matches."""
        listing = self.objects.listing
        if listing is not None:
            self.objects.change(filter=parse_filter(text, listing.headers))
            self.refresh_caption()

    def answered(self, question: str, text: str) -> None:
        """What was typed after ``:``, ``/`` and ``g``."""
        try:
            if question == "kind":
                self._jump(text)
            elif question == "filter":
                self.set_filter(text)
            elif question == "go" and text.strip():
                self.go_to_text(text)
        except UsageError as error:
            self.post_message(Said(str(error), problem=True))

    def _jump(self, text: str) -> None:
        """``po``, ``deploy shop``: a kind, and a namespace if one is named."""
        words = text.split()
        if not words:
            return
        if words[0] in ("q", "quit", "q!"):
            self.app.exit()
            return
        kind = find_kind(self.state, words[0])
        if len(words) > 1:
            self.namespace = None if words[1] in ("all", "-A") else words[1]
        self.open_kind(kind)
        self.objects.focus()

    def action_namespace(self) -> None:
        """The namespace of the row, or all again."""
        entry = self.objects.selected
        if self.namespace is not None:
            self.show_namespace(None)
        elif entry is not None and entry.namespace:
            self.show_namespace(entry.namespace)

    def action_all_namespaces(self) -> None:
        """All namespaces."""
        self.show_namespace(None)

    def action_sort(self) -> None:
        """By the next column."""
        listing = self.objects.listing
        if listing is None:
            return
        names = ["", *listing.headers]
        place = names.index(listing.view.sort) if listing.view.sort in names else 0
        self.objects.change(sort=names[(place + 1) % len(names)], reverse=False)
        self.refresh_caption()

    def sort_by(self, column: str) -> None:
        """By a column; by the same one again: the other way around."""
        view = self.objects.view
        if view is not None:
            self.objects.change(sort=column, reverse=view.sort == column and not view.reverse)
            self.refresh_caption()

    def action_sort_back(self) -> None:
        """The other way around."""
        view = self.objects.view
        if view is not None:
            self.objects.change(reverse=not view.reverse)
            self.refresh_caption()

    def action_toggle_deleted(self) -> None:
        """With or without what was deleted."""
        view = self.objects.view
        if view is not None:
            self.objects.change(deleted=not view.deleted)
            self.refresh_caption()

    def refresh_caption(self) -> None:
        """Draw the line above the table anew."""
        raise NotImplementedError

    # --- panes ------------------------------------------------------------------------------

    def action_show_timeline(self) -> None:
        """The changes of the object."""
        self._open_tab("Timeline")

    def action_show_yaml(self) -> None:
        """The object as YAML."""
        self._open_tab("YAML")

    def action_show_diff(self) -> None:
        """The last change."""
        self._open_tab("Diff")

    def action_why(self) -> None:
        """Why a pod is as it is."""
        self._open_tab("Why")

    def action_describe(self) -> None:
        """The object in words."""
        self._open_tab("Describe")

    def action_show_events(self) -> None:
        """The events about it."""
        self._open_tab("Events")

    def action_show_raw(self) -> None:
        """Its bytes."""
        self._open_tab("Raw")

    def _open_tab(self, tab: str) -> None:
        """Show a tab; a second time, or where there is no room for both: on the whole screen."""
        again = self.detail.tab == tab
        if not again:
            self.detail.open_tab(tab)
        if again or self.has_class("-short"):
            self.add_class(ZOOMED)
            self.detail.lines.focus()

    def action_zoom(self) -> None:
        """The pane over everything, or back."""
        self.toggle_class(ZOOMED)
        (self.detail.lines if self.has_class(ZOOMED) else self.objects).focus()

    def action_sidebar(self) -> None:
        """With or without the lists."""
        self.toggle_class("sidebar-toggled")

    def action_next_pane(self) -> None:
        """The focus to the next pane."""
        self.focus_next()

    def action_previous_pane(self) -> None:
        """The focus to the pane before."""
        self.focus_previous()

    def action_back(self) -> None:
        """Close what is open: prompt, zoom, filter; then the focus returns to the table."""
        view = self.objects.view
        if self.prompt.display:
            if self.prompt.question == "filter":
                self.set_filter("")
            self.prompt.close()
        elif self.has_class(ZOOMED):
            self.remove_class(ZOOMED)
            self.objects.focus()
        elif not self.objects.has_focus:
            self.objects.focus()
        elif view is not None and view.filter.text:
            self.set_filter("")

    def action_refresh(self) -> None:
        """Read again."""
        self.objects.reselect()
        self.detail.reload()

    # --- other screens and places -----------------------------------------------------------

    # Screens are imported when they are first shown: the browser itself has to start quickly.

    def action_open_history(self) -> None:
        """The life of the object under the cursor."""
        from etcdpod.tui.screens.history import HistoryScreen

        subject = self.subject()
        if subject is not None:
            self.app.push_screen(HistoryScreen(subject))

    def action_incident(self) -> None:
        """All pods as lanes."""
        from etcdpod.tui.screens.incident import IncidentScreen

        self.app.push_screen(IncidentScreen(self.namespace, self.at))

    def action_findings(self) -> None:
        """What is wrong."""
        from etcdpod.tui.screens.findings import FindingsScreen

        self.app.push_screen(FindingsScreen(self.namespace, self.at))

    def action_sources(self) -> None:
        """What is read."""
        from etcdpod.tui.screens.sources import SourcesScreen

        self.app.push_screen(SourcesScreen())

    def action_top(self) -> None:
        """Who writes."""
        from etcdpod.tui.screens.top import TopScreen

        self.app.push_screen(TopScreen())

    def action_owner(self) -> None:
        """Find the owner in a thread, and go there."""
        subject = self.subject()
        if subject is None:
            return

        in_thread(self, lambda stopped: self._find(subject), "owner")

    def _find(self, subject: ViewedObject) -> None:
        self.post_message(LocationFound(owner_location(subject)))

    @on(LocationFound)
    def _found(self, event: LocationFound) -> None:
        place = event.place
        if self.namespace is not None and place.namespace:
            self.namespace = place.namespace
        self.open_kind(place.kind, key=place.key)
        self.objects.focus()

    def exported(self) -> Exportable | None:
        """The object, or the text of the pane if that has the focus."""
        subject = self.subject()
        if subject is None:
            return None
        if self.detail.lines.has_focus and self.detail.tab != "YAML":
            title = f"{self.detail.tab} of {subject.name}"
            return text_export(title, f"{subject.name}-{self.detail.tab}", self.detail.lines.text)
        return object_export(subject, self.detail.tab, self.detail.lines.text)
