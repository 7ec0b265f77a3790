"""Objects as users name them: KIND, KIND NAME, KIND/NAME, NS/NAME, in kubectl's forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from etcdpod.errors import UsageError

if TYPE_CHECKING:
    from etcdpod.history.lives import Registry
    from etcdpod.kube.model.types import ResourceType

DEFAULT_NAMESPACE = "default"
"""Where kubectl looks when no namespace is named."""


@dataclass(frozen=True, slots=True)
class Target:
    """A kind, and one object of it or all."""

    resource: ResourceType
    namespace: str | None
    """None: all namespaces, or a kind without one."""
    name: str | None


def parse_targets(
    registry: Registry,
    words: tuple[str, ...],
    namespace: str | None,
    *,
    all_namespaces: bool = False,
) -> list[Target]:
    """What the words of ``get`` name, in the order in which they name it.

    Raises:
        UsageError: a word is no kind, or the words do not fit together.
    """
    if not words:
        raise UsageError("no kind named", next_step="try `etcdpod get pods -A`")
    if "/" in words[0]:
        return [_slashed(registry, word, namespace) for word in words]
    kinds = [kind for part in words[0].split(",") for kind in _kinds(registry, part)]
    if all_namespaces and words[1:]:
        raise UsageError(
            "a name does not go with --all-namespaces", next_step="give the namespace with -n"
        )
    where = None if all_namespaces else namespace or DEFAULT_NAMESPACE
    if len(words) == 1:
        return [Target(kind, where if kind.namespaced else None, None) for kind in kinds]
    return [object_named(kind, word, where) for kind in kinds for word in words[1:]]


def _kinds(registry: Registry, word: str) -> tuple[ResourceType, ...]:
    """The kind that a word names, or those of a category such as ``all``."""
    try:
        return registry.builtin_types.resolve_all(word)
    except UsageError:
        return registry.types.resolve_all(word)


def parse_object(registry: Registry, words: tuple[str, ...], namespace: str | None) -> Target:
    """The one object that the words of ``history`` name: NS/POD, KIND NS/NAME, KIND/NAME.

    Raises:
        UsageError: the words name no object, or more than one.
    """
    if len(words) == 2:
        return object_named(registry.resolve(words[0]), words[1], namespace or DEFAULT_NAMESPACE)
    if len(words) != 1:
        raise UsageError(
            "name one object", next_step="as NS/POD, KIND NS/NAME, or -n NS NAME for a pod"
        )
    pods = registry.resolve("pods")
    first, slash, rest = words[0].partition("/")
    if not slash:
        return Target(pods, namespace or DEFAULT_NAMESPACE, first)
    if registry.history(pods, first, rest) is None:
        try:
            return _slashed(registry, words[0], namespace)
        except UsageError:
            pass  # it names no kind either: answered as the pod that it may have meant
    return Target(pods, first, rest)


def _slashed(registry: Registry, word: str, namespace: str | None) -> Target:
    kind, _, name = word.partition("/")
    if not kind or not name:
        raise UsageError(f"{word!r} is not KIND/NAME", next_step="or give KIND NS/NAME")
    resource = registry.resolve(kind)
    return object_named(resource, name, namespace or DEFAULT_NAMESPACE)


def object_named(resource: ResourceType, word: str, namespace: str | None) -> Target:
    """The object of a kind that NS/NAME names, or NAME in ``namespace``.

    Raises:
        UsageError: it is not a name, or names a namespace of a kind that has none.
    """
    first, slash, rest = word.partition("/")
    if slash and (not first or not rest or "/" in rest):
        raise UsageError(f"{word!r} is no name", next_step="give NAME or NS/NAME")
    if not resource.namespaced:
        if slash:
            raise UsageError(
                f"{resource.plural} have no namespace", next_step=f"name it as {rest!r}"
            )
        return Target(resource, None, word)
    return Target(resource, first, rest) if slash else Target(resource, namespace, word)
