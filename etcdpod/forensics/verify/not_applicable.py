"""Why a check does not apply to a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etcdpod.forensics.verify.model import VerifiedSource


def no_file(subject: VerifiedSource) -> str:
    """The pages of a running etcd cannot be read."""
    if subject.store is not None:
        return ""
    if subject.is_live:
        return "a running etcd shows no pages: verify a snapshot of each member"
    return "there is no database"


def no_tree(subject: VerifiedSource) -> str:
    """No page of the key bucket could be read."""
    store = subject.store
    if store is not None and not len(store.index):
        return "no revision is reached through the tree"
    return "" if store is not None or subject.is_live else "there is no database"


def no_trailer(subject: VerifiedSource) -> str:
    """Only files written by `etcdctl snapshot save` end with a SHA-256."""
    store = subject.store
    if store is None:
        return no_file(subject)
    return "" if store.file.has_trailer else "there is none: it is a copy of a member's own file"


def no_freelist(subject: VerifiedSource) -> str:
    """Most etcd members rebuild the freelist at startup."""
    store = subject.store
    if store is None:
        return no_file(subject)
    return "" if store.file.freelist_stored else "no list of free pages is stored"


def no_log(subject: VerifiedSource) -> str:
    """Only a data directory has a log."""
    return "" if subject.log is not None else "no write-ahead log is read here"


def no_members(subject: VerifiedSource) -> str:
    """Comparing hashes takes two members that respond."""
    compared = subject.hashes
    if compared is None:
        return "only a running etcd has any; for files: `etcdpod diff --members`"
    if compared.agree is not None:
        return ""
    problems = [one.problem for one in compared.hashes if one.problem]
    return problems[0] if problems else "a single one answers"


def sealed(subject: VerifiedSource) -> str:
    """Encrypted values can be checked only with their keys."""
    count = subject.sealed
    if not count:
        return no_tree(subject)
    verb = "is" if count == 1 else "are"
    return f"the others are, but {count:,} {verb} encrypted: --encryption-config opens them"
