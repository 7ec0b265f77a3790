"""The keys of the incident view."""

from __future__ import annotations

from etcdpod.tui.commands.browser import FilterRows
from etcdpod.tui.commands.command import Command


class CursorLeft(Command):
    """Move the time cursor to the left."""

    key = "left,comma"
    footer = "time"
    footer_keys = "← →"


class CursorRight(Command):
    """Move the time cursor to the right."""

    key = "right,full_stop"


class PreviousEvent(Command):
    """Move the cursor to where this lane changed before."""

    key = "left_square_bracket"
    footer = "change"
    footer_keys = "[ ]"


class NextEvent(Command):
    """Move the cursor to where this lane changes next."""

    key = "right_square_bracket"


class ZoomIn(Command):
    """Zoom in around the cursor."""

    key = "plus,equals_sign"
    footer = "zoom"
    footer_keys = "+ -"


class ZoomOut(Command):
    """Zoom out."""

    key = "minus"


class ZoomAll(Command):
    """Show the whole span again."""

    key = "a"


class SortLanes(Command):
    """Sort the lanes: by first trouble, by birth, by name."""

    key = "s"
    footer = "sort"


class LaneNamespace(Command):
    """Only the lanes of one namespace after the other; then all again."""

    key = "n"
    footer = "namespace"


class LaneHistory(Command):
    """The history of this lane at the moment of the cursor."""

    key = "enter,h"
    footer = "history"
    footer_keys = "↵"


class LaneTravel(Command):
    """Take the browser to the moment of the cursor."""

    key = "g"
    footer = "go there"


class FirstTrouble(Command):
    """Move the cursor to where the trouble of this lane begins."""

    key = "f"
    footer = "first trouble"


INCIDENT = (
    LaneHistory,
    LaneTravel,
    FirstTrouble,
    PreviousEvent,
    NextEvent,
    ZoomIn,
    ZoomOut,
    ZoomAll,
    SortLanes,
    LaneNamespace,
    CursorLeft,
    CursorRight,
    FilterRows,
)
"""The incident view."""
