"""Access to possibly malformed fields, so that the rest of an object is still described."""

from __future__ import annotations

from typing import Any


def dig(value: Any, *path: str) -> Any:
    """The value at a path of field names; None if the path ends early."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text_at(value: Any, *path: str) -> str:
    """The string at a path; empty if there is none."""
    found = dig(value, *path)
    return found if isinstance(found, str) else "" if found is None else str(found)


def number_at(value: Any, *path: str) -> int:
    """The integer at a path; 0 if there is none."""
    found = dig(value, *path)
    return found if isinstance(found, int) else 0


def name_of(thing: Any) -> str:
    """The object's name; empty if it has none."""
    return text_at(thing, "metadata", "name")


def mapping_at(value: Any, *path: str) -> dict[str, Any]:
    """The object at a path; empty if there is none."""
    found = dig(value, *path)
    return found if isinstance(found, dict) else {}
