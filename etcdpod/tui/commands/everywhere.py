"""Keys that every screen has, and those that lead to other screens."""

from __future__ import annotations

from etcdpod.tui.commands.command import Command


class Help(Command):
    """Show the keys of this screen."""

    key = "question_mark,f1"
    footer = "help"
    shown = "?"


class Back(Command):
    """Go back: close the prompt, the zoomed pane, the filter, or this screen."""

    key = "escape"
    footer = "back"


class Quit(Command):
    """Quit etcdpod."""

    key = "q,ctrl+c"


class Palette(Command):
    """Search commands by name."""

    key = "ctrl+p"
    footer = "palette"
    shown = "^p"


class Copy(Command):
    """Copy what is shown to the terminal's clipboard (OSC 52; works over ssh)."""

    key = "c"


class Export(Command):
    """Write what is shown to a file; the extension selects .yaml, .json, .md or .svg."""

    key = "E"
    footer = "export"
    shown = "E"
    asks = True


class Refresh(Command):
    """Reload what is shown."""

    key = "ctrl+r"


class Sources(Command):
    """Show the sources: how far back they reach, and what is damaged or missing."""

    key = "i"
    call = "show('sources')"
    footer = "sources"


class Top(Command):
    """Show which kinds, namespaces, keys and writers account for revisions and bytes."""

    key = "t"
    call = "show('top')"
    footer = "top"


class Incident(Command):
    """Show all pods as lanes over time."""

    key = "p"
    call = "show('incident')"
    footer = "incident"


EVERYWHERE = (Help, Back, Palette, Copy, Export, Quit)
"""On every screen, after its own."""
