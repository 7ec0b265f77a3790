"""The state of the members: versions, sizes, alarms, revisions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import grpc
from etcd3 import etcdrpc

from etcdpod.connectors.live.compaction import find_compact_revision, newest_revision
from etcdpod.connectors.live.connection.endpoints import parse_endpoints
from etcdpod.connectors.live.connection.explain import short_reason
from etcdpod.connectors.live.connection.member import Member
from etcdpod.connectors.live.messages import key_span, later_fields, later_number
from etcdpod.errors import EtcdpodError, UsageError
from etcdpod.records import SourceInfo
from etcdpod.source_details import ClusterDetails, MemberStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from etcdpod.connectors.live.connection.connection import Connection

_T = TypeVar("_T")

# Fields of StatusResponse, Member and HashKVResponse that are newer than the package's schema.
_APPLIED_INDEX, _ERRORS, _SIZE_IN_USE, _IS_LEARNER = 7, 8, 9, 10
_STORAGE_VERSION, _SIZE_QUOTA = 11, 12
_MEMBER_IS_LEARNER = 5


def source_info(connection: Connection, target: str) -> SourceInfo:
    """What the etcd behind ``connection`` is; ``cluster_details`` queries the members."""
    reach = _reach(connection)
    status = reach.status
    return SourceInfo(
        target,
        "live",
        reach.revision,
        reach.compact,
        etcd_version=status.version,
        cluster_id=int(status.header.cluster_id),
        size=int(status.dbSize),
    )


def cluster_details(connection: Connection) -> ClusterDetails:
    """The state of the cluster; queries every member."""
    reach = _reach(connection)
    endpoint = str(connection.endpoints[0])
    members = members_status(connection)
    return ClusterDetails(
        endpoint_in_use=endpoint,
        raft_term=int(reach.status.raftTerm),
        size_in_use=later_number(later_fields(reach.status), _SIZE_IN_USE),
        leader=next((m.name or m.endpoint for m in members if m.is_leader), None),
        alarms=tuple(f"{m.name or m.endpoint}: {alarm}" for m in members for alarm in m.alarms),
        revision_skew=_skew(members),
        members=members,
        notes=reach.notes,
    )


class _Reach(NamedTuple):
    """The status of the member in use, and the revisions that the cluster has."""

    status: Any
    revision: int
    compact: int
    notes: tuple[str, ...]


def _reach(connection: Connection) -> _Reach:
    status = connection.call("Maintenance.Status", etcdrpc.StatusRequest(), quorum=False)
    notes: list[str] = []
    revision, compact = int(status.header.revision), 0
    try:
        if status.leader == 0:
            notes.append("newest revision of this member only: it knows no leader")
        else:
            revision = newest_revision(connection, key_span(b"\0"))
        compact = find_compact_revision(
            connection, key_span(b"\0"), without_leader=status.leader == 0
        )
    except EtcdpodError as error:
        compact = connection.compact_revision
        notes.append(f"newest revision of this member, compact revision as last seen: {error.what}")
    return _Reach(status, revision, compact, tuple(notes))


def members_status(connection: Connection) -> tuple[MemberStatus, ...]:
    """The status of each given endpoint and of each other member of the cluster, once each."""
    connection.ready(quorum=False)
    listed = listed_members(connection)
    with reachable(connection, listed) as members:
        answers = ask_all(members, lambda member: _status(connection, member, listed))
    known = {answer.member_id for answer in answers if answer.member_id}
    unseen = [
        MemberStatus(
            ", ".join(member.clientURLs) or "no client URL",
            name=member.name or "not started",
            member_id=member.ID,
            is_learner=bool(later_number(later_fields(member), _MEMBER_IS_LEARNER)),
            problem="not asked: it announces no other endpoint",
        )
        for member in listed.values()
        if member.ID not in known and not member.clientURLs
    ]
    return (*_once_each(answers), *unseen)


def listed_members(connection: Connection) -> dict[int, Any]:
    """The cluster's own member list, by id; empty if it may not be read."""
    try:
        answer = connection.call("Cluster.MemberList", etcdrpc.MemberListRequest(), quorum=False)
    except EtcdpodError:
        return {}
    return {member.ID: member for member in answer.members}


def reachable(
    connection: Connection, listed: dict[int, Any]
) -> AbstractContextManager[tuple[Member, ...]]:
    """The members behind the given endpoints, and the others in the cluster's member list."""
    from contextlib import contextmanager

    @contextmanager
    def opened() -> Iterator[tuple[Member, ...]]:
        given = connection.each()
        answered = {m.status.header.member_id for m in given if m.status is not None}
        known = {str(member.endpoint) for member in given}
        extra = []
        for listed_member in listed.values():
            urls = [url for url in listed_member.clientURLs if url not in known]
            if listed_member.ID in answered or len(urls) < len(listed_member.clientURLs):
                continue
            try:
                endpoints = parse_endpoints(urls[:1], secure_by_default=False)
            except UsageError:
                continue
            extra += [Member(e, connection.files, connection.options) for e in endpoints]
        try:
            yield (*given, *extra)
        finally:
            for member in extra:
                member.close()

    return opened()


def ask_all(members: tuple[Member, ...], ask: Callable[[Member], _T]) -> tuple[_T, ...]:
    """The result of ``ask`` for each member, called in parallel."""
    with ThreadPoolExecutor(max(1, len(members))) as pool:
        return tuple(pool.map(ask, members))


def _status(connection: Connection, member: Member, listed: dict[int, Any]) -> MemberStatus:
    try:
        answer = member.maintenance.Status(
            etcdrpc.StatusRequest(),
            timeout=connection.options.dial_timeout,
            metadata=connection.metadata(quorum=False),
        )
    except grpc.RpcError as error:
        return MemberStatus(str(member.endpoint), problem=short_reason(error))
    later, header = later_fields(answer), answer.header
    texts = [bytes(item).decode("utf-8", "replace").strip() for item in later.get(_ERRORS, ())]
    version = later.get(_STORAGE_VERSION, [b""])[-1]
    return MemberStatus(
        str(member.endpoint),
        name=listed[header.member_id].name if header.member_id in listed else "",
        member_id=header.member_id,
        version=answer.version,
        storage_version=bytes(version).decode("utf-8", "replace"),
        is_leader=answer.leader == header.member_id != 0,
        is_learner=bool(later_number(later, _IS_LEARNER)),
        leader_id=answer.leader,
        raft_term=answer.raftTerm,
        raft_index=answer.raftIndex,
        raft_applied_index=later_number(later, _APPLIED_INDEX),
        revision=header.revision,
        db_size=answer.dbSize,
        db_size_in_use=later_number(later, _SIZE_IN_USE),
        db_size_quota=later_number(later, _SIZE_QUOTA),
        alarms=tuple(texts),
    )


def _once_each(statuses: tuple[MemberStatus, ...]) -> tuple[MemberStatus, ...]:
    """Several endpoints may belong to one member; those that did not answer are all kept."""
    found = {status.member_id or status.endpoint: status for status in reversed(statuses)}
    return tuple(reversed(found.values()))


def _skew(members: tuple[MemberStatus, ...]) -> int:
    """The difference between the revisions of the members that answered."""
    revisions = [member.revision for member in members if not member.problem]
    return max(revisions) - min(revisions) if revisions else 0
