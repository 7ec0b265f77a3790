"""Times etcdpod on a large snapshot against ``etcdutl snapshot status`` of the same file.

Run it from a clone with the test extra installed:

    python tests/benchmarks/run.py
    python tests/benchmarks/run.py --pods 333334 --revisions 3 --batch 32 --repeat 3

The snapshot is made once by a real etcd and kept below ``--directory``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
# The code beside this file is measured, whether or not another copy is installed.
sys.path.insert(0, str(ROOT))

from fill import binary, snapshot_of  # noqa: E402
from measure import peak_memory, wall_seconds  # noqa: E402
from pods import pod_name  # noqa: E402

MEGABYTE = 1_000_000


class Job(NamedTuple):
    """One command and how much slower than ``etcdutl snapshot status`` it may be."""

    name: str
    arguments: tuple[str, ...]
    limit: float


JOBS = (
    Job("history of one pod", ("history", "POD"), 2.5),
    Job("get pods -A", ("get", "pods", "-A"), 6.0),
    Job("get pods -A -o jsonl", ("get", "pods", "-A", "-o", "jsonl"), 18.0),
    Job("get pods -A -o json", ("get", "pods", "-A", "-o", "json"), 28.0),
    Job("info", ("info",), 0.0),
)
"""A limit of 0 is none: the job is measured and not judged."""


def main() -> int:
    """Make the snapshot, run every job, print a table; 1 when a limit is broken under --check."""
    options = _options()
    directory = options.directory.resolve()
    os.chdir(ROOT)
    path = snapshot_of(directory, options.pods, options.revisions, options.batch)
    total = options.pods * options.revisions
    print(f"{path.name}: {total} revisions, {path.stat().st_size / MEGABYTE:.0f} MB")
    most = options.memory or (150 if total <= 100_000 else 400)
    status = [binary("etcdutl"), "snapshot", "status", str(path)]
    base = wall_seconds(status, options.repeat)
    print(f"{'etcdutl snapshot status':24} {base:7.3f} s")
    broken = 0
    for job in JOBS:
        words = [word.replace("POD", pod_name(options.pods // 2)) for word in job.arguments]
        command = [sys.executable, "-m", "etcdpod", *words, "--from", str(path)]
        taken = wall_seconds(command, options.repeat)
        memory = peak_memory(command)
        late = job.limit > 0 and taken > job.limit * base
        fat = memory.largest > most * MEGABYTE
        broken += late or fat
        allowed = f"of {job.limit:4.1f}" if job.limit > 0 else " " * 7
        print(
            f"{job.name:24} {taken:7.3f} s  {taken / base:5.2f} x {allowed}"
            f"  {memory.largest / MEGABYTE:4.0f} MB of {most} a process,"
            f" {memory.together / MEGABYTE:4.0f} MB together{'  TOO SLOW' if late else ''}"
            f"{'  TOO LARGE' if fat else ''}",
            flush=True,
        )
    return 1 if broken and options.check else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pods", type=int, default=20_000, help="distinct pods (%(default)s)")
    parser.add_argument("--revisions", type=int, default=3, help="of each pod (%(default)s)")
    parser.add_argument(
        "--batch", type=int, default=1, help="puts in one transaction, at most 128 (%(default)s)"
    )
    parser.add_argument("--repeat", type=int, default=5, help="runs of each command (%(default)s)")
    parser.add_argument("--memory", type=int, default=0, help="allowed MB of a process")
    parser.add_argument("--check", action="store_true", help="exit 1 when a limit is broken")
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path(tempfile.gettempdir()) / "etcdpod-benchmark",
        help="where snapshots are kept (%(default)s)",
    )
    options = parser.parse_args()
    if not 1 <= options.batch <= 128:
        parser.error("etcd takes 1 to 128 puts in a transaction")
    return options


if __name__ == "__main__":
    sys.exit(main())
