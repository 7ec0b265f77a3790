"""Styles, in the sixteen colours of every terminal; no meaning is carried by colour alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from rich.style import Style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etcdpod.forensics.incident.text import Cell

COLOURLESS: Final = bool(os.environ.get("NO_COLOR"))
"""Turned into greys, the most important colours would be the darkest; so use none."""


def _coloured(color: str, bgcolor: str | None = None, *, bold: bool = False) -> Style:
    if COLOURLESS:
        return Style(bold=bold or color == "red" or None, reverse=bgcolor is not None or None)
    return Style(color=color, bgcolor=bgcolor, bold=bold or None)


PLAIN: Final = Style()
DIM: Final = Style(dim=True)
BOLD: Final = Style(bold=True)
GONE: Final = Style(dim=True, strike=True)
ADDED: Final = _coloured("green")
REMOVED: Final = _coloured("red")
CHANGED: Final = _coloured("cyan")
WARNING: Final = _coloured("yellow")
BAD: Final = _coloured("red", bold=True)
HEADING: Final = Style(bold=True, underline=True)
PAST: Final = _coloured("black", "yellow", bold=True)

LANE: Final[Mapping[str, Style]] = {
    name: _coloured(name) for name in ("red", "green", "yellow", "blue", "magenta", "cyan")
} | {"white": DIM, "": PLAIN}
"""The style of each colour that lanes are drawn in."""

_LOUD: Final[Mapping[str, Style]] = {
    name: _coloured("white", name, bold=True) for name in ("red", "magenta")
}


def of_lane(cell: Cell) -> Style:
    """The style of a column of a lane; trouble stands out."""
    if cell.state is not None and cell.state.trouble:
        return _LOUD.get(cell.state.colour, LANE[cell.colour])
    return LANE[cell.colour]


_GOOD = ("running", "completed", "succeeded", "active", "bound", "ready", "true", "normal")
_BUSY = ("pending", "containercreating", "podinitializing", "terminating", "init:", "unknown")
_BROKEN = (
    *("err", "crashloop", "backoff", "oomkilled", "evicted", "failed", "notready", "lost"),
    *("invalid", "unhealthy", "warning", "signal:", "exitcode:"),
)


def of_status(text: str) -> Style:
    """The style of a word such as those under STATUS; plain for one without a meaning."""
    word = text.lower()
    if any(part in word for part in _BROKEN):
        return REMOVED
    if any(part in word for part in _BUSY):
        return WARNING
    return ADDED if word.startswith(_GOOD) else PLAIN


def of_readiness(text: str) -> Style:
    """The style of a cell such as ``1/2``: yellow where not all are ready."""
    ready, slash, wanted = text.partition("/")
    return WARNING if slash and ready != wanted else PLAIN
