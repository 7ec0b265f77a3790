"""What a pod is to run: the containers of a pod's spec, or of a workload's template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.history.summary.brief import ARROW, brief, by_name, counted, moved, named
from etcdpod.kube.model.fields import mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS = (
    ("initContainers", "init container "),
    ("containers", ""),
    ("ephemeralContainers", "ephemeral container "),
)


def containers_changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """What differs between the containers of two pod specs: ``web: image 2.4.0 → 2.4.1``."""
    for field_name, noun in _KINDS:
        old, new = by_name(before, field_name), by_name(after, field_name)
        for name, container in new.items():
            if name not in old:
                image = brief(text(container, "image"))
                yield f"{noun or 'container '}{brief(name)} added (image {image})"
            else:
                for what in _container(old[name], container):
                    yield f"{noun}{brief(name)}: {what}"
        for name in old:
            if name not in new:
                yield f"{noun or 'container '}{brief(name)} removed"


def containers_told(prefix: str) -> tuple[str, ...]:
    """Paths that ``containers_changed`` judges below the pod spec at ``prefix``."""
    return tuple(f"{prefix}.{name}" for name, _ in _KINDS)


def _container(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    if text(old, "image") != text(new, "image"):
        yield f"image {image_moved(text(old, 'image'), text(new, 'image'))}"
    yield from _environment(old, new)
    yield from _resources(old, new)
    others = sorted(
        key
        for key in (old.keys() | new.keys()) - {"image", "env", "resources"}
        if old.get(key) != new.get(key)
    )
    if others:
        yield f"{named(others)} changed"


def _environment(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    left, right = by_name(old, "env"), by_name(new, "env")
    for name, variable in right.items():
        if name not in left:
            yield f"env {brief(name)} added"
        elif variable != left[name]:
            values = text(left[name], "value"), text(variable, "value")
            covered = moved(*values) if all(values) else "changed"
            yield f"env {brief(name)} {covered}"
    for name in left:
        if name not in right:
            yield f"env {brief(name)} removed"


def _resources(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for what in ("requests", "limits"):
        left, right = mapping(old, "resources", what), mapping(new, "resources", what)
        for name in sorted(left.keys() | right.keys()):
            if left.get(name) != right.get(name):
                sides = left.get(name, "none"), right.get(name, "none")
                yield f"{what} {brief(name)} {moved(*sides)}"


def image_moved(before: str, after: str) -> str:
    """``2.4.0 → 2.4.1`` where only the tag differs; whole names where more does."""
    left, right = _split_image(before), _split_image(after)
    if left[0] == right[0] and left[1] and right[1]:
        return f"{brief(left[1])} {ARROW} {brief(right[1])}"
    return f"{brief(before, 90) or 'none'} {ARROW} {brief(after, 90) or 'none'}"


def _split_image(image: str) -> tuple[str, str]:
    """The repository, and the tag or shortened digest, of an image reference."""
    repository, at, digest = image.partition("@")
    if at:
        return repository, "@" + digest[:19]
    head, colon, tag = image.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (image, "")


def containers_counted(spec: dict[str, Any]) -> Iterator[str]:
    """``2 containers``, ``1 init container``: what a pod spec is made of; one image is named."""
    containers = by_name(spec, "containers")
    if containers:
        yield counted(len(containers), "container")
    if len(containers) == 1:
        yield f"image {brief(text(next(iter(containers.values())), 'image'), 90)}"
    init = by_name(spec, "initContainers")
    if init:
        yield counted(len(init), "init container")


def placement(spec: dict[str, Any]) -> Iterator[str]:
    """Where a pod spec wants to run."""
    selector = mapping(spec, "nodeSelector")
    if selector:
        yield "nodeSelector " + named(f"{key}={value}" for key, value in sorted(selector.items()))
    if text(spec, "nodeName"):
        yield f"on node {brief(text(spec, 'nodeName'))}"
    if text(spec, "priorityClassName"):
        yield f"priority class {brief(text(spec, 'priorityClassName'))}"
