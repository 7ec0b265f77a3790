"""The limits and numbers that JSON and CBOR values have in common."""

from __future__ import annotations

MAXIMUM_DEPTH = 128
"""Maximum nesting depth: far beyond any object, far below the recursion limit."""
INT64 = range(-(1 << 63), 1 << 63)
PLAIN_LIMIT = 1e21
"""From this value on, Go writes a float with an exponent."""
CBOR_MAGIC = b"\xd9\xd9\xf7"


def number(value: float) -> int | float:
    """A float as shown in kubectl's JSON: integral values below 1e21 as integers.

    Raises:
        ValueError: it is not finite.
    """
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("a number is not finite")
    if not value.is_integer() or abs(value) >= PLAIN_LIMIT or str(value) == "-0.0":
        return value
    # Go prints the shortest digits that identify the float, padded with zeros.
    return int(value) if abs(value) < 1 << 53 else _digits(value)


def _digits(value: float) -> int:
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = fraction.rstrip("0")
    power: int = 10 ** (int(exponent or 0) - len(fraction))
    return int(whole + fraction) * power
