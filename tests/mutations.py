"""Damages databases, logs and values thousands of times and counts what etcdpod makes of it.

    python tests/mutations.py --count 10000

The table has a line for each kind of damage. ``refused``: an error in words. ``told``: damage is
reported. ``harmless``: nothing is said, and every answer is right. ``silent``: an answer differs
and nothing is said. ``unprotected``: a record of trust A differs in its revision, key, numbers,
value or lease, which etcd protects by no checksum, and no sound log has it. ``false``: a record of
trust A or B is wrong although something could have told; there must be none.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from mutation import Tally, case, stored_values, subjects, value_case  # noqa: E402

MOST_MEMORY = 3 << 30
"""Bytes of address space, mapped files included."""
SHARES = (("small", 40), ("snapshot", 20), ("shop", 6), ("late", 6))
"""How many of a hundred cases are of which subject; the rest are values."""


def main() -> int:
    """Run all cases; 1 where anything was false."""
    options = _options()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    tally, started = Tally(), time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        found = {subject.name: subject for subject in subjects(Path(scratch))}
        values = stored_values()
        plan = [name for name, share in SHARES for _ in range(share) if name in found]
        slowest = 0.0
        for number in range(options.count):
            seed, began = options.seed + number, time.monotonic()
            turn = number * 37 % 100
            try:
                if turn < len(plan):
                    tally.add(seed, *case(found[plan[turn]], seed))
                else:
                    tally.add(seed, *value_case(values, seed))
            except BaseException:
                print(f"seed {seed} failed", file=sys.stderr)
                raise
            slowest = max(slowest, time.monotonic() - began)
    print("\n".join(tally.lines()))
    print("\n".join(tally.false[:50]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    taken = time.monotonic() - started
    print(f"{options.count} cases in {taken:.0f} s, the slowest {slowest:.1f} s, {peak} MB at most")
    return 1 if tally.false else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="cases (%(default)s)")
    parser.add_argument("--seed", type=int, default=20_261_123, help="of the first (%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
