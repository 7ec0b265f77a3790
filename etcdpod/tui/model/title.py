"""The title of a screen: subject and revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.tui.model.safe_text import one_line
from etcdpod.tui.model.text import clock_text

if TYPE_CHECKING:
    from etcdpod.tui.model.browser_state import BrowserState


def subject_text(state: BrowserState, about: str) -> str:
    """The source, what the screen is about, versions."""
    parts = [one_line(state.name), about, f"rev {state.newest}"]
    if state.info.etcd_version:
        parts.insert(2, f"etcd {state.info.etcd_version}")
    return "  ".join(part for part in parts if part)


def moment_text(state: BrowserState, at: int | None) -> str:
    """``◀ AS OF 20:25:02.5 (rev 720) PAST``; empty for the newest revision of a file."""
    if at is None:
        return ""
    time = clock_text(state.times.at(at))
    return f"◀ AS OF {time} (rev {at}) PAST" if time else f"◀ AS OF rev {at} PAST"
