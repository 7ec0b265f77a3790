"""The history of one object as the history screen and the panes show it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from etcdpod.history.diff.missing import missing
from etcdpod.history.diff.objects import changes
from etcdpod.history.lives import History
from etcdpod.history.text.table import who
from etcdpod.kube.model.paths import touches
from etcdpod.kube.model.secret import mask_changes
from etcdpod.tui.model.safe_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from etcdpod.changes import Change, Step
    from etcdpod.history.lives import Registry
    from etcdpod.records import Revision
    from etcdpod.registry.objects import Item


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One revision of an object; the object itself is read again when it is displayed."""

    step: Step
    who: str
    """The writer in a word or two; safe to draw."""
    what: str
    """What changed, in one line; safe to draw."""

    @property
    def revision(self) -> int:
        """The main revision."""
        return self.step.record.mod_revision

    @property
    def by_intent(self) -> bool:
        """Whether it changed the desired state (the spec), not only the reported one."""
        if self.step.event != "MODIFIED":
            return False
        return any(change.path.startswith(_INTENT) for change in self.step.changes)

    @property
    def time(self) -> datetime | None:
        """The best estimate of when it was written, UTC."""
        return None if self.step.time is None else self.step.time.estimate


_INTENT = ("spec.", "data.", "metadata.deletionTimestamp", "metadata.labels", "roleRef.")


@dataclass(frozen=True, slots=True)
class Heading:
    """A line between revisions: the beginning of an incarnation, or a gap."""

    text: str
    gap: bool = False


@dataclass(frozen=True)
class ObjectHistory:
    """All that is kept of one key."""

    key: bytes
    entries: tuple[HistoryEntry, ...]
    """Oldest first."""
    missing: tuple[str, ...]
    """What is not kept, in sentences."""
    incarnations: int

    def up_to(self, revision: int | None) -> tuple[HistoryEntry, ...]:
        """The entries up to a revision."""
        if revision is None:
            return self.entries
        return tuple(entry for entry in self.entries if entry.revision <= revision)


def read_history(registry: Registry, key: bytes, *, noise: bool = False) -> ObjectHistory | None:
    """Read every kept revision of a key; None if there is none."""
    last = None
    for life in iterate_history(registry, key, noise=noise):
        last = life
    return last


def history_of(registry: Registry, key: bytes) -> History | None:
    """All incarnations of a key, without values; None if no revision of it is kept."""
    info = registry.connector.info()
    lives = registry.history_of_key(key, info.compact_revision)
    return History(key, lives, info.compact_revision, info.current_revision) if lives else None


def iterate_history(
    registry: Registry, key: bytes, *, noise: bool = False
) -> Iterator[ObjectHistory]:
    """Read a history in parts; each part contains all that was read so far."""
    history = history_of(registry, key)
    if history is None:
        return
    lives = history.incarnations
    gaps = missing(lives, history.compact_revision)
    entries: list[HistoryEntry] = []
    for step in registry.steps(history, noise=noise):
        entries.append(_entry(step))
        if len(entries) % PART == 0:
            yield ObjectHistory(key, tuple(entries), gaps, len(lives))
    yield ObjectHistory(key, tuple(entries), gaps, len(lives))


PART = 400
"""Revisions read between two parts."""


def _entry(step: Step) -> HistoryEntry:
    what = " · ".join(step.summary) or ("no change" if step.problem is None else str(step.problem))
    light = replace(step, object=None, record=replace(step.record, value=b""))
    return HistoryEntry(light, _who(step), one_line(what))


def _who(step: Step) -> str:
    """The writer; a client by the name it gave itself, which says what it was used for."""
    writer = step.writer
    if writer is None or writer.controller or writer.manager == writer.component:
        return who(writer)
    if not writer.manager.startswith(f"{writer.component}-"):
        return who(writer)
    return one_line(f"{'likely ' if writer.certainty == 'likely' else ''}{writer.manager}")


def headings(life: ObjectHistory, entries: Sequence[HistoryEntry]) -> list[HistoryEntry | Heading]:
    """The entries with a heading before each incarnation and at each gap."""
    lines: list[HistoryEntry | Heading] = []
    number = 0
    for entry in entries:
        step = entry.step
        if step.incarnation != number:
            number = step.incarnation
            lines.append(Heading(f"incarnation {number}   uid {one_line(step.uid) or 'unknown'}"))
        if step.missing_before:
            plural = "s" if step.missing_before > 1 else ""
            lines.append(Heading(f"{step.missing_before} revision{plural} not kept", gap=True))
        lines.append(entry)
    return lines


def touching(entries: Sequence[HistoryEntry], path: str) -> list[HistoryEntry]:
    """The entries in which something at or below a field path changed."""
    return [
        entry
        for entry in entries
        if any(touches(change.path, path) for change in entry.step.changes)
    ]


def item_at(registry: Registry, key: bytes, revision: Revision, **options: Any) -> Item | None:
    """What a key held at exactly one revision; None for a deletion, or if it is not kept."""
    for record in registry.connector.history(key, since=revision.main):
        if record.revision == revision:
            return None if record.tombstone else registry.read(record, **options)
        if record.revision > revision:
            return None
    return None


def changes_between(
    registry: Registry, key: bytes, before: Revision, after: Revision, *, noise: bool = False
) -> tuple[Change, ...]:
    """What differs between two revisions of a key; secrets compared, and then masked."""
    objects: dict[Revision, dict[str, Any] | None] = {}
    for record in registry.connector.history(key, since=before.main):
        if record.revision in (before, after) and not record.tombstone:
            objects[record.revision] = registry.read_unmasked(record).object
        if record.revision >= after:
            break
    first, second = objects.get(before), objects.get(after)
    found = changes(first, second, noise=noise)
    if registry.show_secrets:
        return tuple(found)
    return mask_changes(str((second or first or {}).get("kind", "")), found)
