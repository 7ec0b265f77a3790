"""The keys of the incident view."""

from __future__ import annotations

from etcdpod.tui.commands.browser import FilterRows
from etcdpod.tui.commands.command import Command


class CursorLeft(Command):
    """Move the time cursor left."""

    key = "left,comma"
    footer = "time"
    footer_keys = "← →"


class CursorRight(Command):
    """Move the time cursor right."""

    key = "right,full_stop"


class PreviousEvent(Command):
    """Move the cursor to the previous change of this lane."""

    key = "left_square_bracket"
    footer = "change"
    footer_keys = "[ ]"


class NextEvent(Command):
    """Move the cursor to the next change of this lane."""

    key = "right_square_bracket"


class ZoomIn(Command):
    """Zoom in on the cursor."""

    key = "plus,equals_sign"
    footer = "zoom"
    footer_keys = "+ -"


class ZoomOut(Command):
    """Zoom out."""

    key = "minus"


class ZoomAll(Command):
    """Show the whole time span."""

    key = "a"


class SortLanes(Command):
    """Sort the lanes by first trouble, creation, or name."""

    key = "s"
    footer = "sort"


class LaneNamespace(Command):
    """Show only the next namespace; after the last one, all."""

    key = "n"
    footer = "namespace"


class LaneHistory(Command):
    """Show the history of this lane's object at the cursor."""

    key = "enter,h"
    footer = "history"
    footer_keys = "↵"


class LaneTravel(Command):
    """Take the browser to the cursor's revision."""

    key = "g"
    footer = "go there"


class FirstTrouble(Command):
    """Move the cursor to the first trouble of this lane."""

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
