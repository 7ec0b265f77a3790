"""Lost objects, and the last readable state of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from etcdpod.forensics.recover.verdict import Completeness, Revisions, Verdict, judge
from etcdpod.kube.codec import Decoded
from etcdpod.kube.model.keys import parse_key
from etcdpod.records import Undecodable
from etcdpod.registry.bulk import map_slices

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from etcdpod.history.lives import Registry
    from etcdpod.kube.model.keys import ResourceKey
    from etcdpod.records import Record

Fate = Literal["deleted", "lost", "damaged"]

INTERNAL = frozenset({"masterleases", "peerserverleases", "ranges"})
"""Key parts of the API server's internal records, which are not API objects."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A lost object and its last readable state."""

    key: bytes
    names: ResourceKey
    """Resource, namespace and name from the key, known even if the object is damaged."""
    fate: Fate
    """``deleted``: its tombstone is kept. ``lost``: it has none. ``damaged``: it exists, but its
    newest value cannot be read."""
    verdict: Verdict
    record: Record | None
    """The recovered revision; None if no value is left."""
    object: dict[str, Any] | None
    """That revision as stored, with unmasked Secrets: for writing back, not for display."""
    notes: tuple[str, ...] = ()

    @property
    def ended_at(self) -> int | None:
        """Main revision of the deletion, if known."""
        return self.verdict.end


def find_lost(
    registry: Registry, prefixes: Iterable[bytes] = (), *, since: int | None = None
) -> Iterator[Lost]:
    """The deleted, lost or damaged objects below key prefixes, in key order.

    Args:
        registry: the registry to search.
        prefixes: key prefixes; empty: the whole registry.
        since: omit objects deleted before this main revision.
    """
    source = registry.connector
    info = source.info()
    current = info.current_revision
    revisions = Revisions(source.records(keys_only=True), current, info.compact_revision)
    for prefix in prefixes or [f"{prefix}/".encode() for prefix in registry.prefixes]:
        newest = {r.key: r.mod_revision for r in source.records(prefix, keys_only=True)}
        alive = {record.key for record in source.range(prefix, keys_only=True)}
        damaged = set(_undecodable(registry, prefix))
        for key in sorted(newest):
            names = None if key in alive and key not in damaged else _names(registry, key)
            if names is None:
                continue
            found = _recovered(registry, key, names, revisions, is_alive=key in alive)
            ended = found.ended_at if found.ended_at is not None else current
            if since is None or ended >= since:
                yield found


def _names(registry: Registry, key: bytes) -> ResourceKey | None:
    """The object that a key names; None for internal records and other keys."""
    parsed = (parse_key(key, prefix) for prefix in registry.prefixes)
    names = next((one for one in parsed if one is not None), None)
    return None if names is None or names.resource in INTERNAL else names


def _undecodable(registry: Registry, prefix: bytes) -> Iterator[bytes]:
    """The keys of live objects whose values cannot be decoded, missing encryption keys aside."""

    def work(records: Sequence[Record]) -> list[bytes]:
        items = [registry.read_unmasked(record) for record in records]
        return [item.record.key for item in items if isinstance(item.outcome, Undecodable)]

    for keys in map_slices(registry.connector.range(prefix), work):
        yield from keys


def _recovered(
    registry: Registry, key: bytes, names: ResourceKey, revisions: Revisions, *, is_alive: bool
) -> Lost:
    """The last readable value of a key, from the newest incarnation that has one."""
    records = list(registry.connector.history(key))
    lives = _lives(records)
    ended = lives[-1][-1].tombstone if lives else False
    fate: Fate = "damaged" if is_alive else "deleted" if ended else "lost"
    first: Lost | None = None
    for number, life in enumerate(reversed(lives)):
        verdict = judge(life, revisions, ended=not is_alive or number > 0)
        found = _last_readable(registry, Lost(key, names, fate, verdict, None, None), life)
        if found.record is not None:
            if number > 0:
                note = f"from an earlier life: of the last {number} no value can be read"
                found = replace(found, notes=(*found.notes, note))
            return found
        first = first or found
    nothing = Verdict(Completeness.NOTHING, 0, 0, (), None)
    return first or Lost(key, names, fate, nothing, None, None)


def _lives(records: Sequence[Record]) -> list[list[Record]]:
    """The records of a key, split by incarnation."""
    lives: list[list[Record]] = []
    for record in records:
        before = lives[-1][-1] if lives else None
        begins = before is None or before.tombstone
        if not begins and before is not None and not record.tombstone:
            begins = record.create_revision != before.create_revision
        if begins:
            lives.append([])
        lives[-1].append(record)
    return lives


def _last_readable(registry: Registry, lost: Lost, life: Sequence[Record]) -> Lost:
    """The newest readable put of an incarnation."""
    notes: list[str] = []
    for record in reversed(life):
        if record.tombstone:
            continue
        outcome = registry.read_unmasked(record).outcome
        if isinstance(outcome, Decoded):
            return replace(lost, record=record, object=outcome.object, notes=tuple(notes))
        notes.append(f"revision {record.revision} is {outcome}")
    return replace(lost, notes=tuple(notes))
