"""A folder of our own for what is unpacked, which goes with us, however we go.

What is in it is a whole registry, Secrets included: it may not be left behind where a terminal is
closed or a job is cancelled. Against SIGKILL nothing helps.
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
"""What ends a process without Python's help."""
_open: dict[Path, int] = {}
"""The folders, and the process that made each: a forked worker removes none."""


class PrivateFolder:
    """A new folder that nobody else may enter."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="etcdpod-")
        self.path = Path(self._folder.name)
        _open[self.path] = os.getpid()
        _catch_endings()

    def remove(self) -> None:
        """Remove it with all that is in it; may be called twice."""
        self._folder.cleanup()
        _open.pop(self.path, None)


def _catch_endings() -> None:
    """Handle the signals that would end this process, where nobody else handles them."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in ENDINGS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    """Remove the folders, then end as the signal would have ended us."""
    for path, process in list(_open.items()):
        if process == os.getpid():
            shutil.rmtree(path, ignore_errors=True)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
