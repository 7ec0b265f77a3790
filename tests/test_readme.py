"""The README is true: its commands run, its output is real, nothing is left undocumented."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest
from paths import REPOSITORY

from etcdpod.cli.main import COMMANDS

README = (REPOSITORY / "README.md").read_text()
EXAMPLES = [
    line for line in re.findall(r"^    \$ etcdpod (.*)$", README, re.MULTILINE) if ".db" not in line
]


def run(words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "etcdpod", *shlex.split(words)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_ci_runs_the_test_command_of_the_readme() -> None:
    (command,) = re.findall(r"^    (python3 -m venv .*pytest.*)$", README, re.MULTILINE)
    assert command in (REPOSITORY / ".ci" / "run").read_text().splitlines()


@pytest.mark.parametrize("words", EXAMPLES)
def test_every_example_runs(words: str) -> None:
    done = run(words)
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout
    assert "Traceback" not in done.stderr


def test_the_history_shown_is_what_is_printed() -> None:
    shown = README.split("    $ etcdpod history shop/db-0 --from demo\n")[1].split("\netcd stores")[
        0
    ]
    printed = run("history shop/db-0 --from demo").stdout
    assert [line[4:] for line in shown.splitlines() if line.strip()] == [
        line for line in printed.splitlines() if line.strip()
    ]


def test_every_command_is_named() -> None:
    assert [
        name for name, *_ in COMMANDS if f"`{name}" not in README and f" {name} " not in README
    ] == []


def test_the_map_of_folders_is_the_tree() -> None:
    folders = {path.name for path in (REPOSITORY / "etcdpod").iterdir() if path.is_dir()}
    named = set(re.findall(r"`etcdpod/(\w+)/`", README))
    assert folders - named <= {"__pycache__", "demo"}
    assert named <= folders
    assert (REPOSITORY / "etcdpod" / "session.py").exists()
    for picture in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (REPOSITORY / picture).exists(), picture
