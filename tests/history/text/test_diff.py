"""Differences as text: marks without colour, colour where asked, nothing that acts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from etcdpod.changes import Change
from etcdpod.history.diff.objects import changes
from etcdpod.history.text.diff import one_line, scalar, semantic, unified

POD: dict[str, Any] = {
    "kind": "Pod",
    "metadata": {"name": "web"},
    "status": {"phase": "Pending", "message": "old\nsecond\nthird\nfourth\n"},
}
RUNNING: dict[str, Any] = {
    "kind": "Pod",
    "metadata": {"name": "web"},
    "status": {
        "phase": "Running",
        "message": "new\nsecond\nthird\nfourth\n",
        "podIPs": [{"ip": "10.0.0.1", "zone": None}, {"ip": "10.0.0.2"}],
        "flag": "true",
        "empty": {},
        "lines": "a\nb",
    },
}

TEXT = """\
+ status.empty: {}
+ status.flag: "true"
+ status.lines: |
+   a
+   b
~ status.message:
  @@ -1,3 +1,3 @@
  -old
  +new
   second
   third
- status.phase: Pending
+ status.phase: Running
+ status.podIPs:
+   - ip: 10.0.0.1
+     zone: null
+   - ip: 10.0.0.2"""


def test_changes_are_laid_out_with_marks() -> None:
    assert "\n".join(semantic(changes(POD, RUNNING))) == TEXT


def test_colour_adds_colour_and_nothing_else() -> None:
    coloured = "\n".join(semantic(changes(POD, RUNNING), colour=True))
    assert "\x1b[31m- status.phase: Pending\x1b[0m" in coloured
    assert "\x1b[32m+ status.phase: Running\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9]+m", "", coloured) == TEXT


def test_two_objects_are_compared_line_by_line() -> None:
    assert list(unified(POD, {**POD, "status": {"phase": "Running"}}, names=("445", "514"))) == [
        "--- 445",
        "+++ 514",
        "@@ -2,9 +2,4 @@",
        " metadata:",
        "   name: web",
        " status:",
        "-  message: |",
        "-    old",
        "-    second",
        "-    third",
        "-    fourth",
        "-  phase: Pending",
        "+  phase: Running",
    ]
    assert list(unified(POD, POD)) == []
    assert "-kind: Pod" in list(unified(POD, None))
    assert any("\x1b[32m+kind: Pod" in line for line in unified(None, POD, colour=True))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain text", "plain text"),
        ("true", '"true"'),
        ("12", '"12"'),
        ("1e3", '"1e3"'),
        ("", '""'),
        (" edge ", '" edge "'),
        ("{x", '"{x"'),
        (True, "true"),
        (None, "null"),
        (12, "12"),
        ([], "[]"),
        ("tab\there", "tab\\there"),
        ("line\nbreak", '"line\\nbreak"'),
        ("ünïcode", "ünïcode"),
    ],
)
def test_a_scalar_cannot_be_taken_for_another(value: Any, text: str) -> None:
    assert scalar(value) == text


HOSTILE = "\x1b[2J\x07\r\u202e\x9b31m"


def test_nothing_from_a_cluster_acts_on_the_terminal() -> None:
    odd = {HOSTILE: [HOSTILE, {HOSTILE: HOSTILE}], "a\nb": "x\n" + HOSTILE}
    found = [
        Change(f"status.{HOSTILE}\n+ forged: line", "add", None, odd),
        Change("a", "replace", HOSTILE, f"a\n{HOSTILE}\nb"),
        Change("b", "replace", f"a\n{HOSTILE}", f"b\n{HOSTILE}\nc"),
    ]
    lines = [*semantic(found), *unified({"a": HOSTILE}, {"b": odd}, names=(HOSTILE, "x\ny"))]
    text = "".join(lines)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", text)
    assert not [line for line in lines if line.startswith("+ forged")]


def test_depth_is_cut_and_not_followed() -> None:
    value: Any = 1
    for _ in range(5000):
        value = {"a": [value]}
    lines = list(semantic([Change("x", "add", None, value)]))
    assert len(lines) < 60
    assert lines[-1].endswith("(nested too deeply to lay out)")


def test_one_line_stays_one_line() -> None:
    assert one_line("a\nb\tc\x1b") == "a\\nb\\tc^["
