"""The words of summaries: values written short, numbers counted, lists of names cut."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from etcdpod.kube.model.fields import members, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ARROW: Final = "→"

_LONGEST_VALUE: Final = 60
_MOST_NAMES: Final = 4


def by_name(value: Any, *path: str, key: str = "name") -> dict[str, dict[str, Any]]:
    """The objects in the list at ``path`` by their ``key``, in the list's order."""
    return {
        member[key]: member for member in members(value, *path) if isinstance(member.get(key), str)
    }


def brief(value: Any, longest: int = _LONGEST_VALUE) -> str:
    """A value on one line of at most ``longest`` characters."""
    if isinstance(value, str):
        line = " ".join(value[: 4 * longest].split())
        cut = len(value) > 4 * longest
    elif isinstance(value, dict):
        line, cut = _brief_object(value), False
    elif isinstance(value, list):
        scalar = len(value) == 1 and not isinstance(value[0], dict | list)
        line, cut = brief(value[0], longest) if scalar else f"[{len(value)}]", False
    else:
        line, cut = json.dumps(value), False
    return line if len(line) <= longest and not cut else line[: longest - 1].rstrip() + "…"


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
