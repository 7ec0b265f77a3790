"""The help of every verb: one line an option, groups in one order, examples that parse."""

from __future__ import annotations

import shlex

import click
import pytest
from click.testing import CliRunner

from etcdpod.cli.main import COMMANDS, HEADINGS, _verb_first, etcdpod_command
from etcdpod.cli.verb import CONNECTION, SOURCE
from etcdpod.errors import EXIT_CODES, ExitCode

VERBS = [name for name, _, _ in COMMANDS]
LEAVES = [(name,) for name in VERBS if name != "snapshot"] + [("snapshot", "save")]


def command_of(words: tuple[str, ...]) -> click.Command:
    command: click.Command = etcdpod_command
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    return command


def help_of(*words: str) -> str:
    result = CliRunner().invoke(etcdpod_command, [*words, "--help"], terminal_width=100)
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_option_says_what_it_does(words: tuple[str, ...]) -> None:
    options = [p for p in command_of(words).params if isinstance(p, click.Option)]
    texts = {option.name: option.help or "" for option in options}
    assert {name for name, text in texts.items() if not text.endswith(".")} == set()
    assert {name for name, text in texts.items() if len(text) > 90} == set()


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_the_help_ends_with_examples_that_parse(words: tuple[str, ...]) -> None:
    _, found, examples = help_of(*words).partition("\nExamples:\n")
    assert found
    lines = [line.strip() for line in examples.splitlines()]
    assert len(lines) >= 2
    for line in lines:
        command = line.rpartition("| ")[2].removeprefix("source <(").partition(")")[0]
        program, *rest = shlex.split(command.partition(" > ")[0])
        assert program == "etcdpod"
        arguments = _verb_first(rest)
        assert tuple(arguments[: len(words)]) == words
        with command_of(words).make_context(words[-1], arguments[len(words) :]):
            pass


@pytest.mark.parametrize(
    "words", [w for w in LEAVES if w[0] not in ("decode", "guide", "completion")]
)
def test_shared_options_come_after_those_of_the_verb(words: tuple[str, ...]) -> None:
    text = help_of(*words)
    own = text.index("\nOptions:")
    source, connection = text.index("\nSource options:"), text.index("\nConnection options")
    assert own < source < connection < text.index("\nExamples:")
    assert text.index("--from SOURCE") > source
    assert text.index("--cacert") > connection
    names = {p.name for p in command_of(words).params}
    assert {*SOURCE, *CONNECTION} <= names


def test_the_overview_has_every_verb_below_a_heading_and_every_exit_code() -> None:
    text = help_of()
    for _, heading in HEADINGS:
        assert f"\n{heading}:\n" in text
    for name in VERBS:
        assert f"\n  {name} " in text
    assert [code for code, _ in EXIT_CODES] == list(ExitCode)


def test_former_names_of_options_work() -> None:
    words = ["get", "pods", "-A", "--deleted", "-o", "name", "--from", "demo-end"]
    new, old = (
        CliRunner().invoke(etcdpod_command, [*words, name])
        for name in ("--no-recovered", "--only-vouched")
    )
    assert new.exit_code == old.exit_code == 0
    assert new.stdout == old.stdout
    assert "--only-vouched" not in help_of("get")
