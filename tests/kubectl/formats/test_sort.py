"""--sort-by, and the order in which Go's sort leaves equal keys."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etcdpod.errors import UsageError
from etcdpod.kube.model.quantity import parse_quantity
from etcdpod.kubectl.formats.go_sort import go_sorted
from etcdpod.kubectl.formats.sort import natural_key, sort_by


def order(values, path=".v"):
    things = [{"v": value} if value != "missing" else {} for value in values]
    return [thing.get("v", "missing") for thing in sort_by(things, path)]


@pytest.mark.parametrize(
    ("values", "ordered"),
    [
        ([3, 1, 2], [1, 2, 3]),
        ([3, 1.5, -2], [-2, 1.5, 3]),
        (["b", None, "a", "missing"], ["missing", None, "a", "b"]),
        (["n10", "n2", "n1"], ["n1", "n2", "n10"]),
        (["1Gi", "500Mi", "100m", "2"], ["100m", "2", "500Mi", "1Gi"]),
        (["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"],
         ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]),
        (["a", "10", "1"], ["1", "10", "a"]),
        ([], []),
    ],
)  # fmt: skip
def test_values_in_order(values, ordered):
    assert order(values) == ordered
    assert order(values, "{.v}") == ordered


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["missing", "missing"], "couldn't find any field"),
        ([True, False], "cannot be put in order"),
        ([1, "x"], "cannot be put in order"),
        ([{}, {}], "cannot be put in order"),
    ],
)
def test_values_without_an_order(values, message):
    with pytest.raises(UsageError, match=message):
        order(values)


def test_a_path_that_is_none():
    with pytest.raises(UsageError, match="unexpected path string"):
        sort_by([{}], "{.a")


@given(st.lists(st.integers(0, 30), max_size=300))
def test_it_sorts(values):
    assert go_sorted(values, lambda a, b: a < b) == sorted(values)


@pytest.mark.parametrize("length", [0, 1, 12, 13, 49, 50, 200, 1000])
@pytest.mark.parametrize("shape", ["random", "sorted", "reversed", "equal", "saw", "nearly"])
def test_it_sorts_every_shape(length, shape):
    randomness = random.Random(length)
    values = {
        "random": [randomness.randrange(length + 1) for _ in range(length)],
        "sorted": list(range(length)),
        "reversed": list(range(length, 0, -1)),
        "equal": [7] * length,
        "saw": [n % 5 for n in range(length)],
        "nearly": [*range(1, length), 0][:length],
    }[shape]

    assert go_sorted(values, lambda a, b: a < b) == sorted(values)


def test_an_order_that_contradicts_itself_ends_all_the_same():
    assert sorted(go_sorted(range(500), lambda a, b: True)) == list(range(500))
    assert sorted(go_sorted(range(500), lambda a, b: (a * b) % 3 == 0)) == list(range(500))


def test_up_to_twelve_equal_keys_stay_as_they_were():
    pairs = [(n % 2, n) for n in range(12)]

    assert go_sorted(pairs, lambda a, b: a[0] < b[0]) == sorted(pairs)


def test_more_equal_keys_come_in_gos_own_order_and_always_the_same():
    pairs = [(n % 2, n) for n in range(40)]
    first = go_sorted(pairs, lambda a, b: a[0] < b[0])

    assert first != sorted(pairs)
    assert first == go_sorted(pairs, lambda a, b: a[0] < b[0])
    assert sorted(first) == sorted(pairs)


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ("a1", "a2"), ("a2", "a10"), ("a", "a1"), ("1", "a"), ("a1", "a01"), ("a1c", "a01b"),
        ("a1", "a-1"), ("", "a"), ("A", "a"), ("a9", "a10b"),
    ],
)  # fmt: skip
def test_natural_order(smaller, larger):
    assert natural_key(smaller) < natural_key(larger)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("100m", 0.1), ("1Ki", 1024), ("1.5Gi", 1.5 * 2**30), ("2e3", 2000),
        ("1E", 10**18),
        ("-5", -5), (".5", 0.5), ("5.", 5), ("1n", 1e-9), ("0", 0), ("1E3", 1000), ("1Ei", 2**60),
    ],
)  # fmt: skip
def test_quantities(text, value):
    found = parse_quantity(text)

    assert found is not None
    assert float(found) == pytest.approx(value)


@pytest.mark.parametrize(
    "text", ["", "x", "1x", "1 Gi", "1GiB", "e3", "Gi", "1e999", "1" * 100, "--1"]
)
def test_what_is_no_quantity(text):
    assert parse_quantity(text) is None
