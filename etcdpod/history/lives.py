"""The registry: the objects of a source, and their lives revision by revision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from etcdpod.connectors.base import Watching
from etcdpod.errors import UsageError
from etcdpod.history.incarnations import incarnations, steps
from etcdpod.history.lost_tombstones import ended_unseen
from etcdpod.kube.codec import Decoded
from etcdpod.kube.model.secret import mask, mask_changes
from etcdpod.registry.objects import Objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.changes import Incarnation, Step
    from etcdpod.history.clock.clock import Clock
    from etcdpod.kube.model.types import ResourceType
    from etcdpod.records import Encrypted, Record, Undecodable


@dataclass(frozen=True, slots=True)
class History:
    """The whole kept life of one key."""

    key: bytes
    incarnations: list[Incarnation]
    compact_revision: int
    current_revision: int


class Registry(Objects):
    """The objects of one source, and what happened to them; arguments as for ``Objects``."""

    def history(self, resource: ResourceType, namespace: str | None, name: str) -> History | None:
        """The lives of one object; None if the source has no revision of it."""
        info = self.connector.info()
        for key in self.keys(resource, namespace, name):
            lives = self.history_of_key(key, info.compact_revision)
            if lives:
                return History(key, lives, info.compact_revision, info.current_revision)
        return None

    def history_of_key(self, key: bytes, compact_revision: int) -> list[Incarnation]:
        """The lives of one etcd key, from the heads of its records alone."""
        lives = incarnations(self.connector.history(key, keys_only=True), compact_revision)
        last = lives[-1].last if lives else None
        if last is None or last.tombstone:
            return lives
        if ended_unseen(self.connector, key, last.mod_revision, compact_revision):
            lives[-1] = replace(lives[-1], end_missing=True)
        return lives

    @cached_property
    def clock(self) -> Clock:
        """When revisions were written; costs nothing until it is asked."""
        from etcdpod.history.clock.clock import Clock

        return Clock.from_registry(self)

    def steps(self, history: History, *, noise: bool = False) -> Iterator[Step]:
        """Every kept revision of an object: what changed, when and by whom; read as one goes."""
        yield from self._told(self.connector.history(history.key), history, noise=noise)

    def _told(self, records: Iterable[Record], history: History, *, noise: bool) -> Iterator[Step]:
        from etcdpod.history.writers.attribute import annotate  # lists need neither

        bare = steps(records, self._decode, compact_revision=history.compact_revision, noise=noise)
        for step in annotate(bare, self.clock, self):
            yield step if self.show_secrets else _masked(step)

    def follow(self, history: History, *, noise: bool = False) -> Iterator[Step]:
        """As ``steps``, and then every new revision of the object as it is written; endless.

        Raises:
            UsageError: the source is one that does not change.
        """
        source = self.connector
        if not isinstance(source, Watching):
            raise UsageError(
                f"{source.info().target} does not change, so there is nothing to follow"
            )
        kept = source.history(history.key)
        coming = source.watch_key(history.key, kept.through_revision + 1)
        yield from self._told(chain(kept, coming), history, noise=noise)

    def _decode(self, record: Record) -> dict[str, Any] | Encrypted | Undecodable:
        outcome = self.decoder.decode(record.key, record.value, revision=record.mod_revision)
        return outcome.object if isinstance(outcome, Decoded) else outcome


def _masked(step: Step) -> Step:
    if step.object is None or mask(step.object) is step.object:
        return step
    kind = str(step.object.get("kind", ""))
    return replace(step, object=mask(step.object), changes=mask_changes(kind, step.changes))
