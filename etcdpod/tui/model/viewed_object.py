"""One key of the registry as of a revision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from etcdpod.records import Deleted, Record

if TYPE_CHECKING:
    from etcdpod.registry.objects import Item
    from etcdpod.tui.model.browser_state import BrowserState


@dataclass(frozen=True, slots=True)
class ViewedObject:
    """One object as of a revision."""

    state: BrowserState
    key: bytes
    at: int | None
    namespace: str
    name: str
    kind: str
    """The Kind of the object (``Pod``); empty for a key of no known kind."""

    @property
    def full_name(self) -> str:
        """``shop/db-0``; the name alone without a namespace."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def read_viewed(subject: ViewedObject) -> Item | None:
    """The object as of the revision; its last state if it was deleted."""
    state = subject.state
    found = state.connector.get(subject.key, subject.at)
    record = found.last if isinstance(found, Deleted) else found
    return state.registry.read(record) if isinstance(record, Record) else None
