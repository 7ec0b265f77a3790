"""The keys of the browser."""

from __future__ import annotations

from etcdpod.tui.commands.command import Command
from etcdpod.tui.commands.everywhere import Incident, Refresh, Sources, Top


class JumpToKind(Command):
    """Jump to a kind by any name, and maybe a namespace: :po, :deploy shop, :crontabs."""

    key = "colon"
    footer = "kind"
    asks = True


class FilterRows(Command):
    """Filter the rows as you type: word, !word, -l app=web, status=CrashLoopBackOff, restarts>3."""

    key = "slash"
    footer = "filter"
    asks = True


class OpenHistory(Command):
    """Show every kept revision of this object, with differences."""

    key = "enter,h"
    footer = "history"
    footer_keys = "↵"


class ShowTimeline(Command):
    """Show the latest changes of this object."""

    key = "l"
    call = "open_tab('Timeline')"


class ShowYaml(Command):
    """Show the object as YAML at this revision; press again to zoom."""

    key = "y"
    call = "open_tab('YAML')"
    footer = "yaml"


class ShowDiff(Command):
    """Show the last change of this object; press again to zoom."""

    key = "f"
    call = "open_tab('Diff')"


class Why(Command):
    """Explain a pod: its lifecycle, why it is stuck, and what to do."""

    key = "w"
    call = "open_tab('Why')"
    footer = "why"


class Findings(Command):
    """Show what is wrong at this revision, worst first, with evidence."""

    key = "exclamation_mark"
    call = "show('findings')"
    footer = "findings"


class Describe(Command):
    """Show the object as kubectl describe prints it; press again to zoom."""

    key = "d"
    call = "open_tab('Describe')"
    footer = "describe"


class ShowEvents(Command):
    """Show events about this object, including deleted ones; press again to zoom."""

    key = "e"
    call = "open_tab('Events')"
    footer = "events"


class ShowRaw(Command):
    """Show the stored bytes: envelope, named wire fields, hex; press again to zoom."""

    key = "x"
    call = "open_tab('Raw')"
    footer = "raw"


class Owner(Command):
    """Go to the owner of this object: from a pod to its ReplicaSet, then to its Deployment."""

    key = "o"


class Namespace(Command):
    """Show only this row's namespace; press again for all."""

    key = "n"
    footer = "namespace"


class AllNamespaces(Command):
    """Show all namespaces."""

    key = "0"
    call = "show_namespace(None)"


class Sort(Command):
    """Sort by the next column."""

    key = "s"
    footer = "sort"


class SortBack(Command):
    """Reverse the order of the rows."""

    key = "S"
    shown = "S"


class ToggleDeleted(Command):
    """Show or hide deleted objects."""

    key = "D"
    shown = "D"


class ToggleSidebar(Command):
    """Show or hide the lists of kinds and namespaces."""

    key = "b"


class Zoom(Command):
    """Zoom the pane below the table, or restore it."""

    key = "z"


class NextPane(Command):
    """Focus the next pane."""

    key = "tab"
    call = "app.focus_next"


class PreviousPane(Command):
    """Focus the previous pane."""

    key = "shift+tab"
    call = "app.focus_previous"
    shown = "⇧tab"


class Earlier(Command):
    """Travel back by one slice of the timeline; everything shows that revision."""

    key = "left"
    call = "step('previous slice')"
    footer = "time"
    footer_keys = "← →"


class Later(Command):
    """Travel forward by one slice of the timeline."""

    key = "right"
    call = "step('next slice')"


class RevisionBack(Command):
    """Travel back by one revision."""

    key = "shift+left,comma"
    call = "step('previous revision')"
    shown = "⇧← ,"


class RevisionForward(Command):
    """Travel forward by one revision."""

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
    """Return to the newest revision; a live source is followed."""

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
    ToggleSidebar,
    Zoom,
    NextPane,
    PreviousPane,
    RevisionBack,
    RevisionForward,
    Refresh,
)
"""The browser, in the order of its footer."""
