"""The keys of the screens that report: findings, sources, top."""

from __future__ import annotations

from etcdpod.tui.commands.command import Command
from etcdpod.tui.commands.everywhere import Refresh, Sources, Top


class FindingHistory(Command):
    """Show the history of the object of this finding."""

    key = "enter,h"
    footer = "history"
    footer_keys = "↵"


class FindingTravel(Command):
    """Take the browser to the time since which this finding holds."""

    key = "g"
    footer = "go there"


class GroupBy(Command):
    """Group by kind, namespace, key or writer."""

    key = "v,tab"
    footer = "group by"
    footer_keys = "v"


class OrderBy(Command):
    """Sort by revisions or bytes."""

    key = "s"
    footer = "order"


SOURCES = (Refresh, Top)
"""Sources and integrity."""

FINDINGS = (FindingHistory, FindingTravel, Refresh)
"""What is wrong."""

TOP = (GroupBy, OrderBy, Sources)
"""Who writes and who holds the bytes."""
