"""Masking: what must be hidden before anything of a Secret is shown."""

from __future__ import annotations

import binascii
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etcdpod.changes import Change

MASK: Final = "***"
"""Replaces a secret value, as in kubectl."""

_SECTIONS: Final = ("data", "stringData")

_DEEPEST_LIST: Final = 8
"""Nesting limit for Lists inside Lists; real objects do not even have two levels."""
_SHORTEST_COPY: Final = 6
"""Shorter values are ignored: they occur in any text by chance."""


def mask(value: dict[str, Any]) -> dict[str, Any]:
    """The object with secret values replaced by ``***``; key names are kept.

    Hidden are ``data``, ``stringData`` and annotations that repeat them: the last applied
    configuration of kubectl and other tools, and any that contains one of the values. Secrets in
    a List are masked too. Only the core group's Secret counts, not a custom resource of that name.

    Returns:
        A new object if something was hidden, otherwise ``value`` itself. ``value`` is never
        modified.
    """
    return _mask(value, _DEEPEST_LIST)


def mask_changes(kind: str, changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes of an object with secret values hidden; it remains visible that they changed.

    All values of annotations are hidden: from a change alone, one that repeats a secret cannot be
    recognised.

    Args:
        kind: the object's kind; only the changes of a ``Secret`` are modified.
        changes: the result of ``diff.changes``.
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
    """Whether an etcd key may hold a Secret, whatever the registry's prefix.

    Raw bytes can only be shown or hidden as a whole, so this returns True in doubt: also for
    a custom resource whose plural is ``secrets``.
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
    """A member of a List. In a typed one (SecretList) members need not have apiVersion and kind."""
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
    """Whether an annotation repeats the content of the Secret.

    Tools store the applied object under annotations of their own; as JSON it contains ``data``.
    """
    if "last-applied" in name or not isinstance(text, str):
        return True
    holds_object = '"data"' in text or '"stringData"' in text
    return holds_object or any(secret in text for secret in texts)


def _texts(value: dict[str, Any]) -> list[str]:
    """The secret values in the forms an annotation might contain: as stored, and decoded."""
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
    """A value at ``path`` (as in ``Change.path``) of a Secret."""
    if path in (*_SECTIONS, "metadata.annotations"):
        return _mask_section(value)
    if path.startswith((*_SECTIONS, "metadata.annotations")):
        return MASK
    if path == "metadata" and isinstance(value, dict) and "annotations" in value:
        return {**value, "annotations": _mask_section(value["annotations"])}
    return value
