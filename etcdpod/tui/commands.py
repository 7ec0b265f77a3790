"""Every key of the browser, in one place: footer, help and palette are made from these classes.

A command's docstring is its help; ``Screen.action_NAME`` does it. To add one: a class here, its
name in the tuple of its screen, and the action on that screen.
"""

from __future__ import annotations

import re
from inspect import getdoc
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

if TYPE_CHECKING:
    from collections.abc import Iterable


class Command:
    """What a key does on a screen."""

    key: ClassVar[str]
    """Keys as Textual names them, separated by commas; the first is the one that is shown."""
    footer: ClassVar[str] = ""
    """A word for the footer; empty: the key is in the help alone."""
    shown: ClassVar[str] = ""
    """How the keys are written for people, where their names are no good."""

    @classmethod
    def action(cls) -> str:
        """``JumpToKind`` is done by ``action_jump_to_kind``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def title(cls) -> str:
        """The command's name in the palette: ``Jump to kind``."""
        return cls.action().replace("_", " ").capitalize()

    @classmethod
    def help(cls) -> str:
        """One sentence on what it does."""
        return " ".join((getdoc(cls) or "").split())

    @classmethod
    def keys(cls) -> str:
        """The keys as they are shown to people."""
        return cls.shown or " ".join(_KEY_NAMES.get(key, key) for key in cls.key.split(","))


_KEY_NAMES = {
    "enter": "↵",
    "escape": "esc",
    "colon": ":",
    "slash": "/",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "plus": "+",
    "minus": "-",
    "space": "space",
    "exclamation_mark": "!",
    "equals_sign": "=",
    "full_stop": ".",
}


def bindings(commands: Iterable[type[Command]]) -> list[Binding]:
    """What Textual needs to know of the commands of a screen."""
    return [
        Binding(
            command.key,
            command.action(),
            command.title(),
            show=False,
            key_display=command.keys(),
            tooltip=command.help(),
        )
        for command in commands
    ]


# --- on every screen --------------------------------------------------------------------------


class Help(Command):
    """Show all keys of this screen."""

    key = "question_mark,f1"
    footer = "help"
    shown = "?"


class Back(Command):
    """Go back: close the filter, the zoomed pane, or this screen."""

    key = "escape"
    footer = "back"


class Quit(Command):
    """Leave etcdpod."""

    key = "q,ctrl+c"


class Palette(Command):
    """Find any command by its name."""

    key = "ctrl+p"
    footer = "palette"
    shown = "^p"


class Copy(Command):
    """Copy what is shown to the clipboard of your terminal (OSC 52: works over ssh)."""

    key = "c"


class Export(Command):
    """Write what is shown to a file: the ending decides between .yaml, .json, .md and .svg."""

    key = "E"
    footer = "export"
    shown = "E"


class Refresh(Command):
    """Read again what is shown."""

    key = "ctrl+r"


class Sources(Command):
    """What is read, how far back it reaches, what of it is damaged or missing."""

    key = "i"
    footer = "sources"


class Top(Command):
    """Which kinds, namespaces, keys and writers make the revisions and hold the bytes."""

    key = "t"
    footer = "top"


class Incident(Command):
    """All pods as lanes over time: an incident at a glance."""

    key = "p"
    footer = "incident"


# --- the browser ------------------------------------------------------------------------------


class JumpToKind(Command):
    """Jump to a kind by any of its names: :po, :deploy, :ev, :crontabs."""

    key = "colon"
    footer = "kind"


class Filter(Command):
    """Filter the rows as you type: word, !word, -l app=web, status=CrashLoopBackOff, restarts>3."""

    key = "slash"
    footer = "filter"


class OpenHistory(Command):
    """The whole life of this object, revision by revision, with every difference."""

    key = "enter,h"
    footer = "history"


class ShowTimeline(Command):
    """The latest changes of this object, below the table."""

    key = "l"


class ShowYaml(Command):
    """The object as kubectl would print it as of this moment; again: the whole screen."""

    key = "y"
    footer = "yaml"


class ShowDiff(Command):
    """What the last change of this object changed; again: the whole screen."""

    key = "f"


class Why(Command):
    """A pod's way from its creation on, where it got stuck, the cause, and what to do."""

    key = "w"
    footer = "why"


class Findings(Command):
    """What is wrong in the whole registry at this moment, the worst first, with the evidence."""

    key = "exclamation_mark"
    footer = "findings"


class Describe(Command):
    """The object in words, as kubectl describe prints it; again: the whole screen."""

    key = "d"
    footer = "describe"


class ShowEvents(Command):
    """The events about this object up to this moment, deleted ones too; again: whole screen."""

    key = "e"
    footer = "events"


class ShowRaw(Command):
    """The stored bytes: envelope, wire fields by name, hex; again: the whole screen."""

    key = "x"
    footer = "raw"


class Owner(Command):
    """Go to the owner of this object: the ReplicaSet of a pod, the Deployment of that."""

    key = "o"


class Namespace(Command):
    """Only the namespace of this row; again: all namespaces."""

    key = "n"
    footer = "namespace"


class AllNamespaces(Command):
    """All namespaces."""

    key = "0"


class Sort(Command):
    """Sort by the next column."""

    key = "s"
    footer = "sort"


class SortBack(Command):
    """Turn the order of the rows around."""

    key = "S"
    shown = "S"


class Deleted(Command):
    """Show or hide what was deleted by then."""

    key = "D"
    shown = "D"


class Sidebar(Command):
    """Show or hide the kinds and namespaces."""

    key = "b"


class Zoom(Command):
    """Give the whole screen to the pane below the table, or take it back."""

    key = "z"


class NextPane(Command):
    """Move the focus to the next pane."""

    key = "tab"


