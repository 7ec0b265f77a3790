"""Tables as Go's tabwriter lays them out for kubectl."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etcdpod.kubectl.formats.safe import printable
from etcdpod.kubectl.formats.table import table


def text(header, rows):
    return "".join(table(header, rows))


def test_columns_are_as_wide_as_their_widest_cell_and_three_spaces():
    assert text(["NAME", "AGE"], [["a", "1d"], ["longer-name", "2d"]]) == (
        "NAME          AGE\na             1d\nlonger-name   2d\n"
    )


def test_a_column_has_at_least_six_characters():
    assert text(["PV", "X"], [["a", "b"]]) == "PV    X\na     b\n"


def test_empty_cells_leave_their_spaces_but_the_last_cell_none():
    assert text(["A", "B", "C"], [["x", "", ""]]) == "A     B     C\nx           \n"


def test_without_a_header():
    assert text(None, [["a", "b"]]) == "a     b\n"


def test_no_rows_give_no_header():
    assert text(["NAME"], []) == ""


def test_width_counts_characters():
    assert text(["NAME", "X"], [["日本語-é", "1"]]) == "NAME    X\n日本語-é   1\n"


def test_one_column():
    assert text(["NAME"], [["a"], ["b"]]) == "NAME\na\nb\n"


def test_a_tab_inside_a_cell_begins_another_cell():
    rows = [["a", "one\ttwo"], ["b", "three"]]

    assert text(["NAME", "MESSAGE"], rows) == ("NAME   MESSAGE\na      one   two\nb      three\n")


def test_a_newline_inside_a_cell_begins_another_line():
    assert text(["A", "B"], [["x", "1\n2"], ["y", "3"]]) == "A     B\nx     1\n2\ny     3\n"


def test_later_runs_of_lines_are_no_narrower():
    rows = [["long-long-long", "x"], ["alone"], ["a", "b"]]

    assert text(None, rows) == "long-long-long   x\nalone\na                b\n"


@given(st.lists(st.lists(st.text("ab \t\n", max_size=5), min_size=1, max_size=4), max_size=6))
def test_every_cell_is_shown(rows):
    shown = text(["HEAD", "ER"], rows)

    assert bool(shown) == bool(rows)
    for character in "ab":
        wanted = sum(cell.count(character) for row in rows for cell in row)
        assert shown.count(character) == wanted


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("plain é 日本 🙂 tab\tnewline\n", "plain é 日本 🙂 tab\tnewline\n"),
        ("\x1b[31m\x1b]0;title\x07", "^[[31m^[]0;title^G"),
        ("over\rwrite", "over\\rwrite"),
        ("\x00\x08\x7f", "^@^H^?"),
        ("\x9b31m\x9d", "\\x9b31m\\x9d"),
        ("\u202etxt.exe\u2066\u2069\u200f\u061c", "\\u202etxt.exe\\u2066\\u2069\\u200f\\u061c"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("👩\u200d🚀 soft\xadhyphen nbsp\xa0", "👩\u200d🚀 soft\xadhyphen nbsp\xa0"),
    ],
)
def test_nothing_acts_on_a_terminal(hostile, shown):
    assert printable(hostile) == shown
    assert printable(shown) == shown


@given(st.text())
def test_what_is_printable_holds_no_control_character(hostile):
    shown = printable(hostile)

    assert not any((ord(c) < 32 and c not in "\t\n") or 0x7F <= ord(c) < 0xA0 for c in shown)
    shown.encode()
