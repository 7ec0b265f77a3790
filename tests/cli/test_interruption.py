"""Ctrl-C in a long work: once to go on with what was read, twice to quit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from paths import REPOSITORY
from wal_writer import LogWriter, update

from etcdpod.cli.diagnostics import InterruptibleWork
from etcdpod.connectors.disk.datadir import DataDirectoryConnector
from etcdpod.damage import DamageCode as Code
from etcdpod.etcd.wal import columns, scan
from etcdpod.records import Severity
from etcdpod.source_details import LogDetails

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def nothing_ended_yet(monkeypatch) -> None:
    monkeypatch.setattr(InterruptibleWork, "was_ended", False)


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    # Python runs the handler before the next bytecode at the latest.
    time.sleep(0.01)


def test_the_first_time_ends_the_work_and_the_second_quits(capsys) -> None:
    before = signal.getsignal(signal.SIGINT)
    with InterruptibleWork("reading the log") as work:
        assert work(1, 10) is False
        press()
        assert work(2, 10) is True
        with pytest.raises(KeyboardInterrupt):
            press()
    assert signal.getsignal(signal.SIGINT) is before
    assert "reading the log ends here" in capsys.readouterr().err
    # The next long work does not have to be ended as well before one can quit.
    with InterruptibleWork("replaying the log"), pytest.raises(KeyboardInterrupt):
        press()


def test_nothing_is_shown_where_no_terminal_is(capsys, monkeypatch) -> None:
    monkeypatch.setattr("etcdpod.cli.diagnostics.QUIET_SECONDS", -1)
    monkeypatch.setattr("etcdpod.cli.diagnostics.REDRAW_SECONDS", -1)
    with InterruptibleWork("reading the log") as work:
        work(1, 10)
    assert capsys.readouterr().err == ""


def test_a_terminal_is_told_how_far_it_is_after_a_second(capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with InterruptibleWork("reading the log") as work:
        work(1, 10)
        assert capsys.readouterr().err == ""
        monkeypatch.setattr(work, "_started", work._started - 2)
        monkeypatch.setattr(work, "_shown_at", work._shown_at - 2)
        work(4, 10)
        assert "reading the log: 40 %" in capsys.readouterr().err
    assert capsys.readouterr().err == "\r\x1b[K"


class EndedAfter:
    """A long work that ends at its ``count``-th step; the others of that source do not."""

    def __init__(self, what: str, count: int) -> None:
        self._what, self._left, self._current = what, count, ""

    def __call__(self, what: str) -> EndedAfter:
        self._current = what
        return self

    def __enter__(self):
        return self._step

    def __exit__(self, *_: object) -> None:
        pass

    def _step(self, done: int, whole: int) -> bool:
        assert 0 <= done <= whole
        self._left -= self._current == self._what
        return self._current == self._what and self._left <= 0


def busy_member(folder: Path) -> None:
    log = LogWriter(folder / "member" / "wal")
    for number in range(3000):
        log.request(**update(b"/key/%d" % number, b"%d" % number * 9, 0))
        log.commit()
    log.save()


@pytest.mark.parametrize("what", ["reading the log", "replaying the log"])
def test_what_was_read_until_then_is_the_answer(tmp_path, monkeypatch, what: str) -> None:
    monkeypatch.setattr(columns, "BLOCK_ENTRIES", 200)
    monkeypatch.setattr(scan, "WINDOW_SIZE", 1 << 14)
    busy_member(tmp_path)
    connector = DataDirectoryConnector.open(tmp_path, long_work=EndedAfter(what, 5))
    found = [(record.mod_revision, record.value) for record in connector.records()]
    assert 100 < len(found) < 2900
    assert found == [(n + 2, b"%d" % n * 9) for n in range(len(found))]
    newest = found[-1][0]
    info = connector.info()
    assert info.current_revision == newest
    assert info.detail(LogDetails).log_complete is False
    (told,) = [damage for damage in connector.damage if damage.code is Code.LOG_INTERRUPTED]
    assert told.severity is Severity.WARNING
    assert told.revision == (newest, 0)
    codes = {damage.code for damage in connector.damage}
    assert Code.LOG_AND_DATABASE_DIFFER not in codes


SLOW = """
import sys, time
from etcdpod.etcd.wal import columns
columns.BLOCK_ENTRIES = 20
entry = columns.EntryBlock.entry
def slow_entry(block, row):
    time.sleep(0.005)
    return entry(block, row)
columns.EntryBlock.entry = slow_entry
from etcdpod.etcd.replay.fast_apply import PlainWriter
PlainWriter.run = lambda writer, row: row
print("begun", file=sys.stderr, flush=True)
from etcdpod.cli.main import main
main(["keys", "--prefix", "/key", "--from", sys.argv[1]])
"""


def interrupted(folder: Path, times: int) -> tuple[int, str, str]:
    """Run ``keys`` on a member as a slow machine would, and press Ctrl-C that often."""
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, str(folder)],
        cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert process.stderr.readline() == "begun\n"
        time.sleep(2.5)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        output, talk = process.communicate(timeout=60)
    return process.returncode, output, talk


def test_a_command_goes_on_with_what_was_read(tmp_path) -> None:
    busy_member(tmp_path)
    code, output, talk = interrupted(tmp_path, 1)
    assert code == 4, talk
    assert "ends here: showing partial results" in talk
    assert "interrupted: of the log only what leads to revision" in talk
    assert "Traceback" not in talk
    assert 0 < output.count("/key/") < 3000


def test_a_command_quits_at_the_second(tmp_path) -> None:
    busy_member(tmp_path)
    code, output, talk = interrupted(tmp_path, 2)
    assert (code, output) == (130, "")
    assert "Traceback" not in talk
