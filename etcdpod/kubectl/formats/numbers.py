"""Numbers as Go prints them, in JSON and in plain text."""

from __future__ import annotations

import math
from typing import Final

INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1
UINT64_MAX: Final = 2**64 - 1


def json_number(value: float) -> str:
    """A number in JSON: like kubectl, converts integers outside int64 to floats.

    Floats have the shortest digits, in plain notation from 1e-6 up to below 1e21. Values that JSON
    cannot represent (infinity, NaN) become strings.
    """
    if isinstance(value, int):
        if INT64_MIN <= value <= INT64_MAX:
            return int.__repr__(value)
        try:
            value = float(value)
        except OverflowError:
            return int.__repr__(value)
    if not math.isfinite(value):
        return f'"{value}"'
    size = abs(value)
    if size != 0 and not 1e-6 <= size < 1e21:
        mantissa, _, exponent = float.__repr__(value).partition("e")
        return f"{mantissa}e{int(exponent):+d}"
    return _plain(value)


def go_number(value: float) -> str:
    """A number as printed by Go's ``%v``: floats get an exponent below 1e-4 and from 1e6 on."""
    if isinstance(value, int) and INT64_MIN <= value <= INT64_MAX:
        return int.__repr__(value)
    try:
        number = float(value)
    except OverflowError:
        return int.__repr__(int(value))
    if not math.isfinite(number):
        return {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}[str(number)]
    if number == 0:
        return "-0" if math.copysign(1, number) < 0 else "0"
    from decimal import Decimal  # floats are rare: imported only when needed

    sign, digits, exponent = Decimal(float.__repr__(number)).normalize().as_tuple()
    power = len(digits) + int(exponent) - 1
    if -4 <= power < 6:
        return _plain(number)
    first, *rest = map(str, digits)
    mantissa = f"{first}.{''.join(rest)}" if rest else first
    return f"{'-' if sign else ''}{mantissa}e{power:+03d}"


def yaml_number(value: float) -> str:
    """A number in kubectl's YAML, which is derived from its JSON text."""
    text = json_number(value)
    if not text.lstrip("-").isdigit():
        return go_number(value)
    return str(int(text)) if INT64_MIN <= int(text) <= UINT64_MAX else go_number(float(text))


def _plain(value: float) -> str:
    from decimal import Decimal

    text = format(Decimal(float.__repr__(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
