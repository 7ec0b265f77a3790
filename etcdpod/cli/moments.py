"""``--at`` and ``--since`` on the command line: the moment, and a line on stderr that names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.cli.diagnostics import say
from etcdpod.times import rfc3339

if TYPE_CHECKING:
    from etcdpod.session import Session


def revision_at(session: Session, text: str | None) -> int | None:
    """The revision that ``text`` names; None for None.

    A time is answered with the newest revision that was written by then, and a line on stderr
    says which that is.

    Raises:
        UsageError: it is neither a revision nor a time.
        NotFoundError: the source has no revision that old.
    """
    if text is None:
        return None
    when = session.when(text)
    if when.time is not None:
        shown = rfc3339(when.time)
        say(f"etcdpod: {shown} is revision {when.revision} by the clocks of its writers")
    return when.revision


def say_clocks(session: Session) -> None:
    """Report on stderr what limits the times that were printed."""
    for note in session.registry.clock.notes:
        say(f"etcdpod: {note}")
