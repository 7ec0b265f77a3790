"""ConfigMaps, Secrets and Namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.history.summary.brief import brief, counted, moved
from etcdpod.history.summary.conditions import conditions_changed
from etcdpod.history.summary.metadata import finalizers
from etcdpod.history.summary.summariser import Summariser
from etcdpod.kube.model.fields import field, mapping, strings, text

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORT: Final = 30
"""Values up to this length are quoted when they change."""


def _config_changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for section in ("data", "binaryData"):
        yield from _keys(mapping(before, section), mapping(after, section), quote=True)
    yield from _sealed(before, after)


def _secret_changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Which keys changed; never what they hold."""
    for section in ("data", "stringData"):
        yield from _keys(mapping(before, section), mapping(after, section), quote=False)
    types = text(before, "type"), text(after, "type")
    if types[0] != types[1]:
        yield f"type {moved(*types)}"
    yield from _sealed(before, after)


def _sealed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    if field(before, "immutable") != field(after, "immutable"):
        yield "made immutable" if field(after, "immutable") is True else "no longer immutable"


def _keys(old: dict[str, Any], new: dict[str, Any], *, quote: bool) -> Iterator[str]:
    for name in sorted(new.keys() - old.keys()):
        yield f"key {brief(name)} added"
    for name in sorted(new.keys() & old.keys()):
        left, right = old[name], new[name]
        if left != right:
            yield f"key {brief(name)} " + (_value_moved(left, right) if quote else "changed")
    for name in sorted(old.keys() - new.keys()):
        yield f"key {brief(name)} removed"


def _value_moved(left: Any, right: Any) -> str:
    texts = isinstance(left, str) and isinstance(right, str)
    if texts and max(len(left), len(right)) <= _SHORT and "\n" not in left + right:
        return moved(left, right)
    if texts:
        return f"changed ({counted(len(left), 'character')} → {len(right)})"
    return "changed"


def _born(value: dict[str, Any]) -> Iterator[str]:
    names = [*mapping(value, "data"), *mapping(value, "binaryData"), *mapping(value, "stringData")]
    if text(value, "type"):
        yield f"type {brief(text(value, 'type'))}"
    yield counted(len(names), "key")


CONFIG_MAP: Final = Summariser(
    kinds=frozenset({("", "ConfigMap")}),
    changed=_config_changed,
    covered=("binaryData", "data", "immutable"),
    born=_born,
    state=_born,
)
"""ConfigMaps."""

SECRET: Final = Summariser(
    kinds=frozenset({("", "Secret")}),
    changed=_secret_changed,
    covered=("data", "immutable", "stringData", "type"),
    born=_born,
    state=_born,
)
"""Secrets, by the names of their keys alone."""


def _namespace_changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    phases = text(before, "status", "phase"), text(after, "status", "phase")
    if phases[0] != phases[1]:
        yield moved(phases[0] or "no phase", phases[1])
    yield from finalizers(
        strings(before, "spec", "finalizers"), strings(after, "spec", "finalizers")
    )
    yield from conditions_changed(before, after)


NAMESPACE: Final = Summariser(
    kinds=frozenset({("", "Namespace")}),
    changed=_namespace_changed,
    covered=("spec.finalizers", "status.conditions", "status.phase"),
    state=lambda value: [text(value, "status", "phase") or "no phase"],
)
"""Namespaces."""
