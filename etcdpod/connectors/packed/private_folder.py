"""A private directory for unpacked files, removed when the process ends, however it ends.

It holds a whole registry, Secrets included, and must not be left behind when a terminal is closed
or a job is cancelled. SIGKILL cannot be handled.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

ENDINGS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)
)
"""Signals that end the process without running Python's cleanup."""
_open: dict[Path, int] = {}
"""The directories, and the process that created each: a forked worker removes none."""


class PrivateFolder:
    """A new directory that no other user may enter."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="etcdpod-")
        self.path = Path(self._folder.name)
        _open[self.path] = os.getpid()
        _catch_endings()

    def remove(self) -> None:
        """Remove it with all its contents; may be called twice."""
        self._folder.cleanup()
        _open.pop(self.path, None)


def _catch_endings() -> None:
    """Handle the signals that would end this process, unless they already have a handler."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in ENDINGS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    """Remove the directories, then end the process as the signal would have."""
    for path, process in list(_open.items()):
        if process == os.getpid():
            shutil.rmtree(path, ignore_errors=True)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
