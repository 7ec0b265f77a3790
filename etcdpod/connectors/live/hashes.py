"""Compares the hashes of all keys between the members, to find those that disagree."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from etcd3 import etcdrpc

from etcdpod.connectors.live.compaction import find_compact_revision, newest_revision
from etcdpod.connectors.live.connection.explain import explain
from etcdpod.connectors.live.maintenance import (
    ask_all,
    listed_members,
    reachable,
)
from etcdpod.connectors.live.messages import key_span, later_fields, later_number
from etcdpod.errors import FutureRevisionError

if TYPE_CHECKING:
    from etcdpod.connectors.live.connection.connection import Connection
    from etcdpod.connectors.live.connection.member import Member

HASH_TIMEOUT = 120.0
"""Timeout in seconds for one member's hash: it reads the whole database."""
_TRIES = 4
_PAUSE = 0.3
"""Seconds before members that lag or compact are queried again."""

_HASH_REVISION = 4  # HashKVResponse.hash_revision, since etcd 3.6


@dataclass(frozen=True, slots=True)
class MemberHash:
    """The hash of one member's keys, or why there is none."""

    endpoint: str
    name: str = ""
    hash: int = 0
    revision: int = 0
    """The revision that the hash covers."""
    compact_revision: int = 0
    """Hashes are comparable only if this is equal too; -1: never compacted."""
    problem: str = ""
    is_behind: bool = False
    """The member has not reached the requested revision."""


@dataclass(frozen=True, slots=True)
class HashComparison:
    """The members' hashes at one revision."""

    revision: int
    hashes: tuple[MemberHash, ...]
    agree: bool | None
    """None: fewer than two hashes can be compared."""
    odd: tuple[str, ...]
    """Names of the members that disagree with the majority; all of them if there is none."""


def hash_members(connection: Connection, wanted: int = 0) -> HashComparison:
    """Compares the members' hashes of all keys at one revision, ``wanted`` or the newest.

    A member that has not reached the revision, or is compacting, is queried again a few times:
    only hashes with the same revision and the same compact revision can be compared.
    """
    listed = listed_members(connection)
    with reachable(connection, listed) as members:
        for attempt in range(_TRIES):
            revision = wanted or newest_revision(connection, key_span(b"\0"))
            # After a compaction up to the newest revision, older servers refuse that revision.
            asked = revision if wanted or revision > _compact(connection) else 0
            hashes = ask_all(members, lambda member: _hash(connection, member, asked, listed))  # noqa: B023
            hashes = tuple({item.name or item.endpoint: item for item in hashes}.values())
            scopes = {(item.revision, item.compact_revision) for item in hashes if not item.problem}
            lagging = any(item.is_behind for item in hashes)
            if (len(scopes) <= 1 and not lagging) or attempt == _TRIES - 1:
                break
            time.sleep(_PAUSE)
    return _compared(revision, hashes)


def _compared(revision: int, hashes: tuple[MemberHash, ...]) -> HashComparison:
    answered = [item for item in hashes if not item.problem]
    scopes = Counter((item.revision, item.compact_revision) for item in answered)
    if not scopes or scopes.most_common(1)[0][1] < 2:
        return HashComparison(revision, hashes, None, ())
    scope = scopes.most_common(1)[0][0]
    comparable = [item for item in answered if (item.revision, item.compact_revision) == scope]
    votes = Counter(item.hash for item in comparable).most_common()
    if len(votes) == 1:
        return HashComparison(revision, hashes, True, ())
    majority = votes[0][0] if votes[0][1] > votes[1][1] else None
    odd = tuple(item.name or item.endpoint for item in comparable if item.hash != majority)
    return HashComparison(revision, hashes, False, odd)


def _compact(connection: Connection) -> int:
    return find_compact_revision(connection, key_span(b"\0"))


def _hash(
    connection: Connection, member: Member, revision: int, listed: dict[int, Any]
) -> MemberHash:
    where = str(member.endpoint)
    try:
        answer = member.maintenance.HashKV(
            etcdrpc.HashKVRequest(revision=revision),
            timeout=HASH_TIMEOUT,
            metadata=connection.metadata(quorum=False),
        )
    except grpc.RpcError as error:
        explained = explain(error, member.endpoint, HASH_TIMEOUT)
        is_behind = isinstance(explained, FutureRevisionError)
        return MemberHash(where, problem=explained.what, is_behind=is_behind)
    header = answer.header
    return MemberHash(
        where,
        name=listed[header.member_id].name if header.member_id in listed else "",
        hash=answer.hash,
        revision=later_number(later_fields(answer), _HASH_REVISION) or revision or header.revision,
        compact_revision=answer.compact_revision,
    )
