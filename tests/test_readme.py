"""README and guide are true: every example prints what is shown, every command is named."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys

import pytest
from paths import REPOSITORY

from etcdpod.cli.main import COMMANDS
from etcdpod.cli.shell.guide import TOPICS

README = (REPOSITORY / "README.md").read_text()
GUIDE = REPOSITORY / "etcdpod" / "guide"
PAGES = [REPOSITORY / "README.md", *sorted(GUIDE.glob("*.md"))]
CUT = "…"
"""A line that stands for any lines that are left out."""


def examples() -> list[pytest.param]:
    found = []
    for page in PAGES:
        for block in re.findall(
            r"^```console\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE
        ):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, shown = part.partition("\n")
                found.append(pytest.param(command, shown, id=f"{page.stem}: {command}"))
    return found


def run(words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "etcdpod", *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("command", "shown"), examples())
def test_every_example_prints_what_is_shown(command: str, shown: str) -> None:
    program, *words = shlex.split(command)
    assert program == "etcdpod"
    done = run(words)
    assert done.returncode in (0, 1), done.stderr
    pattern = "".join(
        "(?:.*\n)*?" if line.strip() == CUT else re.escape(line.rstrip()) + r" *\n"
        for line in shown.splitlines()
        if line.strip()
    )
    printed = "".join(f"{line}\n" for line in done.stdout.splitlines() if line.strip())
    assert re.fullmatch(pattern, printed), done.stdout


def test_readme_and_guide_have_examples() -> None:
    assert len(examples()) >= 9


def test_the_readme_is_read_in_a_few_minutes() -> None:
    assert len(README.splitlines()) <= 150


def test_ci_runs_the_test_command_of_the_readme() -> None:
    (command,) = re.findall(r"^    (python3 -m venv .*pytest.*)$", README, re.MULTILINE)
    assert command in (REPOSITORY / ".ci" / "run").read_text().splitlines()


def test_every_command_is_named() -> None:
    assert [name for name, *_ in COMMANDS if not re.search(rf"`{name}\b", README)] == []


def test_every_page_of_the_guide_is_a_topic_and_prints() -> None:
    assert {name for name, _ in TOPICS} == {page.stem for page in GUIDE.glob("*.md")}
    listed = run(["guide"]).stdout
    for name, _ in TOPICS:
        assert f"\n{name} " in f"\n{listed}"
        assert run(["guide", name]).stdout == (GUIDE / f"{name}.md").read_text()
    assert run(["guide", "nonsense"]).returncode == 2


def test_topics_and_pictures_that_are_named_exist() -> None:
    for page in PAGES:
        text = page.read_text()
        for topic in re.findall(r"`etcdpod guide (\w+)`", text):
            assert (GUIDE / f"{topic}.md").exists(), (page.name, topic)
        for picture in re.findall(r"!\[.*?\]\((.*?)\)", text):
            assert (REPOSITORY / picture).exists(), picture


def test_the_python_page_runs() -> None:
    outcome = doctest.testfile(str(GUIDE / "api.md"), module_relative=False)
    assert outcome.attempted > 8
    assert outcome.failed == 0


def test_files_that_the_guide_names_exist() -> None:
    for page in GUIDE.glob("*.md"):
        for name in re.findall(r"`?(?:python )?(tests/[\w/]+\.py)", page.read_text()):
            assert (REPOSITORY / name).exists(), (page.name, name)
