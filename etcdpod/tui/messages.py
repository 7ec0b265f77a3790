"""Messages to screens and the application. Workers read and post; handlers change the view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from etcdpod.forensics.activity.activity import Ledger
    from etcdpod.records import SourceInfo
    from etcdpod.session import Session
    from etcdpod.tui.commands import Command
    from etcdpod.tui.model.objects.entries import ListedObject
    from etcdpod.tui.model.objects.listing import ObjectListing, View
    from etcdpod.tui.model.objects.navigation import ObjectLocation
    from etcdpod.tui.model.objects.rows import ObjectRow
    from etcdpod.tui.model.revision_times import RevisionTimes
    from etcdpod.tui.model.viewed_object import ViewedObject


@dataclass
class SourcesOpened(Message):
    """The sources are open."""

    session: Session
    info: SourceInfo
    ledger: Ledger
    ended: datetime | None
    """When the newest revision was written, UTC; None where that is not known."""


@dataclass
class OpeningFailed(Message):
    """The sources cannot be opened; why, in one line."""

    reason: str


@dataclass
class KeysRead(Message):
    """More keys are in the ledger."""

    done: bool


@dataclass
class TimesRead(Message):
    """The times of the revisions are known."""

    times: RevisionTimes


@dataclass
class RowsRead(Message):
    """Rows of a listing were read."""

    listing: ObjectListing
    rows: Sequence[tuple[ListedObject, ObjectRow]]
    background: bool = False
    """Read for the filter, not for display."""


@dataclass
class VisibleRead(Message):
    """All rows that were on the screen of a table when their reading began were read."""

    view: View


@dataclass
class Progress(Message):
    """Progress of long work; an empty text ends it."""

    text: str
    topic: str = ""

    def can_replace(self, message: Message) -> bool:
        """A flood of progress collapses to the newest."""
        return isinstance(message, Progress) and message.topic == self.topic


@dataclass
class SourceCompacted(Message):
    """Revisions of a live source were compacted before they could be followed."""

    info: SourceInfo
    """What the source is now."""


@dataclass
class ConnectionChanged(Message):
    """The connection of a live source was lost or restored."""

    problem: str
    """Empty when it is restored."""


@dataclass
class ShowHistory(Message):
    """Asks the application for the history of an object."""

    subject: ViewedObject


ScreenName = Literal["incident", "findings", "sources", "top"]


@dataclass
class ShowScreen(Message):
    """Asks the application for a screen about the whole registry."""

    screen: ScreenName
    within: str | None
    """A namespace; None: all."""
    at: int | None
    """A revision; None: the newest."""


@dataclass
class ShowHelp(Message):
    """Asks the application for the keys of a screen."""

    title: str
    commands: Sequence[type[Command]]


@dataclass
class TravelTo(Message):
    """Take the browser to a revision; None: the newest."""

    revision: int | None


@dataclass
class LocationFound(Message):
    """The location of an object was found."""

    place: ObjectLocation


@dataclass
class Said(Message):
    """A notification for the user."""

    text: str
    problem: bool = False


@dataclass
class Failed(Message):
    """An internal error."""

    what: str
    trace: str
