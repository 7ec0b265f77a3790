"""How long a command takes, and how much memory of its own it and its children need."""

from __future__ import annotations

import statistics
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

POLL_SECONDS = 0.005


class Memory(NamedTuple):
    """Peaks of anonymous memory in bytes: what is not the mapped file."""

    largest: int
    """Of any one process."""
    together: int
    """Of all processes at the same moment."""


def wall_seconds(command: list[str], times: int, accepted: Sequence[int] = (0,)) -> float:
    """Median wall time of a whole process, after one run that is not counted.

    Args:
        command: what is run.
        times: how often.
        accepted: exit codes that are as they should be.
    """
    taken = []
    for _ in range(times + 1):
        started = time.perf_counter()
        done = subprocess.run(command, check=False, **_quiet(accepted))
        taken.append(time.perf_counter() - started)
        if done.returncode not in accepted:
            raise subprocess.CalledProcessError(done.returncode, command)
    return statistics.median(taken[1:])


def peak_memory(command: list[str], accepted: Sequence[int] = (0,)) -> Memory:
    """Watch one run of ``command`` and all its children."""
    largest = together = 0
    with subprocess.Popen(command, **_quiet(accepted)) as process:
        while process.poll() is None:
            sizes = [_anonymous(pid) for pid in _family(process.pid)]
            largest = max(largest, *sizes, 0)
            together = max(together, sum(sizes))
            time.sleep(POLL_SECONDS)
    if process.returncode not in accepted:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Memory(largest, together)


def _quiet(accepted: Sequence[int]) -> dict[str, int | None]:
    """Where output goes; complaints are shown unless they are expected."""
    complaints = None if tuple(accepted) == (0,) else subprocess.DEVNULL
    return {"stdout": subprocess.DEVNULL, "stderr": complaints}


def _family(pid: int) -> list[int]:
    found = [pid]
    for number in found:
        try:
            tasks = list(Path(f"/proc/{number}/task").iterdir())
            for task in tasks:
                found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue  # it has ended meanwhile
    return found


def _anonymous(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    _, found, rest = status.partition("RssAnon:")
    return int(rest.split()[0]) * 1024 if found else 0
