"""Access to possibly malformed fields, so that the rest of an object is still described."""

from __future__ import annotations

from typing import Any

from etcdpod.kube.model.fields import field as dig
from etcdpod.kube.model.fields import mapping as mapping_at
from etcdpod.kube.model.fields import number as number_at

__all__ = ["dig", "mapping_at", "name_of", "number_at", "text_at"]


def text_at(value: Any, *path: str) -> str:
    """The value at a path as text, also where it is not a string; empty if there is none."""
    found = dig(value, *path)
    return found if isinstance(found, str) else "" if found is None else str(found)


def name_of(thing: Any) -> str:
    """The object's name; empty if it has none."""
    return text_at(thing, "metadata", "name")
