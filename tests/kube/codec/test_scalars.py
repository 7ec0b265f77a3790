"""Messages that are one value in the JSON. Expected texts: what Go's own formatting gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etcdpod.kube.codec.protobuf.scalars import (
    LEAVES,
    LONGEST_KEPT,
    MOST_KEPT,
    Kept,
    duration,
    read_int_or_string,
    read_microtime,
    read_quantity,
    read_time,
    timestamp,
)
from etcdpod.kube.schema import message_class

META = "k8s.io.apimachinery.pkg.apis.meta.v1"
YEAR_ONE = -62135596800


def message(name: str, **fields: object) -> bytes:
    written: bytes = message_class(name)(**fields).SerializeToString()
    return written


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, None),
        ({"seconds": YEAR_ONE, "nanos": 0}, None),
        ({"seconds": 0, "nanos": 0}, "1970-01-01T00:00:00Z"),
        ({"nanos": 5}, "1970-01-01T00:00:00Z"),
        ({"seconds": 1795379463, "nanos": 999999999}, "2026-11-22T20:31:03Z"),
        ({"seconds": -1}, "1969-12-31T23:59:59Z"),
        ({"seconds": YEAR_ONE + 1}, "0001-01-01T00:00:01Z"),
        ({"seconds": 253402300800}, "10000-01-01T00:00:00Z"),
        ({"seconds": -62167219201}, "-0001-12-31T23:59:59Z"),
    ],
)
def test_a_time_has_whole_seconds_or_is_null(fields: dict[str, int], text: str | None) -> None:
    assert read_time(message(f"{META}.Time", **fields)) == text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, None),
        ({"seconds": 1795379463, "nanos": 621266999}, "2026-11-22T20:31:03.621266Z"),
        ({"seconds": 5, "nanos": 0}, "1970-01-01T00:00:05.000000Z"),
        ({"seconds": 5, "nanos": 1_500_000_000}, "1970-01-01T00:00:06.500000Z"),
        ({"seconds": 5, "nanos": -1000}, "1970-01-01T00:00:04.999999Z"),
    ],
)
def test_a_microtime_has_six_digits(fields: dict[str, int], text: str | None) -> None:
    assert read_microtime(message(f"{META}.MicroTime", **fields)) == text


@given(st.integers(YEAR_ONE, 253402300799))
def test_every_second_of_the_calendar_is_right(seconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert timestamp(seconds) == moment.isoformat().removesuffix("+00:00")


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_no_number_of_seconds_breaks_a_time(seconds: int) -> None:
    text = read_time(message(f"{META}.Time", seconds=seconds))
    assert text is None or text.endswith("Z")


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (1100, "1.1µs"),
        (1500, "1.5µs"),
        (2_200_000, "2.2ms"),
        (100_000_000, "100ms"),
        (1_500_000_000, "1.5s"),
        (3_300_000_000, "3.3s"),
        (90_000_000_000, "1m30s"),
        (245_000_000_000, "4m5s"),
        (245_001_000_000, "4m5.001s"),
        (3_600_000_000_000, "1h0m0s"),
        (18_367_001_000_000, "5h6m7.001s"),
        (480_000_000_001, "8m0.000000001s"),
        (-1_500_000_000, "-1.5s"),
        ((1 << 63) - 1, "2562047h47m16.854775807s"),
        (-(1 << 63), "-2562047h47m16.854775808s"),
    ],
)
def test_a_duration_is_written_as_go_writes_it(nanoseconds: int, text: str) -> None:
    assert duration(nanoseconds) == text
    assert LEAVES["duration"](message(f"{META}.Duration", duration=nanoseconds)) == text


def test_a_quantity_is_the_writers_text_or_zero() -> None:
    name = "k8s.io.apimachinery.pkg.api.resource.Quantity"
    assert read_quantity(message(name, string="1536Mi")) == "1536Mi"
    assert read_quantity(message(name, string="")) == "0"
    assert read_quantity(b"") == "0"


def test_an_int_or_string_is_what_its_type_says() -> None:
    name = "k8s.io.apimachinery.pkg.util.intstr.IntOrString"
    assert read_int_or_string(message(name, type=0, intVal=80, strVal="")) == 80
    assert read_int_or_string(message(name, type=0, intVal=-1, strVal="x")) == -1
    assert read_int_or_string(message(name, type=1, intVal=80, strVal="http")) == "http"
    assert read_int_or_string(message(name, type=1, intVal=80, strVal="")) == ""
    assert read_int_or_string(b"") == 0


def test_kept_values_are_few_and_short() -> None:
    reads: list[bytes] = []
    kept = Kept(lambda content: reads.append(content) or len(content))
    long = b"x" * (LONGEST_KEPT + 1)
    assert [kept[b"a"], kept[b"a"], kept[long], kept[long]] == [1, 1, 65, 65]
    assert reads == [b"a", long, long]
    for number in range(MOST_KEPT + 10):
        kept[b"%d" % number]
    assert len(kept) <= MOST_KEPT
