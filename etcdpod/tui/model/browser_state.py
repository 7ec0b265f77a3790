"""The open sources, and what was read of their revisions so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING

from etcdpod.forensics.activity.activity import Ledger, writes
from etcdpod.tui.model.objects.catalog import Catalog
from etcdpod.tui.model.revision_times import RevisionTimes
from etcdpod.tui.work_priority import WorkPriority

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np

    from etcdpod.connectors.base import Connector
    from etcdpod.forensics.incident.model import Axis
    from etcdpod.history.clock.clock import Clock
    from etcdpod.history.lives import Registry
    from etcdpod.records import Record, SourceInfo
    from etcdpod.session import Session


BATCH = 0.2
"""Seconds within which records that arrive together were written."""


@dataclass
class BrowserState:
    """Shared by all screens; grown by messages, on the event loop only."""

    session: Session
    info: SourceInfo
    """As of opening: asking a live source again would be a request."""
    ended: datetime | None = None
    """When the newest revision of a file was written; None if unknown."""
    times: RevisionTimes = field(default_factory=RevisionTimes)
    ledger: Ledger = field(default_factory=Ledger)
    """All revisions read so far, without values."""
    complete: bool = False
    """Whether all keys that the source held on opening have been read."""
    priority: WorkPriority = field(default_factory=WorkPriority)
    """Which work goes first."""

    def __post_init__(self) -> None:
        registry = self.registry
        self.catalog = Catalog(self.ledger, registry.types, registry.prefixes)

    @property
    def registry(self) -> Registry:
        """The objects."""
        return self.session.registry

    @property
    def clock(self) -> Clock:
        """The times of revisions."""
        return self.registry.clock

    @property
    def connector(self) -> Connector:
        """The records."""
        return self.session.connector

    @property
    def live(self) -> bool:
        """Whether the source is a live etcd."""
        return self.info.kind == "live"

    @property
    def name(self) -> str:
        """The names of the sources; of a path the last segment."""
        targets = self.session.options.targets or (self.info.target,)
        return " + ".join(t if "://" in t else PurePath(t).name or t for t in targets)

    @property
    def newest(self) -> int:
        """The newest revision known."""
        last = int(self.ledger.columns.main[-1]) if len(self.ledger) else 0
        return max(self.info.current_revision, last)

    @property
    def oldest(self) -> int:
        """The oldest revision at which the whole registry is known."""
        if self.info.compact_revision > 0:
            return self.info.compact_revision
        return int(self.ledger.columns.main[0]) if len(self.ledger) else 1

    def add(self, records: Iterable[Record]) -> None:
        """Add records that are newer than all others."""
        self.ledger.add(records)
        self.catalog.catch_up()

    def follow(self, records: Sequence[Record], time: float) -> None:
        """Add records that were written just now, and date them by their arrival."""
        self.add(records)
        for head, moment in ((records[0], time - BATCH), (records[-1], time)):
            self.times = self.times.extended(head.mod_revision, moment)

    def start_over(self, info: SourceInfo) -> None:
        """Forget all records, to read them again."""
        self.info = info
        self.ledger = Ledger(info.compact_revision)
        self.catalog = Catalog(self.ledger, self.registry.types, self.registry.prefixes)
        self.complete = False

    def clamped(self, revision: int) -> int:
        """The nearest revision that can be shown."""
        return min(max(revision, self.oldest), self.newest)

    def now(self, at: int | None) -> datetime:
        """The time that ages are relative to, in whole seconds."""
        if at is None and self.live:
            return datetime.now(UTC).replace(microsecond=0)
        known = self.ended if at is None else None
        moment = known or self.times.at(self.newest if at is None else at)
        return (moment or datetime.now(UTC)).replace(microsecond=0)

    def axis(self, columns: int) -> Axis:
        """The axis over all revisions that can be shown."""
        return self.times.axis(self.oldest, self.newest, columns)

    def writes(self, axis: Axis, keys: np.ndarray | None = None) -> list[int]:
        """Revisions written in each column of an axis."""
        edges = [axis.revision_at(column) for column in range(axis.columns)]
        return writes(self.ledger, [*edges, axis.last + 1], keys)
