"""Times etcdpod on a large data directory against ``cat`` of its files through ``sha256sum``.

Run it from a clone with the test extra installed:

    python tests/benchmarks/large.py
    python tests/benchmarks/large.py --check --directory /tmp/bench

A limit is three times what ``cat | sha256sum`` takes plus one second for each 100 MB. The members
are made once by a real etcd and kept below ``--directory``: one with a database of 1 GB and the
last 320 MB of its log, one with as much log in small writes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
# The code beside this file is measured, whether or not another copy is installed.
sys.path.insert(0, str(ROOT))

from measure import peak_memory, wall_seconds  # noqa: E402
from member import BUSY, LARGE, member_of  # noqa: E402
from pods import pod_name  # noqa: E402

MEGABYTE = 1_000_000
MOST_MEMORY = 300 * MEGABYTE
"""Anonymous memory of a process."""
ACCEPTED = (0, 4)
"""Exit codes: a log without its database is told as damage."""


class Subject(NamedTuple):
    """What is read."""

    name: str
    target: Path
    files: list[Path]
    pod: int
    """Number of a pod that was deleted, whose history is asked for."""


class Job(NamedTuple):
    """One command; some are measured and not judged."""

    name: str
    arguments: tuple[str, ...]
    is_judged: bool = True


JOBS = (
    Job("info", ("info",)),
    Job("history of one pod", ("history", "POD")),
    Job("get --deleted, one namespace", ("get", "pods", "-n", "ns-002", "--deleted")),
    Job("get --deleted, all", ("get", "pods", "-A", "--deleted"), is_judged=False),
)


def main() -> int:
    """Make the members, run every job, print a table; 1 when a limit is broken under --check."""
    options = _options()
    os.chdir(ROOT)
    broken = 0
    for subject in _subjects(options.directory.resolve()):
        size = sum(path.stat().st_size for path in subject.files)
        base = _hashing_seconds(subject.files, options.repeat)
        limit = 3 * base + size / (100 * MEGABYTE)
        print(
            f"{subject.name}: {size / MEGABYTE:.0f} MB, cat | sha256sum {base:.2f} s,"
            f" limit {limit:.1f} s",
            flush=True,
        )
        for job in JOBS:
            if job.is_judged or options.all:
                broken += _measure(subject, job, limit, options.repeat)
    return 1 if broken and options.check else 0


def _measure(subject: Subject, job: Job, limit: float, repeat: int) -> bool:
    words = [word.replace("POD", pod_name(subject.pod)) for word in job.arguments]
    command = [sys.executable, "-m", "etcdpod", *words, "--from", str(subject.target)]
    taken = wall_seconds(command, repeat, ACCEPTED)
    memory = peak_memory(command, ACCEPTED).largest
    late, fat = job.is_judged and taken > limit, memory > MOST_MEMORY
    print(
        f"  {job.name:28} {taken:7.2f} s  {taken / limit:5.2f} of the limit"
        f"  {memory / MEGABYTE:4.0f} MB{'  TOO SLOW' if late else ''}"
        f"{'  TOO LARGE' if fat else ''}",
        flush=True,
    )
    return late or fat


def _subjects(directory: Path) -> list[Subject]:
    large, busy = member_of(directory, LARGE), member_of(directory, BUSY)
    database, small = (member / "member" / "snap" / "db" for member in (large, busy))
    return [
        Subject("database and log", large, [database, *_segments(large)], 60_000),
        Subject("database alone", database, [database], 60_000),
        Subject("log alone", large / "member" / "wal", _segments(large), 60_000),
        Subject("log of small writes", busy, [small, *_segments(busy)], 4_000),
    ]


def _segments(member: Path) -> list[Path]:
    return sorted((member / "member" / "wal").glob("*.wal"))


def _hashing_seconds(files: list[Path], times: int) -> float:
    """Median time of ``cat FILES | sha256sum``, after one run that is not counted."""
    taken = []
    for _ in range(times + 1):
        started = time.perf_counter()
        with subprocess.Popen(["cat", *map(str, files)], stdout=subprocess.PIPE) as reader:
            subprocess.run(
                ["sha256sum"], stdin=reader.stdout, stdout=subprocess.DEVNULL, check=True
            )
        taken.append(time.perf_counter() - started)
    return sorted(taken[1:])[times // 2]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3, help="runs of each command (%(default)s)")
    parser.add_argument("--all", action="store_true", help="also what has no limit")
    parser.add_argument("--check", action="store_true", help="exit 1 when a limit is broken")
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path(tempfile.gettempdir()) / "etcdpod-benchmark",
        help="where the members are kept (%(default)s)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
