"""Notices from opening and reading a live source: codes with fields, and their text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from etcdpod.damage_text import damage_sentence

if TYPE_CHECKING:
    from etcdpod.damage import Damage


class NoticeCode(Enum):
    """What happened; the value is its text, a template for the fields of ``Notice``."""

    CERTIFICATES_FOUND = "using {n.reason}"
    NOT_VERIFIED = (
        "WARNING: the server's certificate is NOT verified (--insecure-skip-tls-verify): "
        "anyone on the way can read and forge what is shown"
    )
    PASSWORD_IN_ARGUMENTS = (
        "WARNING: a password on the command line can be read by every user of this "
        "machine; set ETCDCTL_PASSWORD, or leave it out to be asked"
    )
    PASSWORD_IN_CLEAR = "WARNING: {n.endpoint} has no TLS: the password goes out in clear"
    LOGGING_IN = "logging in as {n.user}: etcd records each login in its raft log"
    NO_USERS = "this etcd has no users switched on; --user is not needed"
    ENDPOINT_SKIPPED = "{n.skipped}: {n.reason}; using {n.endpoint}"
    CONNECTION_LOST = "{n.endpoint}: {n.reason}; trying again"
    CONNECTION_RESTORED = "went on with {n.endpoint}"
    LIST_RESTARTED = "revision {n.revision} was compacted while it was listed: starting again"
    DAMAGE = "{damage}"


@dataclass(frozen=True, slots=True)
class Notice:
    """One event that the user should know about. Fields not used by a code are empty."""

    code: NoticeCode
    endpoint: str = ""
    """The endpoint concerned; for one that was skipped, the one used instead."""
    skipped: str = ""
    """An endpoint that could not be used."""
    reason: str = ""
    """Details of the connection, or of the files found."""
    user: str = ""
    revision: int = 0
    damage: Damage | None = None


def notice_text(notice: Notice) -> str:
    """A notice as one line for people."""
    damage = "" if notice.damage is None else damage_sentence(notice.damage)
    return notice.code.value.format(n=notice, damage=damage)
