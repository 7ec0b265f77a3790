"""Opening a data directory reports its progress as messages, prints nothing, and can be stopped."""

from __future__ import annotations

from paths import TESTDATA

from etcdpod.session import SourceOptions
from etcdpod.tui.loading import open_sources
from etcdpod.tui.messages import OpeningFailed, Progress, SourcesOpened
from etcdpod.tui.work_priority import WorkPriority

MEMBER = TESTDATA / "wal"


def test_reading_a_log_tells_the_title_bar_and_clears_it(capsys) -> None:
    posted: list[object] = []
    open_sources(
        SourceOptions(targets=(str(MEMBER),)), WorkPriority(), posted.append, lambda: False
    )
    assert any(isinstance(message, SourcesOpened) for message in posted)
    assert not any(isinstance(message, OpeningFailed) for message in posted)
    told = [message for message in posted if isinstance(message, Progress)]
    assert {"reading the log", "replaying the log"} <= {message.topic for message in told}
    assert {message.topic: message.text for message in told}["replaying the log"] == ""
    assert capsys.readouterr().err == ""


def test_who_leaves_does_not_wait_for_the_log() -> None:
    posted: list[object] = []
    open_sources(SourceOptions(targets=(str(MEMBER),)), WorkPriority(), posted.append, lambda: True)
    (opened,) = [message for message in posted if isinstance(message, SourcesOpened)]
    # It was opened with what was read until then.
    assert opened.info.current_revision >= 1
