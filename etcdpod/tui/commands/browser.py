"""The keys of the browser."""

from __future__ import annotations

from etcdpod.tui.commands.command import Command
from etcdpod.tui.commands.everywhere import Incident, Refresh, Sources, Top


class JumpToKind(Command):
    """Jump to a kind by any of its names: :po, :deploy, :ev, :crontabs."""

    key = "colon"
    footer = "kind"
    asks = True


class FilterRows(Command):
    """Filter the rows as you type: word, !word, -l app=web, status=CrashLoopBackOff, restarts>3."""

    key = "slash"
    footer = "filter"
    asks = True


class OpenHistory(Command):
    """The whole life of this object, revision by revision, with every difference."""

    key = "enter,h"
    footer = "history"
    footer_keys = "↵"


class ShowTimeline(Command):
    """The latest changes of this object, below the table."""

    key = "l"
    call = "open_tab('Timeline')"


class ShowYaml(Command):
    """The object as kubectl would print it as of this moment; again: the whole screen."""

    key = "y"
    call = "open_tab('YAML')"
    footer = "yaml"


class ShowDiff(Command):
    """What the last change of this object changed; again: the whole screen."""

    key = "f"
    call = "open_tab('Diff')"


class Why(Command):
    """A pod's way from its creation on, where it got stuck, the cause, and what to do."""

    key = "w"
    call = "open_tab('Why')"
    footer = "why"


class Findings(Command):
    """What is wrong in the whole registry at this moment, the worst first, with the evidence."""

    key = "exclamation_mark"
    call = "show('findings')"
    footer = "findings"


class Describe(Command):
    """The object in words, as kubectl describe prints it; again: the whole screen."""

    key = "d"
    call = "open_tab('Describe')"
    footer = "describe"


class ShowEvents(Command):
    """The events about this object up to this moment, deleted ones too; again: whole screen."""

    key = "e"
    call = "open_tab('Events')"
    footer = "events"


class ShowRaw(Command):
    """The stored bytes: envelope, wire fields by name, hex; again: the whole screen."""

    key = "x"
    call = "open_tab('Raw')"
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
    call = "show_namespace(None)"


class Sort(Command):
    """Sort by the next column."""

    key = "s"
    footer = "sort"


class SortBack(Command):
    """Turn the order of the rows around."""

    key = "S"
    shown = "S"


class ToggleDeleted(Command):
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
    call = "app.focus_next"


class PreviousPane(Command):
    """Move the focus to the pane before."""

    key = "shift+tab"
    call = "app.focus_previous"
    shown = "⇧tab"


class Earlier(Command):
    """Travel back: the whole browser shows the registry as it was one slice earlier."""

    key = "left"
    call = "step('previous slice')"
    footer = "time"
    footer_keys = "← →"


class Later(Command):
    """Travel forward by one slice of the timeline."""

    key = "right"
    call = "step('next slice')"


class RevisionBack(Command):
    """Travel back by a single revision."""

    key = "shift+left,comma"
    call = "step('previous revision')"
    shown = "⇧← ,"


class RevisionForward(Command):
    """Travel forward by a single revision."""

    key = "shift+right,full_stop"
    call = "step('next revision')"
    shown = "⇧→ ."


class GoToRevision(Command):
    """Go to a revision or a time: 720, 20:25:02, -90s, 2026-11-22T20:25:02Z."""

    key = "g"
    footer = "go to"
    asks = True


class PreviousChange(Command):
    """Travel to the previous change of the selected object."""

    key = "left_square_bracket"
    call = "step('previous change')"
    footer = "change"
    footer_keys = "[ ]"


class NextChange(Command):
    """Travel to the next change of the selected object."""

    key = "right_square_bracket"
    call = "step('next change')"


class Live(Command):
    """Return to the newest revision, and follow a live source from there."""

    key = "L"
    call = "step('newest')"
    footer = "newest"
    shown = "L"


BROWSER = (
    JumpToKind,
    FilterRows,
    OpenHistory,
    Findings,
    Incident,
    Why,
    Earlier,
    Later,
    PreviousChange,
    NextChange,
    GoToRevision,
    Live,
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
    ToggleDeleted,
    Sidebar,
    Zoom,
    NextPane,
    PreviousPane,
    RevisionBack,
    RevisionForward,
    Refresh,
)
"""The browser, in the order of its footer."""
