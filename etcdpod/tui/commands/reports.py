"""The keys of the screens that report: findings, sources, top."""

from __future__ import annotations

from etcdpod.tui.commands.command import Command
from etcdpod.tui.commands.everywhere import Refresh, Sources, Top


class FindingHistory(Command):
    """The history of the object that this finding is about."""

    key = "enter,h"
    footer = "history"
    footer_keys = "↵"


class FindingTravel(Command):
    """Take the browser to the moment since when it is so."""

    key = "g"
    footer = "go there"


class GroupBy(Command):
    """Count by kind, by namespace, by key, or by writer."""

    key = "v,tab"
    footer = "group by"
    footer_keys = "v"


class OrderBy(Command):
    """Order by revisions or by bytes."""

    key = "s"
    footer = "order"


SOURCES = (Refresh, Top)
"""Sources and integrity."""

FINDINGS = (FindingHistory, FindingTravel, Refresh)
"""What is wrong."""

TOP = (GroupBy, OrderBy, Sources)
"""Who writes and who holds the bytes."""
