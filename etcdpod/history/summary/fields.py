"""Reading fields of an object that may have any shape, and writing values short.

A stored value is not always what its kind promises (a damaged or hand-written one, a custom
resource named Pod), so every reader here answers with something empty instead of failing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ARROW: Final = "→"

_LONGEST_VALUE: Final = 60
_MOST_NAMES: Final = 4


def field(value: Any, *path: str) -> Any:
    """What lies at ``path`` below ``value``; None where there is nothing."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def mapping(value: Any, *path: str) -> dict[str, Any]:
    """The JSON object at ``path``; empty where there is none."""
    found = field(value, *path)
    return found if isinstance(found, dict) else {}


def members(value: Any, *path: str) -> list[dict[str, Any]]:
    """The JSON objects in the list at ``path``; empty where there are none."""
    found = field(value, *path)
    return (
        [member for member in found if isinstance(member, dict)] if isinstance(found, list) else []
    )


def strings(value: Any, *path: str) -> list[str]:
    """The strings in the list at ``path``; empty where there are none."""
    found = field(value, *path)
    return (
        [member for member in found if isinstance(member, str)] if isinstance(found, list) else []
    )


def string(value: Any, *path: str) -> str:
    """The string at ``path``; empty where there is none."""
    found = field(value, *path)
    return found if isinstance(found, str) else ""


def number(value: Any, *path: str) -> int:
    """The integer at ``path``; 0 where there is none, as Kubernetes leaves zeroes out."""
    found = field(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def by_name(value: Any, *path: str, key: str = "name") -> dict[str, dict[str, Any]]:
    """The objects in the list at ``path`` by their ``key``, in the list's order."""
    return {
        member[key]: member for member in members(value, *path) if isinstance(member.get(key), str)
    }


def brief(value: Any, longest: int = _LONGEST_VALUE) -> str:
    """A value on one line of at most ``longest`` characters."""
    if isinstance(value, str):
        text = " ".join(value[: 4 * longest].split())
        cut = len(value) > 4 * longest
    elif isinstance(value, dict):
        text, cut = _brief_object(value), False
    elif isinstance(value, list):
        scalar = len(value) == 1 and not isinstance(value[0], dict | list)
        text, cut = brief(value[0], longest) if scalar else f"[{len(value)}]", False
    else:
        text, cut = json.dumps(value), False
    return text if len(text) <= longest and not cut else text[: longest - 1].rstrip() + "…"


def _brief_object(value: dict[str, Any]) -> str:
    if len(value) == 1:
        key, member = next(iter(value.items()))
        if not isinstance(member, dict | list):
            return f"{key} {brief(member)}"
    return f"{{{counted(len(value), 'field')}}}"


def moved(before: Any, after: Any) -> str:
    """``before → after``, both short."""
    return f"{brief(before)} {ARROW} {brief(after)}"


def counts_moved(before: Any, after: Any, names: Mapping[str, str]) -> Iterator[str]:
    """Numbers in the status that moved: ``active 0 → 1``.

    Args:
        before: the older object.
        after: the newer object.
        names: fields of the status, and what to call them.
    """
    for name, noun in names.items():
        old, new = number(before, "status", name), number(after, "status", name)
        if old != new:
            yield f"{noun} {moved(old, new)}"


def counted(count: int, noun: str) -> str:
    """``1 container``, ``2 containers``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def named(names: Iterable[str]) -> str:
    """``a, b, c``; of many only the first, and how many more."""
    listed = list(names)
    text = ", ".join(brief(name) for name in listed[:_MOST_NAMES])
    return f"{text} +{len(listed) - _MOST_NAMES} more" if len(listed) > _MOST_NAMES else text


def clock(timestamp: str) -> str:
    """The time of day in an RFC 3339 timestamp, to a tenth of a second where it has fractions."""
    if len(timestamp) < 20 or timestamp[10] != "T":
        return brief(timestamp)
    fraction = timestamp[19:21] if timestamp[19] == "." else ""
    return timestamp[11:19] + fraction
