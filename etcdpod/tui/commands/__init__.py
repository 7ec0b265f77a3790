"""All keys of the browser: footer, help and palette are made from these classes.

A command's docstring is its help; ``action_NAME`` of the screen does it. To add one: a class in
the file of its screen, its name in the tuple there, and the action on that screen.
"""

from etcdpod.tui.commands.browser import BROWSER
from etcdpod.tui.commands.command import Command, bindings
from etcdpod.tui.commands.everywhere import EVERYWHERE, Help
from etcdpod.tui.commands.history import HISTORY
from etcdpod.tui.commands.incident import INCIDENT
from etcdpod.tui.commands.reports import FINDINGS, SOURCES, TOP

__all__ = [
    "BROWSER",
    "EVERYWHERE",
    "FINDINGS",
    "HISTORY",
    "INCIDENT",
    "SOURCES",
    "TOP",
    "Command",
    "Help",
    "bindings",
]
