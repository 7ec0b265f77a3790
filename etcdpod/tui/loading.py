"""Long work in threads, which posts its results and never touches a widget.

Reading holds Python's interpreter lock for as long as a chunk takes, so chunks are short, and
between two of them the event loop gets its turn.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from etcdpod.connectors.base import Watching
from etcdpod.connectors.live.notices import Notice, NoticeCode, notice_text
from etcdpod.errors import EtcdpodError
from etcdpod.forensics.activity.activity import Ledger
from etcdpod.forensics.incident.axis import clock_samples
from etcdpod.forensics.incident.model import rising
from etcdpod.records import Severity
from etcdpod.session import Session
from etcdpod.tui.messages import (
    ConnectionChanged,
    KeysRead,
    OpeningFailed,
    Progress,
    Said,
    SourceCompacted,
    SourcesOpened,
    TimesRead,
)
from etcdpod.tui.model.revision_times import RevisionTimes
from etcdpod.tui.work_priority import Rank

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.message import Message

    from etcdpod.connectors.base import Connector
    from etcdpod.history.lives import Registry
    from etcdpod.records import Record
    from etcdpod.session import SourceOptions
    from etcdpod.tui.model.browser_state import BrowserState
    from etcdpod.tui.work_priority import WorkPriority

    Post = Callable[[Message], object]
    Stopped = Callable[[], bool]

KEYS_AT_ONCE = 2000
"""Heads taken between two pauses."""

TELL_EVERY = 0.4
"""Seconds between two progress messages."""

SHOW_SHARE = 4
"""Showing takes longer with more rows: the table is rebuilt after a quarter more time."""

FIRST_LONGEST, LONGEST_BREAK = 1.0, 0.02
"""Seconds that reading keys waits for visible rows: at first, and later."""

PATIENT_PAUSE = 0.004
"""The same for background work."""

COARSE, FINE = 32, 240
"""Revisions of an axis that are dated, at first and then."""

FOR_TIMES = 15.0
"""Seconds that the second dating may take."""

PAUSE = 0.001
"""Seconds left to the event loop."""

FIRST_PAUSE = 0.05
"""The same after the first keys, so that their rows are read and drawn first."""


def open_sources(
    options: SourceOptions, priority: WorkPriority, post: Post, stopped: Stopped
) -> None:
    """Open the sources, then read the keys of all revisions, then their times."""
    ledger = Ledger()
    try:
        session = Session.open(replace(options, **_hooks(post, stopped)))
        registry = session.registry
        _ = registry.types, registry.prefixes  # read now, so that later calls need not wait
        info = session.info
        ledger.compact_revision = info.compact_revision
        ended = None if info.kind == "live" else registry.clock.span(info.current_revision).estimate
        post(SourcesOpened(session, info, ledger, ended))
    except (EtcdpodError, OSError) as error:
        post(OpeningFailed(str(error)))
        return
    read_keys(registry, ledger, priority, post, stopped)
    if len(ledger) and not stopped():
        main = ledger.columns.main
        read_times(registry, (int(main[0]), int(main[-1])), priority, post, stopped)


def _hooks(post: Post, stopped: Stopped) -> dict[str, Any]:
    """The session's hooks for notices and progress."""

    def notify(notice: Notice) -> None:
        text = notice_text(notice)
        if notice.code is NoticeCode.CONNECTION_LOST:
            post(ConnectionChanged(text))
        elif notice.code is NoticeCode.CONNECTION_RESTORED:
            post(ConnectionChanged(""))
        post(Said(text))

    def progress(topic: str) -> Callable[[int, int], None]:
        def report(done: int, total: int) -> None:
            text = f"{topic} … {100 * done // max(total, 1)} %" if done < total else ""
            post(Progress(text, topic))

        return report

    @contextmanager
    def long_work(topic: str) -> Iterator[Callable[[int, int], bool]]:
        report = progress(topic)

        def step(done: int, total: int) -> bool:
            report(done, total)
            return stopped()

        yield step
        report(1, 1)

    return {"notify": notify, "progress": progress, "long_work": long_work}


def read_keys(
    registry: Registry, ledger: Ledger, priority: WorkPriority, post: Post, stopped: Stopped
) -> None:
    """Read the keys of every kept revision, and report progress."""
    begun = report = shown = time.monotonic()
    for chunk in chunks(iter(registry.connector.records(keys_only=True)), KEYS_AT_ONCE):
        if stopped():
            return
        first = len(ledger) == 0
        ledger.add(chunk)
        now = time.monotonic()
        if first or now - report > TELL_EVERY:
            report = now
            post(Progress(f"reading revisions … {len(ledger):,}", "records"))
        if first or now - shown > max(TELL_EVERY, (now - begun) / SHOW_SHARE):
            shown = now
            post(KeysRead(done=False))
        time.sleep(FIRST_PAUSE if first else PAUSE)
        priority.give_way(Rank.LISTED, FIRST_LONGEST if first else LONGEST_BREAK)
    post(Progress("", "records"))
    post(KeysRead(done=True))


def read_times(
    registry: Registry, span: tuple[int, int], priority: WorkPriority, post: Post, stopped: Stopped
) -> None:
    """Date the revisions of an axis: a few at first, then one for each column."""
    begun = time.monotonic()
    for count, pause in ((COARSE, PAUSE), (FINE, PATIENT_PAUSE)):
        samples = []
        for sample in clock_samples(registry.clock, *span, count):
            if stopped():
                return
            samples.append(sample)
            time.sleep(pause)
            priority.give_way(Rank.DATED)
        post(TimesRead(RevisionTimes(rising(samples))))
        if (time.monotonic() - begun) / COARSE * FINE > FOR_TIMES:
            return  # coarse times must do


def chunks(records: Iterator[Record], size: int) -> Iterator[list[Record]]:
    """The records in lists of a size."""
    while chunk := list(islice(records, size)):
        yield chunk


def follow(
    state: BrowserState, since: int, take: Callable[[Record], object], post: Post, stopped: Stopped
) -> None:
    """Hand over every new revision of a live source, without its value, until it is closed."""
    connector = state.connector
    if not isinstance(connector, Watching):
        return
    lost = _losses(connector)
    for record in connector.watch(b"", since):
        if stopped():
            return
        if _losses(connector) > lost:  # deletions in between are unknown
            post(SourceCompacted(state.session.info))
            return
        take(replace(record, value=b""))


def _losses(connector: Connector) -> int:
    return sum(defect.severity is Severity.LOSS for defect in connector.damage)
