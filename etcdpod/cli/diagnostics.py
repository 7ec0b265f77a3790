"""The only place that writes to stderr, and that decides the exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from etcdpod.errors import EtcdpodError, ExitCode
from etcdpod.records import Severity
from etcdpod.render.safe import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from etcdpod.records import Damage

INTERRUPTED = 130
"""128 + SIGINT, what a shell expects of an interrupted command."""

SHOWN_DAMAGE = 5
"""Defects printed one by one; the rest are counted."""


def say(text: str) -> None:
    """One line of talk on stderr."""
    print(printable(text), file=sys.stderr)


def fail(error: EtcdpodError) -> ExitCode:
    """Print what went wrong, and give the code that belongs to it."""
    say(f"etcdpod: {error}")
    return error.exit_code


def report_damage(damage: Iterable[Damage]) -> bool:
    """Print the defects of a source, the first few in full; True if any may cost an answer."""
    found = list(damage)
    for defect in found[:SHOWN_DAMAGE]:
        say(f"etcdpod: {defect.severity.value}: {defect.where}: {defect.what}")
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


def progress(what: str) -> Callable[[int, int], None]:
    """Shows how far a long work is, on one line of a terminal that is written over."""

    def show(done: int, whole: int) -> None:
        share = f" {done * 100 // whole} %" if whole > 0 else ""
        end = "\n" if done >= whole > 0 else ""
        print(f"\retcdpod: {what}: {done:,} bytes{share}", end=end, file=sys.stderr, flush=True)

    return show
