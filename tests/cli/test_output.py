"""The shapes of ``-o json`` are those that the guide lists; YAML and JSON lines say the same.

``python tests/cli/test_output.py`` writes the listing of the guide page again.
"""

from __future__ import annotations

import atexit
import functools
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "etcdpod" / "guide" / "output.md"

COMMANDS = {
    "history": ("history shop/db-0 --from demo", "history node sim-0 --from demo-end"),
    "diff": ("diff shop/db-0 514 745 --from demo", "diff --from demo --from demo-end"),
    "blame": ("blame shop/db-0 --from demo",),
    "events": ("events -n shop --from demo",),
    "keys": ("keys --all-revisions --from demo-end",),
    "logs": ("logs shop/orders --from demo", "logs shop/cart-678b77c888-gczq8 --from demo"),
    "diagnose": ("diagnose --from demo-end",),
    "explain": ("explain shop/orders --from demo", "explain shop/db-0 --all --from demo"),
    "timeline": ("timeline --from demo-end",),
    "lint": ("lint --from demo",),
    "report": ("report -n shop --now 2026-11-22T20:30:00Z --from demo-end",),
    "info": ("info --from demo", "info --from testdata/wal"),
    "info --encryption": ("info --encryption --from demo",),
    "verify": ("verify --notes --from DAMAGED",),
    "hash": ("hash --from demo --from demo-end",),
    "top": ("top --from demo",),
    "recover": ("recover --from demo-end",),
}
"""Commands whose answers together show every field that a verb has on files."""

ANY = ("before", "after", "value")
"""Fields of any type: what an object held."""
MAPS = ("buckets", "objects", "counts", "metadata", "involvedObject", "byTrust", "trust")
"""Objects whose own fields are names from the data, or Kubernetes' own: not listed."""


@functools.cache
def damaged() -> str:
    """The demo with four bytes changed, in pages and in a value."""
    content = bytearray((REPOSITORY / "etcdpod" / "demo" / "end.db").read_bytes())
    for page, byte in ((40, 3), (77, 12), (120, 900), (200, 2000)):
        content[page * 4096 + byte] ^= 0x55
    with tempfile.NamedTemporaryFile(suffix=".db", delete=False) as file:
        file.write(content)
    atexit.register(Path(file.name).unlink)
    return file.name


def run(words: str, output: str) -> str:
    words = words.replace("DAMAGED", damaged()) if "DAMAGED" in words else words
    done = subprocess.run(
        [sys.executable, "-m", "etcdpod", *words.split(), "-o", output],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1, 4), done.stderr
    return done.stdout


def paths(value: Any, path: str, found: dict[str, set[str]]) -> None:
    """Adds the type of a value, and of all below it, by path."""
    name = path.rpartition(".")[2]
    if name in ANY:
        found[path] = {"any"}
    elif isinstance(value, dict):
        found.setdefault(path, set()).add("object")
        for member, below in value.items() if name not in MAPS else ():
            paths(below, f"{path}.{member}" if path else member, found)
    elif isinstance(value, list):
        found.setdefault(path, set()).add("list")
        for member in value:
            paths(member, f"{path}[]", found)
    else:
        kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
        found.setdefault(path, set()).add(kinds.get(type(value), "null"))


def listed(verb: str) -> list[str]:
    """A line a field: its path and its types; what nobody fills is not known to exist."""
    found: dict[str, set[str]] = {}
    for words in COMMANDS[verb]:
        paths(json.loads(run(words, "json")), "", found)
    lines = []
    for path, kinds in sorted(found.items()):
        if path and path != "[]":
            lines.append(f"{path.removeprefix('[].')}: {' | '.join(sorted(kinds))}")
    return lines


def sections() -> dict[str, list[str]]:
    blocks = re.findall(r"^## `([^`]+)`\n.*?^```\n(.*?)^```", PAGE.read_text(), re.S | re.M)
    return {verb: block.splitlines() for verb, block in blocks}


@pytest.mark.parametrize("verb", COMMANDS)
def test_the_guide_lists_the_fields_of_every_verb(verb: str) -> None:
    assert sections()[verb] == listed(verb)


@pytest.mark.parametrize("verb", COMMANDS)
def test_field_names_are_camel_case(verb: str) -> None:
    names = {
        name for line in sections()[verb] for name in re.split(r"[.\[\]]+", line.split(":")[0])
    }
    assert {
        name for name in names if name and not re.fullmatch(r"[a-z][a-zA-Z0-9]*", name)
    } == set()


@pytest.mark.parametrize("verb", COMMANDS)
def test_yaml_and_json_lines_say_what_json_says(verb: str) -> None:
    words = COMMANDS[verb][0]
    value = json.loads(run(words, "json"))
    lines = [json.loads(line) for line in run(words, "jsonl").splitlines()]
    assert lines == (value if isinstance(value, list) else [value])
    loaded = yaml.load(run(words, "yaml"), Loader=yaml.BaseLoader)
    assert as_strings(loaded) == as_strings(value)


def as_strings(value: Any) -> Any:
    """Scalars as text, in which YAML and JSON differ."""
    if isinstance(value, dict):
        return {name: as_strings(member) for name, member in value.items()}
    if isinstance(value, list):
        return [as_strings(member) for member in value]
    text = {None: "null", True: "true", False: "false"}
    return text.get(value, value) if value is None or isinstance(value, bool) else str(value)


def write_page() -> None:
    """Puts the fields that are printed now into the page."""
    text = PAGE.read_text()
    for verb in COMMANDS:
        block = "\n".join(listed(verb))
        pattern = re.compile(rf"(^## `{re.escape(verb)}`\n.*?^```\n).*?(^```)", re.S | re.M)
        text = pattern.sub(lambda match, block=block: f"{match[1]}{block}\n{match[2]}", text)
    PAGE.write_text(text)


if __name__ == "__main__":
    write_page()
