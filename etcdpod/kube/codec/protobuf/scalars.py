"""Messages whose JSON is a single value: times, durations, quantities, int-or-string values.

Each reader takes the message's bytes as encoded by the Go writer, and raises ``ValueError`` for any
other encoding; ``normalise`` converts a message to that encoding. Facts: conventions.md section 5.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from etcdpod.kube.codec.go_text import go_text
from etcdpod.kube.codec.json_value import parse_raw
from etcdpod.kube.codec.protobuf.reader import signed
from etcdpod.kube.codec.protobuf.wire import LENGTH_DELIMITED, VARINT, fields, varint

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_KEPT = 8192
LONGEST_KEPT = 64
"""How many values are cached, and their maximum size in bytes: times and quantities recur."""
YEAR_ONE = -62135596800
"""Unix seconds of Go's zero time."""
SECONDS_A_DAY = 86400
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 it is UTC, and is only written as text
CALENDAR_END = 253402300800
"""Unix seconds of the year 10000, where Python's calendar ends."""
UNITS = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"))


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day number counted from 1970-01-01, for any year."""
    # Counted from 0000-03-01 in eras of 400 years, so that a leap day is the last day of a year.
    era, day_of_era = divmod(days + 719468, 146097)
    leaps = day_of_era // 1460 - day_of_era // 36524 + day_of_era // 146096
    year = (day_of_era - leaps) // 365
    day_of_year = day_of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    return era * 400 + year + (month <= 2), month, day


def timestamp(seconds: int) -> str:
    """Unix seconds as ``YYYY-MM-DDTHH:MM:SS``, UTC."""
    if 0 <= seconds < CALENDAR_END:
        return (EPOCH + timedelta(seconds=seconds)).isoformat()
    days, second = divmod(seconds, SECONDS_A_DAY)
    year, month, day = civil(days)
    sign, year = ("-", -year) if year < 0 else ("", year)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f"{sign}{year:04}-{month:02}-{day:02}T{clock}"


def _time_parts(message: bytes) -> tuple[int, int]:
    if len(message) == 8 and message[0] == 0x08 and message[6:] == b"\x10\x00":
        # The common case: seconds in five bytes, no nanoseconds.
        _, a, b, c, d, e, _, _ = message
        if a > 127 and b > 127 and c > 127 and d > 127 > e:
            low = (a & 127) | (b & 127) << 7 | (c & 127) << 14
            return low | (d & 127) << 21 | e << 28, 0
    seconds = nanos = 0
    for field in fields(message, 0, len(message)):
        if field.wire_type != VARINT or field.number > 2:
            raise ValueError(field)
        value = signed(varint(message, field.start, field.end)[0], 64)
        if field.number == 1:
            seconds = value
        else:
            nanos = signed(value, 32)
    return seconds, nanos


def read_time(message: bytes) -> str | None:
    """A Time: in whole seconds, or None if there is no time."""
    if not message:
        return None
    seconds, _ = _time_parts(message)
    return None if seconds == YEAR_ONE else f"{timestamp(seconds)}Z"


def read_microtime(message: bytes) -> str | None:
    """A MicroTime: always with six digits, or None if there is no time."""
    if not message:
        return None
    seconds, nanos = _time_parts(message)
    if seconds == YEAR_ONE and nanos == 0:
        return None
    # Go truncates the nanoseconds on the wire to microseconds before it adds them.
    carry, micros = divmod(int(nanos / 1000), 1_000_000)
    return f"{timestamp(seconds + carry)}.{micros:06}Z"


def duration(nanoseconds: int) -> str:
    """A duration in Go's format: ``1h0m0s``, ``1.5s``, ``100ms``, ``0s``."""
    if nanoseconds == 0:
        return "0s"
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    unit, name = next(((unit, name) for unit, name in UNITS if rest >= unit), (1, "ns"))
    whole, part = divmod(rest, unit)
    digits = f"{part:0{len(str(unit)) - 1}}".rstrip("0") if part else ""
    fraction = f".{digits}" if digits else ""
    if name != "s":
        return f"{sign}{whole}{fraction}{name}"
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    larger = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{larger}{seconds}{fraction}s"


