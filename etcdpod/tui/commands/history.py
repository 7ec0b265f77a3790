"""The keys of the history of one object."""

from __future__ import annotations

from etcdpod.tui.commands.browser import NextPane
from etcdpod.tui.commands.command import Command


class MarkRevision(Command):
    """Mark this revision to compare it with others; press again to unmark."""

    key = "space"
    footer = "mark"


class NextView(Command):
    """Switch the view: changes, unified, side by side, blame, object."""

    key = "v"
    footer = "view"


class FieldChanges(Command):
    """Show the changes field by field."""

    key = "1"
    call = "show_view('changes')"


class Unified(Command):
    """Show a unified diff of the YAML."""

    key = "2"
    call = "show_view('unified')"


class SideBySide(Command):
    """Show the YAML before and after, side by side."""

    key = "3"
    call = "show_view('side by side')"


class Blame(Command):
    """Show who last set each line of the YAML: revision, time, writer."""

    key = "4"
    call = "show_view('blame')"
    footer = "blame"


class WholeObject(Command):
    """Show the YAML of this revision."""

    key = "5,y"
    call = "show_view('object')"


class Noise(Command):
    """Show or hide managedFields, heartbeats and the like."""

    key = "m"
    footer = "noise"


class FieldFilter(Command):
    """Show only revisions that touched a field: status.conditions[Ready]."""

    key = "slash"
    footer = "field"
    asks = True


class Travel(Command):
    """Take the browser to this revision."""

    key = "g"
    footer = "go there"


class OwnerHistory(Command):
    """Show the history of the owner: from a pod to its ReplicaSet, then to its Deployment."""

    key = "o"
    footer = "owner"


class PreviousRevision(Command):
    """Select the previous revision, even while the difference has the focus."""

    key = "left_square_bracket"


class NextRevision(Command):
    """Select the next revision, even while the difference has the focus."""

    key = "right_square_bracket"


class ZoomDifference(Command):
    """Zoom the difference, or restore it."""

    key = "enter,z"
    footer = "zoom"
    footer_keys = "↵"


HISTORY = (
    ZoomDifference,
    OwnerHistory,
    MarkRevision,
    NextView,
    Blame,
    FieldFilter,
    Noise,
    Travel,
    FieldChanges,
    Unified,
    SideBySide,
    WholeObject,
    PreviousRevision,
    NextRevision,
    NextPane,
)
"""The history of one object."""
