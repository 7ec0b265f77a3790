"""Without colours, trouble still stands out."""

from __future__ import annotations

import os
import subprocess
import sys

STYLES = """
from etcdpod.tui import styles
print(styles.of_status("CrashLoopBackOff"), styles.of_status("Running"), styles.PAST, sep="|")
"""


def styles_with(environment: dict[str, str]) -> list[str]:
    command = [sys.executable, "-c", STYLES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip().split("|")


def test_no_color_leaves_bold_and_reverse() -> None:
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    assert styles_with(plain) == ["red", "green", "bold black on yellow"]
    trouble, well, past = styles_with({**plain, "NO_COLOR": "1"})
    assert (trouble, well) == ("bold", "none")
    assert past == "bold reverse"