def read_duration(message: bytes) -> str:
    """A Duration: nanoseconds on the wire, Go's format in the JSON."""
    nanoseconds = 0
    for field in fields(message, 0, len(message)):
        if field.number != 1 or field.wire_type != VARINT:
            raise ValueError(field)
        nanoseconds = signed(varint(message, field.start, field.end)[0], 64)
    return duration(nanoseconds)


def read_quantity(message: bytes) -> str:
    """A Quantity: the writer's canonical text, ``0`` if empty."""
    text = ""
    for field in fields(message, 0, len(message)):
        if field.number != 1 or field.wire_type != LENGTH_DELIMITED:
            raise ValueError(field)
        text = go_text(message[field.start : field.end])
    return text or "0"


def read_int_or_string(message: bytes) -> int | str:
    """An IntOrString: its type field selects one of the two."""
    is_string, number, text = 0, 0, ""
    for field in fields(message, 0, len(message)):
        if field.wire_type == LENGTH_DELIMITED and field.number == 3:
            text = go_text(message[field.start : field.end])
        elif field.wire_type == VARINT and field.number == 1:
            is_string, _ = varint(message, field.start, field.end)
        elif field.wire_type == VARINT and field.number == 2:
            number = signed(varint(message, field.start, field.end)[0], 32)
        else:
            raise ValueError(field)
    return text if is_string == 1 else number


def read_raw(message: bytes) -> Any:
    """A message that wraps JSON (or CBOR): the wrapped value, None if there is none."""
    if not message:
        return None
    if message[0] != 0x0A:
        raise ValueError("an unknown field beside the JSON")
    length, start = varint(message, 1, len(message))
    if start + length != len(message):
        raise ValueError("the JSON does not end where it should")
    return parse_raw(message[start:]) if length else None


def read_bytes(content: bytes) -> str:
    """Bytes as shown in JSON: standard base64 with padding."""
    return base64.b64encode(content).decode()


class Kept(dict[bytes, Any]):
    """Caches values by the bytes from which they were read.

    Args:
        leaf: reads a value; the values must not be modified.
        longest: maximum size in bytes of a cached encoding.
    """

    def __init__(self, leaf: Callable[[bytes], Any], longest: int = LONGEST_KEPT) -> None:
        super().__init__()
        self._leaf = leaf
        self._longest = longest

    def __missing__(self, message: bytes) -> Any:
        value = self._leaf(message)
        if len(message) <= self._longest:
            if len(self) >= MOST_KEPT:
                self.clear()
            self[message] = value
        return value


LEAVES: dict[str, Callable[[bytes], Any]] = {
    "time": Kept(read_time).__getitem__,
    "microtime": Kept(read_microtime).__getitem__,
    "duration": Kept(read_duration).__getitem__,
    "quantity": Kept(read_quantity).__getitem__,
    "intorstring": Kept(read_int_or_string).__getitem__,
    "rawjson": read_raw,
}
"""Readers by ``json_form``."""


def _schema_or_bool(parts: dict[str, Any]) -> Any:
    return parts["Schema"] if "Schema" in parts else parts.get("Allows", False)


def _schema_or_array(parts: dict[str, Any]) -> Any:
    return parts.get("JSONSchemas") or parts.get("Schema")


def _schema_or_strings(parts: dict[str, Any]) -> Any:
    return parts.get("Property") or parts.get("Schema")


def _group_version(parts: dict[str, Any]) -> str:
    group, version = parts.get("group", ""), parts.get("version", "")
    return f"{group}/{version}" if group else version


PICKERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "items": lambda parts: parts.get("items", []),
    "schemaorbool": _schema_or_bool,
    "schemaorarray": _schema_or_array,
    "schemaorstrings": _schema_or_strings,
    "groupversion": _group_version,
}
"""By ``json_form``: picks the value shown from the message's fields, read as an object."""
