"""``--at`` and ``--since``: a revision, a time, or so long before the source's last moment."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from etcdpod.cli.diagnostics import say
from etcdpod.cli.options import parse_time
from etcdpod.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from etcdpod.session import Session

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_BACK = re.compile(r"-((?:\d+[smhd])+)")


def revision_at(session: Session, text: str | None) -> int | None:
    """The revision that the words name; None for None.

    A time is answered with the newest revision that was written by then, and a line on stderr
    says which that is.

    Raises:
        UsageError: the words are neither a revision nor a time.
        NotFoundError: the source holds nothing that old.
    """
    if text is None:
        return None
    if text.isdecimal():
        return int(text)
    moment = moment_of(session, text)
    revision = session.registry.clock.revision_at(moment)
    shown = moment.isoformat().replace("+00:00", "Z")
    if revision == 0:
        raise NotFoundError(
            f"nothing in this source is known to be as old as {shown}", path=session.info.target
        )
    say(f"etcdpod: {shown} is revision {revision}, as the clocks of its writers tell")
    return revision


def say_clocks(session: Session) -> None:
    """Say on stderr what is to be known of the clocks behind the times that were printed."""
    for note in session.registry.clock.notes:
        say(f"etcdpod: {note}")


def moment_of(session: Session, text: str) -> datetime:
    """The time (UTC) that the words name; ``-10m`` counts back from the source's last moment.

    Raises:
        UsageError: they name none.
    """
    back = _BACK.fullmatch(text)
    if back is not None:
        last, _ = session.now()
        parts = re.findall(r"(\d+)([smhd])", back[1])
        return last - timedelta(**{_UNITS[unit]: int(count) for count, unit in parts})
    try:
        return parse_time(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is neither a revision nor a time",
            next_step="write 1234, 2026-11-22T20:25:10Z or -10m",
        ) from None
