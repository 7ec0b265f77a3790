"""The lists beside the table: kinds and namespaces with their counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.message import Message

from etcdpod.tui.widgets.grid import Grid

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from etcdpod.tui.model.objects.catalog import Kind
    from etcdpod.tui.model.objects.side_lists import SideLists


class Sidebar(Vertical):
    """Kinds above namespaces; moving the cursor in a focused list selects."""

    @dataclass
    class KindSelected(Message):
        """Another kind was selected."""

        kind: Kind

    @dataclass
    class NamespaceSelected(Message):
        """Another namespace was selected; None: all."""

        name: str | None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lists: SideLists | None = None
        self._kind: Kind | None = None
        self._namespace: str | None = None

    def compose(self) -> ComposeResult:
        """Two lists."""
        yield Grid(id="kinds")
        yield Grid(id="namespaces")

    def show(self, lists: SideLists, kind: Kind | None, namespace: str | None) -> None:
        """Show the lists, with the cursor on what is displayed."""
        self._lists, self._kind, self._namespace = lists, kind, namespace
        for name, rows, cursor in (
            ("#kinds", lists.kind_rows, lists.kind_position(kind)),
            ("#namespaces", lists.namespace_rows, lists.namespace_position(namespace)),
        ):
            grid = self.query_one(name, Grid)
            if rows != grid.source or cursor != grid.cursor:  # comparing is quicker than drawing
                grid.show(rows, cursor=cursor)

    @on(Grid.Moved, "#kinds")
    def _kind_moved(self, event: Grid.Moved) -> None:
        event.stop()
        if event.grid.has_focus and self._lists is not None:
            kind = self._lists.kinds[event.index] if event.index < len(self._lists.kinds) else None
            if kind is not None and kind != self._kind:
                self.post_message(self.KindSelected(kind))

    @on(Grid.Moved, "#namespaces")
    def _namespace_moved(self, event: Grid.Moved) -> None:
        event.stop()
        if event.grid.has_focus and self._lists is not None:
            name = self._lists.namespace_rows.names[event.index] if event.index else None
            if name != self._namespace:
                self.post_message(self.NamespaceSelected(name))
