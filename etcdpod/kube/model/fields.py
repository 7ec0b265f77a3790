"""Access to fields of an object whose content is not validated; never raises."""

from __future__ import annotations

from typing import Any


def field(value: Any, *names: str) -> Any:
    """The value at ``names``; None if the path ends early."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text(value: Any, *names: str) -> str:
    """The string at ``names``; empty if there is none."""
    found = field(value, *names)
    return found if isinstance(found, str) else ""


def number(value: Any, *names: str, default: int = 0) -> int:
    """The integer at ``names``; ``default`` if there is none."""
    found = field(value, *names)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def mapping(value: Any, *names: str) -> dict[str, Any]:
    """The object at ``names``; empty if there is none."""
    found = field(value, *names)
    return found if isinstance(found, dict) else {}


def members(value: Any, *names: str) -> list[dict[str, Any]]:
    """The objects in the list at ``names``; empty if there is none."""
    found = field(value, *names)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def strings(value: Any, *names: str) -> list[str]:
    """The strings in the list at ``names``; empty if there is none."""
    found = field(value, *names)
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def condition(value: Any, kind: str) -> dict[str, Any] | None:
    """The condition of a type in an object's status; None if there is none."""
    for entry in members(value, "status", "conditions"):
        if entry.get("type") == kind:
            return entry
    return None


def owner_of(value: Any) -> dict[str, Any] | None:
    """The owner reference that is marked as the controller; None if there is none."""
    for reference in members(value, "metadata", "ownerReferences"):
        if reference.get("controller") is True:
            return reference
    return None
