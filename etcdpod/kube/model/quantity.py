"""Kubernetes quantities: ``100m``, ``1.5Gi``, ``2e3``."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

MAX_DIGITS: Final = 64
"""Maximum length of a quantity; anything longer is invalid."""

MAX_EXPONENT: Final = 30

_QUANTITY: Final = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d+))?", re.ASCII
)
_BINARY: Final[dict[str, int]] = {
    f"{letter}i": 1024**power for power, letter in enumerate("KMGTPE", start=1)
}
_DECIMAL: Final = dict(zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True))


def parse_quantity(text: str) -> Fraction | None:
    """The value of a quantity; None if the text is not one."""
    match = _QUANTITY.fullmatch(text)
    if match is None or len(text) > MAX_DIGITS:
        return None
    number, binary, decimal, exponent = match.groups()
    value = Fraction(number)
    if binary:
        return value * _BINARY[binary]
    power = _DECIMAL[decimal] if decimal else int(exponent or 0)
    if abs(power) > MAX_EXPONENT:
        return None
    scale = Fraction(10**power) if power >= 0 else Fraction(1, 10**-power)
    return value * scale
