"""Pods and nodes as lanes: their states over all kept revisions, with marks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from etcdpod.forensics.incident.model import Lane, LaneSpan, LaneState, Mark, MarkKind
from etcdpod.forensics.incident.silence import LEASE_SECONDS, node_renewals, silences, with_silences
from etcdpod.forensics.incident.state import (
    NODE_PROJECTION,
    POD_PROJECTION,
    exit_text,
    node_state,
    pod_state,
)
from etcdpod.history.lost_tombstones import LEFT_OVER, ended_unseen
from etcdpod.kube.model.fields import field as field_of
from etcdpod.kube.model.fields import mapping, members, number, text
from etcdpod.kube.model.keys import parse_key
from etcdpod.kube.model.reasons import IMAGE_REASONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etcdpod.history.lives import Registry
    from etcdpod.kube.codec import Projection
    from etcdpod.records import Record

    Progress = Callable[[int], None]

PROGRESS_EVERY = 200
"""Revisions between two calls of a progress function."""


@dataclass
class LaneBuilder:
    """Builds a lane from the revisions of one key, added in revision order."""

    kind: str
    namespace: str
    name: str
    spans: list[LaneSpan] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    _state: tuple[LaneState, str] | None = None
    _since: int = 0
    _life: int = -1
    _version: int = 0
    _left_over: int | None = None
    last: int = 0
    """The newest added revision if it is a put, else 0."""
    _node: str = ""
    _restarts: dict[str, int] = field(default_factory=dict)
    _note: str = ""

    def add(self, record: Record, found: dict[str, Any] | None) -> None:
        """Add a revision; ``found`` is None for a deletion or an undecodable value."""
        revision = record.mod_revision
        if self._left_over is None and record.provenance.trust in LEFT_OVER:
            self._left_over = revision
        if record.tombstone:
            self._close(revision)
            self.last = 0
            self.marks.append(Mark(revision, MarkKind.GONE, "deleted"))
            return
        if record.create_revision != self._life:
            self._begin(record)
        elif 0 < self._version < record.version - 1:
            self._gap()
        self._version, self.last = record.version, revision
        state = (LaneState.UNREADABLE, "") if found is None else self._state_of(found)
        if state != self._state:
            self._close(revision)
            self._state, self._since = state, revision
        if found is not None and self.kind == "pods":
            self._mark(revision, found)

    def lane(self, end: int) -> Lane:
        """The lane up to and including revision ``end``."""
        self._close(end + 1, keep=True)
        return Lane(
            self.kind,
            self.namespace,
            self.name,
            tuple(self.spans),
            tuple(self.marks),
            self._note,
            self._left_over,
        )

    def _state_of(self, found: dict[str, Any]) -> tuple[LaneState, str]:
        return pod_state(found) if self.kind == "pods" else node_state(found)

    def _begin(self, record: Record) -> None:
        """Begin an incarnation, with a gap from its creation to its first kept revision."""
        self._close(record.create_revision)
        self._life = record.create_revision
        self._restarts = {}
        if record.create_revision < record.mod_revision:
            self._state, self._since = (LaneState.NOT_KEPT, ""), record.create_revision

    def _gap(self) -> None:
        """Begin a gap up to the next kept revision."""
        self._close(self.last + 1)
        self._state, self._since = (LaneState.NOT_KEPT, ""), self.last + 1

    def end_unseen(self, compact_revision: int) -> None:
        """End the object, whose deletion was compacted."""
        self._gap()
        self._close(compact_revision + 1)
        self.marks.append(Mark(compact_revision, MarkKind.GONE, "deleted by then"))

    def _close(self, revision: int, *, keep: bool = False) -> None:
        if self._state is not None and self._since < revision:
            span = LaneSpan(self._since, revision, *self._state)
            if keep and self.spans and self.spans[-1].start == span.start:
                self.spans.pop()
            self.spans.append(span)
        if not keep:
            self._state = None

    def _mark(self, revision: int, pod: dict[str, Any]) -> None:
        node = text(pod, "spec", "nodeName")
        if node and node != self._node:
            if self._node:
                self.marks.append(Mark(revision, MarkKind.MOVED, f"{self._node} → {node}"))
            self._node = node
        status = mapping(pod, "status")
        for container in _containers(status):
            name, count = text(container, "name"), number(container, "restartCount")
            if count > self._restarts.get(name, count if revision != self._life else 0):
                self.marks.append(Mark(revision, MarkKind.RESTART, _restart_text(container, count)))
            self._restarts[name] = count
        self._note = _note(status)


def _containers(status: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from members(status, "initContainerStatuses")
    yield from members(status, "containerStatuses")


def _ended(container: dict[str, Any]) -> Any:
    """The last terminated state of a container, current or previous; None if it has none."""
    last = field_of(container, "lastState", "terminated")
    return last or field_of(container, "state", "terminated")


def _restart_text(container: dict[str, Any], count: int) -> str:
    last = _ended(container)
    after = f" after {exit_text(last)}" if last else ""
    return f"{text(container, 'name')}: restart {count}{after}"


def _note(status: dict[str, Any]) -> str:
    """The most relevant fact at a revision; empty if nothing is wrong."""
    for entry in members(status, "conditions"):
        if entry.get("type") == "PodScheduled" and entry.get("status") == "False":
            return _joined("unschedulable", text(entry, "message"))
    if status.get("phase") == "Failed":
        return _joined(text(status, "reason") or "Failed", text(status, "message"))
    for container in _containers(status):
        count, ended = number(container, "restartCount"), _ended(container)
        if count and ended:
            plural = "s" if count > 1 else ""
            return f"{text(container, 'name')}: {exit_text(ended)}, {count} restart{plural}"
        if text(container, "state", "waiting", "reason") in IMAGE_REASONS:
            return f"{text(container, 'name')}: {text(container, 'image')}"
    return ""


def _joined(word: str, message: str) -> str:
    """``word: first clause of the message``, which may be long or empty."""
    clause = message.partition(". ")[0].partition("\n")[0][:90]
    return f"{word}: {clause}" if clause else word


def pod_lanes(
    registry: Registry, namespace: str | None = None, *, progress: Progress | None = None
) -> list[Lane]:
    """The lanes of all pods of the source, deleted ones included, by first revision."""
    builders = _read(registry, "pods", namespace, POD_PROJECTION, progress)
    end = registry.connector.info().current_revision
    return sorted((b.lane(end) for b in builders.values()), key=lambda lane: lane.first)


def node_lanes(registry: Registry) -> list[Lane]:
    """The lanes of the nodes, with the spans without a Lease renewal."""
    end = registry.connector.info().current_revision
    renewals = node_renewals(registry)
    lanes = []
    for builder in _read(registry, "nodes", None, NODE_PROJECTION, None).values():
        quiet = silences(renewals.get(builder.name, ()), LEASE_SECONDS)
        lanes.append(with_silences(builder.lane(end), quiet))
    return sorted(lanes, key=lambda lane: lane.name)


def _read(
    registry: Registry,
    plural: str,
    namespace: str | None,
    projection: Projection,
    progress: Progress | None,
) -> dict[bytes, LaneBuilder]:
    builders: dict[bytes, LaneBuilder] = {}
    count = 0
    for prefix in registry.key_prefixes(registry.resolve(plural), namespace):
        for record in registry.connector.records(prefix):
            builder = builders.get(record.key)
            if builder is None:
                builder = builders[record.key] = _builder(registry, plural, record.key)
            item = None if record.tombstone else registry.read(record, projection=projection)
            builder.add(record, None if item is None else item.object)
            count += 1
            if progress is not None and count % PROGRESS_EVERY == 0:
                progress(count)
    _end_unseen(registry, builders)
    return builders


def _end_unseen(registry: Registry, builders: dict[bytes, LaneBuilder]) -> None:
    connector = registry.connector
    compacted = connector.info().compact_revision
    for key, builder in builders.items():
        if builder.last and ended_unseen(connector, key, builder.last, compacted):
            builder.end_unseen(compacted)


def _builder(registry: Registry, plural: str, key: bytes) -> LaneBuilder:
    for prefix in registry.prefixes:
        parsed = parse_key(key, prefix)
        if parsed is not None:
            return LaneBuilder(plural, parsed.namespace or "", parsed.name)
    return LaneBuilder(plural, "", key.decode(errors="backslashreplace"))
