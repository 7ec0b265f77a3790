"""A part of the log as steps, with what surrounds them: leases, and what a server refuses."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from etcdpod.etcd.replay.deduce.outcomes import REFUSED, Option, Step, step_of, wild_step
from etcdpod.etcd.replay.keyspace import in_range
from etcdpod.etcd.replay.rows import UNCOMMITTED
from etcdpod.etcd.replay.state import MAX_LEASE_TTL
from etcdpod.etcd.wal.columns import NORMAL_ENTRY
from etcdpod.etcd.wal.entries import parse_request
from etcdpod.etcd.wal.messages import InternalRaftRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etcdpod.etcd.replay.deduce.backend import BackendFacts
    from etcdpod.etcd.wal.columns import LoggedEntry


class Surroundings(NamedTuple):
    """The state of a server other than its keys, as a database has it."""

    leases: frozenset[int] | None = None
    """The leases that exist; None if that is not known."""
    is_guarded: bool = False
    """An alarm holds, or users need permissions: any request may have been refused."""


NOTHING_KNOWN = Surroundings()


@dataclass(slots=True)
class LogSteps:
    """The steps of a part of the log.

    Args:
        applied: the raft index up to which a database has carried out the log.
        committed: up to which index entries are known to be committed.
        surroundings: as the database says.
    """

    applied: int
    committed: int
    surroundings: Surroundings
    steps: list[Step] = field(default_factory=list)
    cut: int = 0
    """How many of them the database has carried out."""
    granted: set[int] = field(default_factory=set)
    """Leases that the log grants."""
    count_committed: int = 0
    """How many steps are committed."""
    _is_guarded: bool = False
    _alive: set[int] = field(default_factory=set)
    _revoked: set[int] = field(default_factory=set)
    _dead: set[int] = field(default_factory=set)
    """Leases that were revoked and not granted again."""
    _unsure: list[tuple[int, set[int], set[int]]] = field(default_factory=list)
    """Steps that put keys with leases that the log did not grant, and those that are gone."""

    def take(self, entry: LoggedEntry) -> None:
        """Add an entry."""
        if entry.type != NORMAL_ENTRY or not entry.data:
            return
        request = parse_request(entry.data)
        flags = 0 if entry.raft_index <= self.committed else UNCOMMITTED
        if request is None:
            self._add(wild_step(entry, flags))
        elif isinstance(request, InternalRaftRequest):
            step = step_of(entry, request, flags)
            if not entry.verified:
                step = wild_step(entry, flags, step)
            else:
                self._observe(request)
            if step is not None:
                self._add(step)

    def finish(self, facts: BackendFacts | None) -> None:
        """Add what only the whole part says: refusals, and the keys that sweeps concern."""
        is_guarded = self._is_guarded or self.surroundings.is_guarded
        existing = self.surroundings.leases
        known = (existing or frozenset()) - self.granted - self._revoked
        for at, leases, dead in self._unsure:
            step = self.steps[at]
            gone = set(dead)
            if facts is not None and existing is not None and at >= self.cut:
                gone |= leases - existing
            if gone and not is_guarded:
                step.options = [_without(option, gone) for option in step.options]
            elif not leases <= known:
                step.options.append(REFUSED)
        if is_guarded:
            for step in self.steps:
                if REFUSED not in step.options:
                    step.options.append(REFUSED)
        self._name_swept(facts)

    def written(self) -> dict[bytes, set[int]]:
        """The digests of what is put under each key."""
        found: dict[bytes, set[int]] = defaultdict(set)
        for step in self.steps:
            for option in step.options:
                for write in option.writes:
                    found[write.key].add(write.digest)
        return found

    def _add(self, step: Step) -> None:
        self.steps.append(step)
        index = step.place[0]
        if index <= self.applied:
            self.cut = len(self.steps)
        if index <= self.committed:
            self.count_committed = len(self.steps)
        writes = [write for option in step.options for write in option.writes]
        leases = {write.lease for write in writes if write.value is not None and write.lease}
        if leases - self._alive:
            entry = len(self.steps) - 1, leases - self._alive, leases & self._dead
            self._unsure.append(entry)

    def _observe(self, request: InternalRaftRequest) -> None:
        """Follow what decides whether later requests are carried out."""
        if request.HasField("lease_grant"):
            grant = request.lease_grant
            if grant.ID != 0 and grant.TTL <= MAX_LEASE_TTL:
                self.granted.add(grant.ID)
                self._alive.add(grant.ID)
                self._dead.discard(grant.ID)
        elif request.HasField("lease_revoke"):
            self._alive.discard(request.lease_revoke.ID)
            self._revoked.add(request.lease_revoke.ID)
            self._dead.add(request.lease_revoke.ID)
        elif request.HasField("alarm"):
            self._is_guarded |= request.alarm.action != 0
        elif request.HasField("auth_enable") or request.header.username:
            self._is_guarded = True

    def _name_swept(self, facts: BackendFacts | None) -> None:
        by_lease: defaultdict[int, set[bytes]] = defaultdict(set)
        named: set[bytes] = set()
        unknown: set[bytes] = set()
        """Keys of which it is not known on which lease they hang."""
        for step in self.steps:
            named.update(step.keys)
            for option in step.options:
                for write in option.writes:
                    if write.value is not None:
                        by_lease[write.lease].add(write.key)
                        if write.keeps_lease:
                            unknown.add(write.key)
        for at, step in enumerate(self.steps):
            for write in step.sweeps:
                keys = set(step.keys)
                if write.range_end:
                    keys |= {key for key in named if in_range(key, write.key, write.range_end)}
                else:
                    keys |= by_lease[write.lease] | unknown
                if facts is not None and at >= self.cut:
                    keys.update(_swept_keys(facts, write.key, write.range_end, write.lease))
                step.keys = tuple(sorted(keys))


def _without(option: Option, leases: set[int]) -> Option:
    """An option, refused if it puts a key with a lease that does not exist."""
    if any(write.value is not None and write.lease in leases for write in option.writes):
        return Option(option.must, option.must_not)
    return option


def _swept_keys(facts: BackendFacts, key: bytes, end: bytes, lease: int) -> Iterable[bytes]:
    return facts.keys_between(key, end) if end else facts.keys_of_lease(lease)
