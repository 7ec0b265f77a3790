"""Adds up quantities and formats them in Kubernetes' canonical form: ``2300m``, ``384Mi``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Literal

from etcdpod.kube.model.quantity import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Form = Literal["decimal", "binary", "exponent"]

_DECIMAL: Final = dict(zip(range(-9, 21, 3), ("n", "u", "m", "", *"kMGTPE"), strict=True))
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_EXPONENT: Final = re.compile(r"[eE][+-]?\d")

SMALLEST: Final = Fraction(1, 10**9)
"""The precision; finer quantities are rounded up."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity, and the format in which it was written."""

    value: Fraction = Fraction(0)
    form: Form = "decimal"

    def __add__(self, other: Amount) -> Amount:
        """The sum, in the format of the first operand that is not zero."""
        return Amount(self.value + other.value, self.form if self.value else other.form)

    def __str__(self) -> str:
        if self.form == "binary" and abs(self.value) >= 1024:
            return _binary(-(-self.value // 1))
        return _decimal(self.value, "exponent" if self.form == "exponent" else "decimal")

    @property
    def whole(self) -> int:
        """In whole units, rounded up."""
        return int(-(-self.value // 1))

    @property
    def milli(self) -> int:
        """In thousandths, rounded up."""
        return int(-(-self.value * 1000 // 1))


ZERO: Final = Amount()


def amount(text: object) -> Amount:
    """The quantity in a text; zero if it is not a quantity."""
    written = str(text)
    value = parse_quantity(written)
    if value is None:
        return ZERO
    if written.endswith("i"):
        return Amount(value, "binary")
    return Amount(value, "exponent" if _EXPONENT.search(written) else "decimal")


def canonical(text: object) -> str:
    """A quantity in canonical form; the text itself if it is not a quantity."""
    return str(text) if parse_quantity(str(text)) is None else str(amount(text))


def amounts(quantities: Mapping[str, Any] | None) -> dict[str, Amount]:
    """The quantities of a resource list."""
    return {name: amount(text) for name, text in (quantities or {}).items()}


def summed(lists: Iterable[Mapping[str, Amount]]) -> dict[str, Amount]:
    """The sum of several resource lists, per resource."""
    total: dict[str, Amount] = {}
    for one in lists:
        for name, part in one.items():
            total[name] = total.get(name, ZERO) + part
    return total


def largest(lists: Iterable[Mapping[str, Amount]]) -> dict[str, Amount]:
    """The maximum of several resource lists, per resource."""
    most: dict[str, Amount] = {}
    for one in lists:
        for name, part in one.items():
            if name not in most or part.value > most[name].value:
                most[name] = part
    return most


def _binary(value: int) -> str:
    power = 0
    while value and value % 1024 == 0 and power < len(_BINARY) - 1:
        value //= 1024
        power += 1
    return f"{value}{_BINARY[power]}"


def _decimal(value: Fraction, form: str) -> str:
    """With the largest power of a thousand that leaves no fraction."""
    if not value:
        return "0"
    value = Fraction(-(-value // SMALLEST)) * SMALLEST
    power = 18
    while power > -9 and (value / Fraction(10) ** power).denominator != 1:
        power -= 3
    digits = int(value / Fraction(10) ** power)
    if form == "exponent":
        return f"{digits}e{power}" if power else str(digits)
    return f"{digits}{_DECIMAL[power]}"
