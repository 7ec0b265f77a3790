"""Nodes: conditions, taints, cordons, what the kubelet reports of its machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.history.summary.brief import brief, by_name, moved, named
from etcdpod.history.summary.conditions import conditions_changed
from etcdpod.history.summary.summariser import Summariser
from etcdpod.kube.model.fields import condition, field, mapping, members, text

if TYPE_CHECKING:
    from collections.abc import Iterator


def _changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    if by_name(before, "status", "conditions", key="type"):
        yield from conditions_changed(before, after)
    elif members(after, "status", "conditions"):
        yield "first status: " + ", ".join(_state(after))
    yield from _taints(before, after)
    cordoned = [field(node, "spec", "unschedulable") is True for node in (before, after)]
    if cordoned[0] != cordoned[1]:
        yield "cordoned" if cordoned[1] else "uncordoned"
    yield from _machine(before, after)
    for name in ("capacity", "allocatable"):
        old, new = mapping(before, "status", name), mapping(after, "status", name)
        if old:
            for resource in sorted(old.keys() | new.keys()):
                if old.get(resource) != new.get(resource):
                    sides = old.get(resource, "none"), new.get(resource, "none")
                    yield f"{name} {brief(resource)} {moved(*sides)}"
    if field(before, "status", "addresses") != field(after, "status", "addresses"):
        yield "addresses " + named(
            f"{text(address, 'type')} {text(address, 'address')}"
            for address in members(after, "status", "addresses")
        )
    images = [len(members(node, "status", "images")) for node in (before, after)]
    if images[0] != images[1]:
        yield f"images {moved(*images)}"


def _taints(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    old, new = _taint_names(before), _taint_names(after)
    for name in sorted(new - old):
        yield f"taint added {brief(name, 90)}"
    for name in sorted(old - new):
        yield f"taint removed {brief(name, 90)}"


def _taint_names(node: dict[str, Any]) -> set[str]:
    """``key=value:effect``, as kubectl writes taints."""
    return {
        text(taint, "key")
        + (f"={text(taint, 'value')}" if text(taint, "value") else "")
        + f":{text(taint, 'effect')}"
        for taint in members(node, "spec", "taints")
    }


def _machine(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """What a reboot or an upgrade changes."""
    old, new = mapping(before, "status", "nodeInfo"), mapping(after, "status", "nodeInfo")
    if not any(old.values()):
        return
    for name, words in (
        ("kubeletVersion", "kubelet"),
        ("containerRuntimeVersion", "runtime"),
        ("kernelVersion", "kernel"),
        ("osImage", "OS"),
    ):
        if text(old, name) != text(new, name):
            yield f"{words} {moved(text(old, name), text(new, name))}"
    if text(old, "bootID") != text(new, "bootID"):
        yield "rebooted (another boot ID)"


def _state(node: dict[str, Any]) -> Iterator[str]:
    ready = condition(node, "Ready")
    yield f"Ready {text(ready, 'status') or 'not reported'}"
    version = text(node, "status", "nodeInfo", "kubeletVersion")
    if version:
        yield f"kubelet {brief(version)}"
    taints = sorted(_taint_names(node))
    if taints:
        yield f"taints {named(taints)}"


def _born(node: dict[str, Any]) -> Iterator[str]:
    taints = sorted(_taint_names(node))
    if taints:
        yield f"taints {named(taints)}"


NODE: Final = Summariser(
    kinds=frozenset({("", "Node")}),
    changed=_changed,
    covered=(
        "spec.taints",
        "spec.unschedulable",
        "status.addresses",
        "status.allocatable",
        "status.capacity",
        "status.conditions",
        "status.images",
        "status.nodeInfo",
    ),
    born=_born,
    state=_state,
)
"""Nodes."""
