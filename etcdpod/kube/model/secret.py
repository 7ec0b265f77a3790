"""Secrets kept secret: what must be hidden before anything of a Secret is shown."""

from __future__ import annotations

import binascii
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etcdpod.changes import Change

MASK: Final = "***"
"""Stands where a secret value was; kubectl's own sign."""

_SECTIONS: Final = ("data", "stringData")

_DEEPEST_LIST: Final = 8
"""Lists inside lists that are looked into; nobody writes two."""
_SHORTEST_COPY: Final = 6
"""A value shorter than this is found in any text by chance."""


def mask(value: dict[str, Any]) -> dict[str, Any]:
    """The object with what a Secret hides replaced by ``***``; names of keys stay.

    Hidden are ``data``, ``stringData`` and annotations that repeat them: kubectl's and other
    tools' last applied configuration, and any that contains one of the values. Secrets inside a
    List are masked too. Only the core group's Secret is one; a custom resource of that name is not.

    Returns:
        A new object where something was hidden, otherwise ``value`` itself. ``value`` is never
        changed.
    """
    return _mask(value, _DEEPEST_LIST)


def mask_changes(kind: str, changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes of an object with secret values hidden; that they changed stays to be seen.

    Of annotations no value is shown: one that repeats a secret cannot be told beside a change.

    Args:
        kind: the object's kind; only the changes of a ``Secret`` are touched.
        changes: what ``diff.changes`` found.
    """
    if kind != "Secret":
        return tuple(changes)
    return tuple(
        replace(
            change,
            before=None if change.op == "add" else _mask_at(change.path, change.before),
            after=None if change.op == "remove" else _mask_at(change.path, change.after),
        )
        for change in changes
    )


def is_secret_key(key: bytes) -> bool:
    """Whether an etcd key may hold a Secret, whatever the registry's prefix is.

    This is for raw bytes, which are all or nothing, so in doubt it says yes: also for a custom
    resource whose plural is ``secrets``.
    """
    return key.split(b"/")[-3:-2] == [b"secrets"]


def _mask(value: dict[str, Any], deeper: int) -> dict[str, Any]:
    kind = value.get("kind")
    if kind == "Secret" and value.get("apiVersion") in ("v1", None, ""):
        return _mask_secret(value)
    items = value.get("items")
    if isinstance(kind, str) and kind.endswith("List") and isinstance(items, list):
        masked = [_mask_item(item, kind, deeper) for item in items]
        if any(new is not old for new, old in zip(masked, items, strict=True)):
            return {**value, "items": masked}
    return value


def _mask_item(item: Any, kind: str, deeper: int) -> Any:
    """A member of a List. In a typed one (SecretList) members need not say what they are."""
    if not isinstance(item, dict):
        return item
    if kind == "SecretList" and "kind" not in item:
        return _mask_secret(item)
    return _mask(item, deeper - 1) if deeper > 0 else MASK


def _mask_secret(value: dict[str, Any]) -> dict[str, Any]:
    hidden: dict[str, Any] = {
        name: _mask_section(value[name]) for name in _SECTIONS if name in value
    }
    metadata = value.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict):
        annotations = _mask_annotations(metadata["annotations"], _texts(value))
        hidden["metadata"] = {**metadata, "annotations": annotations}
    return {**value, **hidden}


def _mask_section(section: Any) -> Any:
    if isinstance(section, dict):
        return dict.fromkeys(section, MASK)
    return section if section is None else MASK


def _mask_annotations(annotations: dict[str, Any], texts: Iterable[str]) -> dict[str, Any]:
    return {
        name: MASK if _is_copy(name, text, texts) else text for name, text in annotations.items()
    }


def _is_copy(name: str, text: Any, texts: Iterable[str]) -> bool:
    """Whether an annotation repeats what the Secret holds.

    Tools keep the object they applied under names of their own; as JSON it shows its ``data``.
    """
    if "last-applied" in name or not isinstance(text, str):
        return True
    holds_object = '"data"' in text or '"stringData"' in text
    return holds_object or any(secret in text for secret in texts)


def _texts(value: dict[str, Any]) -> list[str]:
    """The secret values as an annotation might repeat them: as stored, and decoded."""
    stored = [
        text
        for section in _SECTIONS
        if isinstance(value.get(section), dict)
        for text in value[section].values()
        if isinstance(text, str)
    ]
    return [text for text in [*stored, *map(_decoded, stored)] if len(text) >= _SHORTEST_COPY]


def _decoded(text: str) -> str:
    try:
        return binascii.a2b_base64(text).decode()
    except (binascii.Error, ValueError):
        return ""


def _mask_at(path: str, value: Any) -> Any:
    """A value from the place ``path`` (as ``Change.path`` writes it) of a Secret."""
    if path in (*_SECTIONS, "metadata.annotations"):
        return _mask_section(value)
    if path.startswith((*_SECTIONS, "metadata.annotations")):
        return MASK
    if path == "metadata" and isinstance(value, dict) and "annotations" in value:
        return {**value, "annotations": _mask_section(value["annotations"])}
    return value
