"""The only place that writes to stderr, and that decides the exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

from etcdpod.damage_text import damage_text
from etcdpod.errors import EtcdpodError, ExitCode
from etcdpod.kubectl.formats.safe import printable
from etcdpod.records import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from etcdpod.connectors.live.notices import Notice
    from etcdpod.damage import Damage

INTERRUPTED = 130
"""128 + SIGINT, what a shell expects of an interrupted command."""

QUIET_SECONDS, REDRAW_SECONDS = 1.0, 0.1
"""Of a long work: what takes less is not shown; what is shown is drawn no oftener."""

SHOWN_DAMAGE = 5
"""Defects printed one by one; the rest are counted."""


def say(text: str) -> None:
    """One line of talk on stderr."""
    print(printable(text), file=sys.stderr)


def say_notice(notice: Notice) -> None:
    """Print what a live source reports while it is opened and read."""
    from etcdpod.connectors.live.notices import notice_text

    say(notice_text(notice))


def fail(error: EtcdpodError) -> ExitCode:
    """Print what went wrong, and give the code that belongs to it."""
    say(f"etcdpod: {error}")
    return error.exit_code


def report_damage(damage: Iterable[Damage]) -> bool:
    """Print the defects of a source, the first few in full; True if any may cost an answer."""
    found = list(damage)
    for defect in found[:SHOWN_DAMAGE]:
        say(f"etcdpod: {defect.severity.value}: {damage_text(defect)}")
    if len(found) > SHOWN_DAMAGE:
        say(
            f"etcdpod: {len(found) - SHOWN_DAMAGE} more defects; "
            "`etcdpod info` lists what is known of the file"
        )
    return any(defect.severity is not Severity.NOTE for defect in found)


def guarded(command: Callable[[], ExitCode]) -> int:
    """Run a command; a failure becomes one line, a closed pipe or Ctrl-C no traceback."""
    try:
        code = command()
        sys.stdout.flush()
    except EtcdpodError as error:
        return fail(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FOUND
    except KeyboardInterrupt:
        say("etcdpod: interrupted")
        return INTERRUPTED
    return code


class InterruptibleWork:
    """A long work: how far it is, on a terminal after a second; and Ctrl-C that ends it early.

    What was read until then is kept, and the answer is made from it. A second Ctrl-C quits.
    Called with what is done and the whole; returns whether to end the work.
    """

    was_ended: ClassVar[bool] = False
    """Whether one was: from then on Ctrl-C quits."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._started = self._shown_at = time.monotonic()
        self._is_shown = self._is_asked = self._is_told = False
        self._previous: Any = None

    def __enter__(self) -> InterruptibleWork:
        if (
            threading.current_thread() is threading.main_thread()
            and not InterruptibleWork.was_ended
        ):
            self._previous = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)
        self._clear()

    def __call__(self, done: int, whole: int) -> bool:
        """Show it; True where the user wants it to end."""
        now = time.monotonic()
        if now - self._started > QUIET_SECONDS and now - self._shown_at > REDRAW_SECONDS:
            self._show(done * 100 // max(whole, 1))
            self._shown_at = now
        if self._is_asked and not self._is_told:
            self._is_told = InterruptibleWork.was_ended = True
            self._clear()
            say(f"etcdpod: {self._what} ends here: showing partial results")
            say("etcdpod: Ctrl-C again quits")
        return self._is_asked

    def _show(self, percent: int) -> None:
        if sys.stderr.isatty() and not self._is_told:
            text = f"\retcdpod: {self._what}: {percent} % (Ctrl-C: show partial results)"
            print(text, end="", file=sys.stderr, flush=True)
            self._is_shown = True

    def _clear(self) -> None:
        if self._is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._is_shown = False

    def _interrupt(self, *_: object) -> None:
        if self._is_asked:
            raise KeyboardInterrupt
        self._is_asked = True


def progress(what: str) -> Callable[[int, int], None]:
    """Shows how far a long work is, on one line of a terminal that is written over."""

    def show(done: int, whole: int) -> None:
        share = f" {done * 100 // whole} %" if whole > 0 else ""
        end = "\n" if done >= whole > 0 else ""
        print(f"\retcdpod: {what}: {done:,} bytes{share}", end=end, file=sys.stderr, flush=True)

    return show
