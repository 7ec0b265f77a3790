"""Why a source cannot be asked something: what is not checked is said, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etcdpod.forensics.verify.model import VerifiedSource


def no_file(subject: VerifiedSource) -> str:
    """A running etcd shows no pages."""
    if subject.store is not None:
        return ""
    if subject.is_live:
        return "a running etcd shows no pages: verify a snapshot of each member"
    return "there is no database"


def no_tree(subject: VerifiedSource) -> str:
    """Where no page of the revisions is reached, there was nothing to look at."""
    store = subject.store
    if store is not None and not len(store.index):
        return "no revision is reached through the tree"
    return "" if store is not None or subject.is_live else "there is no database"


def no_trailer(subject: VerifiedSource) -> str:
    """Only what `etcdctl snapshot save` wrote has a SHA-256 at its end."""
    store = subject.store
    if store is None:
        return no_file(subject)
    return "" if store.file.has_trailer else "there is none: it is a copy of a member's own file"


def no_freelist(subject: VerifiedSource) -> str:
    """Most etcds work the list out at their start."""
    store = subject.store
    if store is None:
        return no_file(subject)
    return "" if store.file.freelist_stored else "no list of free pages is stored"


def no_log(subject: VerifiedSource) -> str:
    """Only a data directory has one."""
    return "" if subject.log is not None else "no write-ahead log is read here"


def no_members(subject: VerifiedSource) -> str:
    """Hashes compare only where two members answer."""
    compared = subject.hashes
    if compared is None:
        return "only a running etcd has any; for files: `etcdpod diff --members`"
    if compared.agree is not None:
        return ""
    problems = [one.problem for one in compared.hashes if one.problem]
    return problems[0] if problems else "a single one answers"


def sealed(subject: VerifiedSource) -> str:
    """Encrypted values are looked into with their keys alone."""
    count = subject.sealed
    if not count:
        return no_tree(subject)
    verb = "is" if count == 1 else "are"
    return f"the others are, but {count:,} {verb} encrypted: --encryption-config opens them"
