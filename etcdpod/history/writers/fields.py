"""What ``metadata.managedFields`` shows of a write: whose entry moved, whose fields changed.

An entry belongs to a manager, an operation and a subresource, and lists the fields that it owns
in fieldsV1 notation: ``f:NAME`` a field, ``k:{…}`` the member of a list that has these keys,
``v:…`` a member of a set, ``i:N`` a position, ``.`` the parent itself. The API server renews the
time of the entry through which a write changed something, and gives it the fields.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

ABSENT: Final = object()
"""In place of a missing value."""


@dataclass(frozen=True, slots=True)
class ManagerEntry:
    """One entry of managedFields."""

    manager: str
    operation: str
    subresource: str
    time: str
    fields: dict[str, Any]

    @property
    def identity(self) -> tuple[str, str, str]:
        """What stays when the entry is renewed."""
        return self.manager, self.operation, self.subresource

    def __str__(self) -> str:
        where = f" of {self.subresource}" if self.subresource else ""
        return f"{self.manager} {self.operation}{where} {self.time}".strip()


def entries(value: dict[str, Any] | None) -> list[ManagerEntry]:
    """The entries of an object; none where they were stripped or never written."""
    metadata = (value or {}).get("metadata")
    listed = metadata.get("managedFields") if isinstance(metadata, dict) else None
    found = []
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            fields = entry.get("fieldsV1")
            found.append(
                ManagerEntry(
                    str(entry.get("manager", "")),
                    str(entry.get("operation", "")),
                    str(entry.get("subresource", "")),
                    str(entry.get("time", "")),
                    fields if isinstance(fields, dict) else {},
                )
            )
    return found


def renewed(before: dict[str, Any] | None, after: dict[str, Any]) -> list[ManagerEntry]:
    """The entries that are new, or whose time moved; the latest first."""
    times = {entry.identity: entry.time for entry in entries(before)}
    moved = [entry for entry in entries(after) if times.get(entry.identity) != entry.time]
    return sorted(moved, key=lambda entry: entry.time, reverse=True)


def owners_of_changes(before: dict[str, Any], after: dict[str, Any]) -> list[ManagerEntry]:
    """The entries of ``after`` that own a field which differs from ``before``.

    A write makes its manager the owner of what it changed. So these are the writers, also when
    no time moved because two writes fell into one second.
    """
    return [
        entry for entry in entries(after) if entry.fields and touches(entry.fields, before, after)
    ]


def losers(before: dict[str, Any], after: dict[str, Any]) -> list[ManagerEntry]:
    """The entries of ``before`` that own less in ``after``: what they owned was taken away."""
    fields = {entry.identity: entry.fields for entry in entries(after)}
    return [entry for entry in entries(before) if fields.get(entry.identity, {}) != entry.fields]


def touches(fields: dict[str, Any], before: Any, after: Any) -> bool:
    """Whether any of the fields differs between two objects."""
    stack: list[tuple[Any, Any, Any]] = [(fields, before, after)]
    while stack:
        tree, old, new = stack.pop()
        if old is new:
            continue
        if not isinstance(tree, dict) or not tree:
            if old != new:
                return True
            continue
        if (old is ABSENT) is not (new is ABSENT):
            return True
        stack.extend(
            (below, _step(old, part), _step(new, part))
            for part, below in tree.items()
            if part != "."
        )
    return False


def _step(value: Any, part: str) -> Any:
    """What a part of a fieldsV1 path leads to; ABSENT where nothing is."""
    found = member_of(value, part)
    return ABSENT if found is None else found[1]


def member_of(value: Any, part: str) -> tuple[str | int, Any] | None:
    """Follow one part of a fieldsV1 path.

    Returns:
        The key or position in ``value``, and what is there; None where nothing is.
    """
    kind, _, text = part.partition(":")
    if kind == "f":
        return (text, value[text]) if isinstance(value, dict) and text in value else None
    if not isinstance(value, list):
        return None
    try:
        wanted = json.loads(text)
    except ValueError:
        return None
    for position, member in enumerate(value):
        if (
            (kind == "k" and isinstance(wanted, dict) and _has_keys(member, wanted))
            or (kind == "v" and member == wanted)
            or (kind == "i" and position == wanted)
        ):
            return position, member
    return None


def _has_keys(member: Any, wanted: dict[str, Any]) -> bool:
    """A key that is left out has its default, which the notation spells out."""
    return isinstance(member, dict) and all(
        member.get(key, expected) == expected for key, expected in wanted.items()
    )