class PreviousPane(Command):
    """Move the focus to the pane before."""

    key = "shift+tab"
    shown = "⇧tab"


class Earlier(Command):
    """Travel back: the whole browser shows the registry as it was one slice earlier."""

    key = "left"
    footer = "earlier"


class Later(Command):
    """Travel forward by one slice of the timeline."""

    key = "right"
    footer = "later"


class RevisionBack(Command):
    """Travel back by a single revision."""

    key = "shift+left,comma"
    shown = "⇧← ,"


class RevisionForward(Command):
    """Travel forward by a single revision."""

    key = "shift+right,full_stop"
    shown = "⇧→ ."


class GoToRevision(Command):
    """Go to a revision or a time: 720, 20:25:02, -90s, 2026-11-22T20:25:02Z."""

    key = "g"
    footer = "go to"


class PreviousChange(Command):
    """Travel to the previous change of the selected object."""

    key = "left_square_bracket"
    footer = "change before"


class NextChange(Command):
    """Travel to the next change of the selected object."""

    key = "right_square_bracket"
    footer = "change after"


class Live(Command):
    """Return to the newest revision, and follow a live source from there."""

    key = "L"
    footer = "newest"
    shown = "L"


# --- the history ------------------------------------------------------------------------------


class Mark(Command):
    """Mark this revision: the difference is shown from it to the selected one; again: unmark."""

    key = "space"
    footer = "mark"


class NextView(Command):
    """The next view of the difference: changes, unified, side by side, blame, the object."""

    key = "v"
    footer = "view"


class Changes(Command):
    """Only what changed, field by field."""

    key = "1"


class Unified(Command):
    """The YAML with the lines that were removed and added."""

    key = "2"


class SideBySide(Command):
    """The YAML before on the left, after on the right."""

    key = "3"


class Blame(Command):
    """The YAML with, for each line, the revision, time and writer that last set it."""

    key = "4"
    footer = "blame"


class WholeObject(Command):
    """The YAML of this revision."""

    key = "5,y"


class Noise(Command):
    """Show or hide managedFields, heartbeats and the like."""

    key = "m"
    footer = "noise"


class FieldFilter(Command):
    """Only revisions that touched a field: status.conditions[Ready]."""

    key = "slash"
    footer = "field"


class Travel(Command):
    """Take the whole browser to this moment."""

    key = "g,enter"
    footer = "go there"


class OwnerHistory(Command):
    """The history of the owner: the ReplicaSet of a pod, the Deployment of that."""

    key = "o"
    footer = "owner"


class PreviousObject(Command):
    """The previous revision of this object."""

    key = "left_square_bracket,k"
    shown = "[ k"


class NextObject(Command):
    """The next revision of this object."""

    key = "right_square_bracket,j"
    shown = "] j"


# --- the incident -----------------------------------------------------------------------------


class CursorLeft(Command):
    """Move the time cursor to the left."""

    key = "left,comma"
    footer = "time"
    shown = "← →"


class CursorRight(Command):
    """Move the time cursor to the right."""

    key = "right,full_stop"


class PreviousEvent(Command):
    """Move the cursor to where this lane changed before."""

    key = "left_square_bracket"
    footer = "change"
    shown = "[ ]"


class NextEvent(Command):
    """Move the cursor to where this lane changes next."""

    key = "right_square_bracket"


class ZoomIn(Command):
    """Zoom in around the cursor."""

    key = "plus,equals_sign"
    footer = "zoom"
    shown = "+ -"


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


class LaneTravel(Command):
    """Take the browser to the moment of the cursor."""

    key = "g"
    footer = "go there"


class FirstTrouble(Command):
    """Move the cursor to where the trouble of this lane begins."""

    key = "f"
    footer = "first trouble"


# --- findings ---------------------------------------------------------------------------------


class FindingHistory(Command):
    """The history of the object that this finding is about."""

    key = "enter,h"
    footer = "history"


class FindingTravel(Command):
    """Take the browser to the moment since when it is so."""

    key = "g"
    footer = "go there"


# --- top --------------------------------------------------------------------------------------


class GroupBy(Command):
    """Count by kind, by namespace, by key, or by writer."""

    key = "v,tab"
    footer = "group by"


class OrderBy(Command):
    """Order by revisions or by bytes."""

    key = "s"
    footer = "order"


EVERYWHERE = (Help, Back, Palette, Copy, Export, Quit)
"""On every screen, after its own."""

BROWSER = (
    JumpToKind,
    Filter,
    OpenHistory,
    Earlier,
    Later,
    PreviousChange,
    NextChange,
    GoToRevision,
    Live,
    Incident,
    Findings,
    Why,
    ShowYaml,
    Describe,
    ShowEvents,
    ShowRaw,
    Namespace,
    Sort,
    Sources,
    Top,
    ShowTimeline,
    ShowDiff,
    Owner,
    AllNamespaces,
    SortBack,
    Deleted,
    Sidebar,
    Zoom,
    NextPane,
    PreviousPane,
    RevisionBack,
    RevisionForward,
    Refresh,
)
"""The browser, in the order of its footer."""

HISTORY = (
    OwnerHistory,
    Mark,
    NextView,
    Blame,
    FieldFilter,
    Noise,
    Travel,
    Changes,
    Unified,
    SideBySide,
    WholeObject,
    PreviousObject,
    NextObject,
    Zoom,
    NextPane,
)
"""The history of one object."""

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
    Filter,
)
"""The incident view."""

SOURCES = (Refresh, Top)
"""Sources and integrity."""

FINDINGS = (FindingHistory, FindingTravel, Refresh)
"""What is wrong."""

TOP = (GroupBy, OrderBy, Sources)
"""Who writes and who holds the bytes."""
