"""Keys that every screen has, and those that lead to other screens."""

from __future__ import annotations

from etcdpod.tui.commands.command import Command


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
    asks = True


class Refresh(Command):
    """Read again what is shown."""

    key = "ctrl+r"


class Sources(Command):
    """What is read, how far back it reaches, what of it is damaged or missing."""

    key = "i"
    call = "show('sources')"
    footer = "sources"


class Top(Command):
    """Which kinds, namespaces, keys and writers make the revisions and hold the bytes."""

    key = "t"
    call = "show('top')"
    footer = "top"


class Incident(Command):
    """All pods as lanes over time: an incident at a glance."""

    key = "p"
    call = "show('incident')"
    footer = "incident"


EVERYWHERE = (Help, Back, Palette, Copy, Export, Quit)
"""On every screen, after its own."""
