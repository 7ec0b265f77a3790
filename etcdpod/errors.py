"""Every exception of etcdpod; each says what, where, and what to do next, in one line.

::

    EtcdpodError
    ├── UsageError               the request is not valid: a kind, a name, a moment, options
    ├── NotFoundError            the source was read and does not hold it
    │   ├── CompactedError       the revision lies below the compact revision
    │   └── FutureRevisionError  the source ends before the revision
    ├── SourceError              a source cannot be opened or read
    └── DecodeError              a value cannot be decoded
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etcdpod.records import Absence


class ExitCode(IntEnum):
    """The exit codes of the command line; ``EXIT_CODES`` says what each means."""

    FOUND = 0
    NOT_FOUND = 1
    USAGE = 2
    UNREADABLE = 3
    DAMAGED = 4


EXIT_CODES = (
    (ExitCode.FOUND, "found; for diff and hash: nothing differs"),
    (ExitCode.NOT_FOUND, "not found or no longer known; for diff and hash: something differs"),
    (ExitCode.USAGE, "the command line is not valid"),
    (ExitCode.UNREADABLE, "the source cannot be read"),
    (ExitCode.DAMAGED, "answered, but a part of the source could not be read"),
)


class EtcdpodError(Exception):
    """A failure that the user can act on; ``str()`` of it is one line.

    Args:
        what: what went wrong, a clause without a full stop.
        next_step: what to do about it, a clause; empty when there is nothing to do.
        path: the file or endpoint concerned.
        page: bbolt page id.
        offset: byte offset in the file.
        key: etcd key.
        revision: main revision.
    """

    exit_code: ExitCode = ExitCode.UNREADABLE

    def __init__(
        self,
        what: str,
        *,
        next_step: str = "",
        path: str | None = None,
        page: int | None = None,
        offset: int | None = None,
        key: bytes | None = None,
        revision: int | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step
        self.path = path
        self.page = page
        self.offset = offset
        self.key = key
        self.revision = revision

    def __str__(self) -> str:
        place = [
            f"{name} {value}"
            for name, value in (("page", self.page), ("offset", self.offset))
            if value is not None
        ]
        where = ", ".join([self.path, *place] if self.path is not None else place)
        text = f"{where}: {self.what}" if where else self.what
        return f"{text}; {self.next_step}" if self.next_step else text


class UsageError(EtcdpodError):
    """The words of a command do not fit together or name nothing that exists."""

    exit_code = ExitCode.USAGE


class NotFoundError(EtcdpodError):
    """The source was read and does not hold what was asked for."""

    exit_code = ExitCode.NOT_FOUND
    absence: Absence | None = None
    """Why there is no object, where one was asked for by its name: deleted, compacted, never
    recorded."""


class CompactedError(NotFoundError):
    """The revision asked for lies below the compact revision."""


class FutureRevisionError(NotFoundError):
    """The revision asked for is newer than the source's current one."""


class SourceError(EtcdpodError):
    """A source cannot be opened or read: no such file, not a snapshot, no connection."""


class DecodeError(EtcdpodError):
    """A value cannot be decoded; ``offset`` counts bytes from the start of the value."""
