"""The line above the table: what is listed, how much of it, under which filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from etcdpod.tui.model.safe_text import one_line

if TYPE_CHECKING:
    from etcdpod.tui.model.objects.listing import ObjectListing


def caption(listing: ObjectListing) -> Text:
    """``pods  in shop  19 objects, 2 deleted  filter: crash (3 shown)``."""
    view = listing.view
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(listing.kind.label, style="bold")
    if listing.kind.namespaced:
        where = "all namespaces" if view.namespace is None else f"in {one_line(view.namespace)}"
        text.append(f"  {where}")
    text.append(f"  {listing.alive:,} object{'' if listing.alive == 1 else 's'}")
    if listing.deleted:
        text.append(f", {listing.deleted:,} deleted{'' if view.deleted else ' (hidden)'}")
    if view.filter.text:
        text.append(f"  /{one_line(view.filter.text)}", style="bold")
        text.append(f"  {len(listing.entries):,} match")
    if view.sort:
        text.append(f"  by {view.sort}{' ▲' if view.reverse else ' ▼'}")
    return text
