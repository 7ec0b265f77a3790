"""The keys of the history of one object."""

from __future__ import annotations

from etcdpod.tui.commands.browser import NextPane
from etcdpod.tui.commands.command import Command


class MarkRevision(Command):
    """Mark this revision: the difference is shown from it to the selected one; again: unmark."""

    key = "space"
    footer = "mark"


class NextView(Command):
    """The next view of the difference: changes, unified, side by side, blame, the object."""

    key = "v"
    footer = "view"


class FieldChanges(Command):
    """Only what changed, field by field."""

    key = "1"
    call = "show_view('changes')"


class Unified(Command):
    """The YAML with the lines that were removed and added."""

    key = "2"
    call = "show_view('unified')"


class SideBySide(Command):
    """The YAML before on the left, after on the right."""

    key = "3"
    call = "show_view('side by side')"


class Blame(Command):
    """The YAML with, for each line, the revision, time and writer that last set it."""

    key = "4"
    call = "show_view('blame')"
    footer = "blame"


class WholeObject(Command):
    """The YAML of this revision."""

    key = "5,y"
    call = "show_view('object')"


class Noise(Command):
    """Show or hide managedFields, heartbeats and the like."""

    key = "m"
    footer = "noise"


class FieldFilter(Command):
    """Only revisions that touched a field: status.conditions[Ready]."""

    key = "slash"
    footer = "field"
    asks = True


class Travel(Command):
    """Take the whole browser to this moment."""

    key = "g"
    footer = "go there"


class OwnerHistory(Command):
    """The history of the owner: the ReplicaSet of a pod, the Deployment of that."""

    key = "o"
    footer = "owner"


class PreviousRevision(Command):
    """The previous revision of this object, also while the difference has the focus."""

    key = "left_square_bracket"


class NextRevision(Command):
    """The next revision of this object, also while the difference has the focus."""

    key = "right_square_bracket"


class ZoomDifference(Command):
    """Give the whole screen to the difference, or take it back."""

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
