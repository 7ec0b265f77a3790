"""Times the browser on a large snapshot: what a person would wait for, through Textual's pilot.

Run it from a clone with the test extra installed; it shares its snapshot with ``run.py``:

    python tests/benchmarks/browser.py
    python tests/benchmarks/browser.py --pods 333334 --batch 32 --repeat 1

Beside seconds it prints how many times ``etcdutl snapshot status`` of the same file takes, which
is what to compare between machines, and between a busy hour and a quiet one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from textual import events
from textual.keys import _character_to_key

ROOT = Path(__file__).resolve().parents[2]
# The code beside this file is measured, whether or not another copy is installed.
sys.path.insert(0, str(ROOT))

from fill import binary, snapshot_of  # noqa: E402
from measure import peak_memory, wall_seconds  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

MEGABYTE = 1_000_000
SIZE = (120, 40)
PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.002
"""Between two looks at what has come meanwhile."""

FILTERS = ("pod-01", "running", "!running", "status=running", "-l app=web", "restarts>1")
"""Typed letter by letter; each letter is a keystroke that the table has to answer."""

CURSOR_KEYS = (*["left"] * 25, *["comma"] * 10, *["left_square_bracket"] * 2, *["right"] * 25)
"""Keys that move the time cursor."""


class Wait(NamedTuple):
    """Something a person waits for."""

    name: str
    limit: float
    """Seconds on a quiet machine with two cores."""


WAITS = (
    Wait("first rows", 1.5),
    Wait("complete: every object listed", 3.0),
    Wait("every cell read", 0.0),
    Wait("a key in the filter, worst", 0.1),
    Wait("a move in time, worst", 0.15),
    Wait("the loop blocked, worst", 0.15),
)
"""A limit of 0 is none: it is measured and not judged."""


# --- in the measured process -----------------------------------------------------------------


def drive(path: Path, started: float) -> None:
    """Run the command ``tui`` on a screen that nobody sees, and print what was measured."""
    from etcdpod.cli.main import main as etcdpod
    from etcdpod.tui.app import EtcdpodApp

    found: dict[str, float] = {}

    async def pilot(pilot: Pilot[str]) -> None:
        blocked = asyncio.create_task(_worst_block())
        await _open(pilot, found, started)
        await _type(pilot, found)
        await _travel(pilot, found)
        blocked.cancel()
        found["the loop blocked, worst"] = await blocked
        pilot.app.exit()

    run = EtcdpodApp.run
    EtcdpodApp.run = lambda app: run(app, headless=True, size=SIZE, auto_pilot=pilot)
    try:
        etcdpod(["tui", "--from", str(path)])
    except SystemExit:
        print(json.dumps(found))


async def _open(pilot: Pilot[str], found: dict[str, float], started: float) -> None:
    app = pilot.app
    table = app.browser.objects

    async def reached(name: str, what: Callable[[], bool]) -> None:
        while not what():
            await asyncio.sleep(LOOK_SECONDS)
        found[name] = time.time() - started

    await reached("first rows", lambda: table.listing is not None and _filled(table))
    await reached("complete: every object listed", lambda: app.state.complete)
    listing = table.listing
    await reached("every cell read", lambda: not listing.unread_of_view())
    while any(not worker.is_finished for worker in app.workers):
        await asyncio.sleep(LOOK_SECONDS)


def _filled(table: object) -> bool:
    """Whether every row that can be seen shows its cells."""
    entries = table.listing.entries
    rows = table.visible_rows
    return len(rows) > 0 and all(entries[index].content is not None for index in rows)


async def _worst_block() -> float:
    """The longest time for which nothing else could run, until it is cancelled."""
    worst = 0.0
    try:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(LOOK_SECONDS)
            worst = max(worst, time.perf_counter() - before - LOOK_SECONDS)
    except asyncio.CancelledError:
        return worst


async def _type(pilot: Pilot[str], found: dict[str, float]) -> None:
    table, worst = pilot.app.browser.objects, 0.0
    for text in FILTERS:
        await pilot.press("slash")
        for end, letter in enumerate(text, 1):
            typed = text[:end]
            taken = await _answered(pilot, letter, lambda: table.view.filter.text == typed)  # noqa: B023
            worst = max(worst, taken)
        await pilot.press("escape")
    found["a key in the filter, worst"] = worst


async def _travel(pilot: Pilot[str], found: dict[str, float]) -> None:
    browser, worst = pilot.app.browser, 0.0
    for key in CURSOR_KEYS:
        before = browser.at
        taken = await _answered(pilot, key, lambda: browser.at != before)  # noqa: B023
        worst = max(worst, taken)
    found["a move in time, worst"] = worst


async def _answered(pilot: Pilot[str], key: str, what: Callable[[], bool]) -> float:
    """Seconds from a key to the screen that shows its effect, with every cell in view.

    The key is put where the terminal puts it: ``Pilot.press`` would wait for an idle processor
    afterwards, in steps of 20 ms.
    """
    app = pilot.app
    table = app.browser.objects
    letter = key if len(key) == 1 else None
    begun = time.perf_counter()
    app.post_message(events.Key(_character_to_key(key) if letter else key, letter))
    while not (what() and (len(table.listing.entries) == 0 or _filled(table))):
        await asyncio.sleep(LOOK_SECONDS)
        if time.perf_counter() - begun > PATIENCE_SECONDS:
            raise TimeoutError(f"no answer to {key}")
    while app.screen._dirty_widgets or app.screen._layout_required:
        await asyncio.sleep(LOOK_SECONDS)  # it is not drawn yet
    taken = time.perf_counter() - begun
    await pilot.pause()
    return taken


# --- around it -------------------------------------------------------------------------------


def main() -> int:
    """Measure, print a table; 1 when a limit is broken under --check."""
    options = _options()
    if options.drive:
        drive(options.drive, float(os.environ.get("STARTED", time.time())))
        return 0
    path = snapshot_of(options.directory.resolve(), options.pods, 3, options.batch)
    base = wall_seconds([binary("etcdutl"), "snapshot", "status", str(path)], 3)
    runs = [_run(path) for _ in range(options.repeat)]
    memory = peak_memory(_command(path))
    print(f"{path.name}: {options.pods * 3} revisions, {path.stat().st_size / MEGABYTE:.0f} MB")
    print(f"{'etcdutl snapshot status':32} {base:7.3f} s")
    broken = 0
    for wait in WAITS:
        taken = statistics.median(run[wait.name] for run in runs)
        late = 0 < wait.limit < taken
        broken += late
        allowed = f"of {wait.limit:4.2f} s" if wait.limit else " " * 9
        late_text = "  TOO SLOW" if late else ""
        print(f"{wait.name:32} {taken:7.3f} s {allowed}  {taken / base:6.2f} x{late_text}")
    print(f"memory of its own {memory.largest / MEGABYTE:.0f} MB")
    return 1 if broken and options.check else 0


def _command(path: Path) -> list[str]:
    return [sys.executable, __file__, "--drive", str(path)]


def _environment() -> dict[str, str]:
    return {**os.environ, "STARTED": repr(time.time())}


def _run(path: Path) -> dict[str, float]:
    done = subprocess.run(
        _command(path), check=True, stdout=subprocess.PIPE, env=_environment(), text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pods", type=int, default=20_000, help="of 3 revisions (%(default)s)")
    parser.add_argument("--batch", type=int, default=1, help="puts in one transaction")
    parser.add_argument("--repeat", type=int, default=5, help="runs (%(default)s)")
    parser.add_argument("--check", action="store_true", help="exit 1 when a limit is broken")
    parser.add_argument("--drive", type=Path, help=argparse.SUPPRESS)
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path(tempfile.gettempdir()) / "etcdpod-benchmark",
        help="where snapshots are kept (%(default)s)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
