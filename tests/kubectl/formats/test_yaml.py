"""kubectl's YAML dialect: which style a string gets, where it folds, how keys are ordered."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import TESTDATA

from etcdpod.errors import DecodeError
from etcdpod.kubectl.formats.yaml import MAX_DEPTH, dumps, dumps_list, natural_order

PODS = TESTDATA / "kubectl" / "pods.jsonl"

PLAIN = """
a abc a-b a_b a.b a/b a:b a#b a! http://x:80/y?z=1&b x=y = <none> 1.2.3.4 10.0.0.0/8 v1 1a -a
100m 128Mi 0x 0b2 1e 08:x 12e99999 12e400 1-1 2024-13-01 2024-02-30 24-01-01 2024-1-1x Yes! yess nul
nullx TRUE1 y1 .a .. .5.5 +a _1 ?a :a -- a,b a[b] a{b} a} a] a"b a'b a|b a>b a%b a@b a`b a*b a&b
"""
DOUBLE = """
y Y n N yes Yes YES no No NO on On ON off Off OFF true True TRUE false False FALSE null Null NULL ~
0 1 -1 +1 007 08 1_000 0x1F 0b101 0o17 1.5 1. .5 -.5 +1.5e3 1e3 1E-3 .inf -.inf +.Inf .nan .NaN
12:30 1:30:45 -1:30 190:20:30.15 2024-01-01 2024-1-1 2024-01-01T00:00:00Z 2024-01-01t1:2:3+01:00
18446744073709551615 -9223372036854775808 123456789012345678901234567890
"""
SINGLE = """
# & * ! | > ' " % @ ` [ ] { } , #a &a *a !a |a >a %a @a `a [a ]a {a }a ,a --- ...a ---a a: - ? :
"""


@pytest.mark.parametrize("text", PLAIN.split())
def test_plain(text):
    assert dumps({"k": text}) == f"k: {text}\n"


@pytest.mark.parametrize("text", DOUBLE.split())
def test_what_yaml_would_read_as_something_else_is_double_quoted(text):
    assert dumps({"k": text}) == f'k: "{text}"\n'
    assert dumps({text: 1}) == f'"{text}": 1\n'


@pytest.mark.parametrize("text", SINGLE.split())
def test_what_means_something_to_yaml_is_single_quoted(text):
    quoted = text.replace("'", "''")
    assert dumps({"k": text}) == f"k: '{quoted}'\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", '""'),
        ("-", "'-'"),
        ("--", "--"),
        ("- a", "'- a'"),
        ("? a", "'? a'"),
        ("a: b", "'a: b'"),
        ("a #b", "'a #b'"),
        ("a# b", "a# b"),
        ("it's: so", "'it''s: so'"),
        (" a", "' a'"),
        ("a ", "'a '"),
        (" ", "' '"),
        ("<<", "<<"),
        ("2024-01-01 10:00:00", '"2024-01-01 10:00:00"'),
        ("2024-01-01 10:00:00 x", "2024-01-01 10:00:00 x"),
        ("a\tb", '"a\\tb"'),
        ("\x00\x07\x08\x0b\x0c\r\x1b\x7f", '"\\0\\a\\b\\v\\f\\r\\e\\x7F"'),
        ("\x85\xa0", '"\\N\xa0"'),
        ("\ufeffa", '"\\uFEFFa"'),
        ("🙂", '"\\U0001F642"'),
        ("é 日本", "é 日本"),
        ('say "\x01"', '"say \\"\\x01\\""'),
        ("back\\slash", "back\\slash"),
        ("a\u2028 b\u2029", '"a\\L b\\P"'),
        ("\u202egpj.exe", '"\\u202Egpj.exe"'),
    ],
)
def test_other_strings(text, written):
    assert dumps({"k": text}) == f"k: {written}\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\nb\n", "|\n  a\n  b\n"),
        ("a\nb", "|-\n  a\n  b\n"),
        ("a\n\n", "|+\n  a\n\n"),
        ("a\n\nb\n", "|\n  a\n\n  b\n"),
        ("\n", "|2+\n\n"),
        ("\na\n", "|2\n\n  a\n"),
        (" a\nb\n", "|2\n   a\n  b\n"),
        ("a\n b\n", "|\n  a\n   b\n"),
        ("#!/bin/sh\necho 'x: y'\n", "|\n  #!/bin/sh\n  echo 'x: y'\n"),
        ("a \nb", '"a \\nb"\n'),
        ("a\nb ", '"a\\nb "\n'),
        ("a\n\tb", '"a\\n\\tb"\n'),
        ("a\r\nb", '"a\\r\\nb"\n'),
        ("a\n🙂", '"a\\n\\U0001F642"\n'),
        ("a\n" + "w " * 60 + "\n" + "b", None),
        ("a\n" + "word " * 40 + "b\n", "|\n  a\n  " + "word " * 40 + "b\n"),
    ],
)
def test_several_lines(text, written):
    if written is None:
        assert dumps({"k": text}).startswith('k: "a\\nw w')
    else:
        assert dumps({"k": text}) == f"k: {written}"
        assert dumps({"k": text, "l": 1}) == f"k: {written}l: 1\n"


def test_long_lines_fold_at_the_first_single_space_behind_column_80():
    words = "0123456789 " * 12

    assert dumps({"k": words.strip()}) == (
        "k: 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789"
        " 0123456789\n  0123456789 0123456789 0123456789 0123456789\n"
    )
    assert dumps({"k": "a: " + words.strip()}) == (
        "k: 'a: 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789"
        "\n  0123456789 0123456789 0123456789 0123456789 0123456789'\n"
    )
    assert dumps([{"k": {"l": ["\x01" + words.strip()]}}]) == (
        '- k:\n    l:\n    - "\\x010123456789 0123456789 0123456789 0123456789 0123456789 '
        '0123456789 0123456789\n      0123456789 0123456789 0123456789 0123456789 0123456789"\n'
    )


def test_two_spaces_do_not_fold_but_between_double_quotes_they_are_held():
    text = "x" * 90 + "  b c"

    assert dumps({"k": text}) == f"k: {'x' * 90}  b\n  c\n"
    assert dumps({"k": "\x01" + text}) == f'k: "\\x01{"x" * 90}\n  \\ b c"\n'


def test_a_long_word_stays_whole():
    assert dumps({"k": "x" * 300}) == f"k: {'x' * 300}\n"


def test_keys_are_never_folded_and_long_ones_are_explicit():
    long = "a " * 40 + "b"

    assert dumps({long: 1}) == f"{long}: 1\n"
    assert dumps({"x" * 128: 1}) == f"{'x' * 128}: 1\n"
    assert dumps({"x" * 129: 1, "z": 2}) == f"? {'x' * 129}\n: 1\nz: 2\n"
    assert dumps({"é" * 65: {"a": 1}}) == f"? {'é' * 65}\n: a: 1\n"
    assert dumps({"x" * 129: [1, 2]}) == f"? {'x' * 129}\n: - 1\n  - 2\n"
    assert dumps({"a\nb": 1}) == "? |-\n  a\n  b\n: 1\n"


def test_structure():
    value = {
        "empty": {},
        "list": [[], {}, [[1, 2], ["x"]], {"b": [1], "a": {"c": None}}, "s"],
        "none": [],
        "true": True,
        "z": {"y": {"x": 1.5}},
    }

    assert dumps(value) == (
        "empty: {}\nlist:\n- []\n- {}\n- - - 1\n    - 2\n  - - x\n- a:\n    c: null\n  b:\n  - 1\n"
        '- s\nnone: []\n"true": true\nz:\n  "y":\n    x: 1.5\n'
    )
    assert dumps("x") == "x\n"
    assert dumps([]) == "[]\n"
    assert dumps(None) == "null\n"
    assert dumps("a\nb\n") == "|\n  a\n  b\n"


@pytest.mark.parametrize(
    ("keys", "ordered"),
    [
        (["b", "a", "B", "A"], ["A", "B", "a", "b"]),
        (["a10", "a2", "a1"], ["a1", "a2", "a10"]),
        (["ab", "a1", "a-", "a", "a."], ["a", "a-", "a.", "a1", "ab"]),
        (["f:x", "k:{}", ".", "f:a"], [".", "f:a", "f:x", "k:{}"]),
        (["1", "10", "2", "a", "01"], ["1", "01", "2", "10", "a"]),
        (["a10b", "a100", "a1"], ["a1", "a100", "a10b"]),
        (["kubernetes.io/name", "kubernetes.io", "kubernetes-x"],
         ["kubernetes-x", "kubernetes.io", "kubernetes.io/name"]),
        (["v1.10", "v1.9"], ["v1.9", "v1.10"]),
        (["é", "z", "a"], ["a", "z", "é"]),
    ],
)  # fmt: skip
def test_keys_are_in_natural_order(keys, ordered):
    assert natural_order(keys) == ordered
    assert list(yaml.safe_load(dumps(dict.fromkeys(keys, "x"))))[: len(keys)] == ordered or any(
        key[0].isdecimal() for key in keys
    )


def test_lists_of_none_one_and_several():
    items = [{"b": 1, "a": ["x"]}, {"c": "d\n"}]

    for count in range(3):
        text = "".join(dumps_list(items[:count]))
        assert text == dumps(
            {
                "apiVersion": "v1",
                "items": items[:count],
                "kind": "List",
                "metadata": {"resourceVersion": ""},
            }
        )


def test_depth_is_bounded():
    value = {}
    for _ in range(MAX_DEPTH + 2):
        value = {"a": value}

    with pytest.raises(DecodeError, match="nested deeper"):
        dumps(value)


class JsonTyped(yaml.SafeLoader):
    """Reads as a Go program with JSON types does: no dates, no base 60, no merge keys."""


JsonTyped.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag.rpartition(":")[2] in ("null", "bool")]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for tag, rule, first in (
    ("int", r"-?(0|[1-9][0-9]*)$", "-0123456789"),
    ("float", r"-?[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?$", "-0123456789"),
):
    JsonTyped.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rule), list(first))
JsonTyped.add_constructor(
    "tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node))
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=120) | st.text(
    "ab01 \n\t'\"\\:#-?,[]{}&*!|>%@`~.é\u2028", max_size=150
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


@given(VALUES)
@settings(max_examples=500, deadline=None)
def test_whatever_is_written_reads_back_as_it_was(value):
    assert yaml.load(dumps(value), Loader=JsonTyped) == value
