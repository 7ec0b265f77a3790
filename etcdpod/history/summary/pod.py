"""Pods: scheduling, phase, readiness, containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.history.summary.brief import ARROW, brief, counted, moved, named
from etcdpod.history.summary.conditions import conditions_changed
from etcdpod.history.summary.containers import STATUSES_COVERED, statuses_changed, waiting
from etcdpod.history.summary.summariser import Summariser
from etcdpod.history.summary.template import (
    containers_changed,
    containers_counted,
    containers_told,
    placement,
)
from etcdpod.kube.model.fields import condition, field, mapping, members, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator

_COVERED_OTHERWISE: Final = frozenset(
    # What the binding, the ready count and the container states say in better words.
    {"ContainersReady", "Initialized", "PodReadyToStartContainers", "PodScheduled", "Ready"}
)


def _changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    yield from _scheduling(before, after)
    yield from _phase(before, after)
    yield from statuses_changed(before, after)
    yield from _readiness(before, after)
    address = text(after, "status", "podIP")
    if text(before, "status", "podIP") != address:
        yield f"ip {address}" if address else "ip gone"
    specs = mapping(before, "spec"), mapping(after, "spec")
    yield from containers_changed(*specs)
    yield from conditions_changed(before, after, leave_out=_COVERED_OTHERWISE)


def _scheduling(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    node = text(after, "spec", "nodeName")
    if text(before, "spec", "nodeName") != node:
        yield f"scheduled {ARROW} {brief(node)}"
    old, new = (condition(pod, "PodScheduled") for pod in (before, after))
    if text(new, "status") == "False" and old != new:
        message = text(new, "message").partition(". ")[0].rstrip(".")
        again = "still " if text(old, "status") == "False" else ""
        if message != text(old, "message").partition(". ")[0].rstrip("."):
            yield f"{again}unschedulable: {brief(message, 100) or 'no reason given'}"
    nominated = [text(pod, "status", "nominatedNodeName") for pod in (before, after)]
    if nominated[0] != nominated[1]:
        yield f"nominated to {brief(nominated[1])}" if nominated[1] else "nomination cleared"


def _phase(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    phases = text(before, "status", "phase"), text(after, "status", "phase")
    reason, message = text(after, "status", "reason"), text(after, "status", "message")
    why = f" ({reason}{': ' if message else ''}{brief(message, 80)})" if reason else ""
    if phases[0] != phases[1]:
        yield moved(*phases) + why
    elif text(before, "status", "reason") != reason:
        yield f"{phases[1]}{why}" if reason else f"{phases[1]}, reason cleared"


def _readiness(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """How many containers are ready, and the Ready condition where it says more.

    The count is left out until there are statuses to count, and when all is lost with the
    condition; the condition is left out when it changed with the count.
    """
    counts = _ready_count(before), _ready_count(after)
    old, new = (condition(pod, "Ready") for pod in (before, after))
    left, right = text(old, "status"), text(new, "status")
    fell = left == "True" and right != "True"
    counted_before = bool(members(before, "status", "containerStatuses"))
    if counted_before and counts[0] != counts[1] and not (fell and counts[1].startswith("0/")):
        yield f"ready {counts[0]} {ARROW} {counts[1]}"
    if left and left != right and (fell or counts[0] == counts[1]):
        reason = text(new, "reason")
        yield f"condition Ready {left} {ARROW} {right}" + (f" ({brief(reason)})" if reason else "")


def _ready_count(pod: dict[str, Any]) -> str:
    statuses = members(pod, "status", "containerStatuses")
    total = max(len(members(pod, "spec", "containers")), len(statuses))
    return f"{sum(field(status, 'ready') is True for status in statuses)}/{total}"


def _born(pod: dict[str, Any]) -> Iterator[str]:
    spec = mapping(pod, "spec")
    yield from containers_counted(spec)
    yield from placement(spec)


def _state(pod: dict[str, Any]) -> Iterator[str]:
    yield text(pod, "status", "phase") or "no phase"
    if members(pod, "status", "containerStatuses"):
        yield f"ready {_ready_count(pod)}"
    node = text(pod, "spec", "nodeName")
    yield f"on {brief(node)}" if node else "not scheduled"
    restarts = sum(
        number(status, "restartCount")
        for kind in ("containerStatuses", "initContainerStatuses")
        for status in members(pod, "status", kind)
    )
    if restarts:
        yield counted(restarts, "restart")
    held_up = list(waiting(pod))
    if held_up:
        yield named(held_up)


POD: Final = Summariser(
    kinds=frozenset({("", "Pod")}),
    changed=_changed,
    covered=(
        *STATUSES_COVERED,
        *containers_told("spec"),
        "spec.nodeName",
        "status.conditions",
        "status.hostIP",
        "status.hostIPs",
        "status.message",
        "status.nominatedNodeName",
        "status.observedGeneration",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.reason",
        "status.startTime",
        # The kubelet's account of what it gave; what was asked for is in the spec.
        "status.allocatedResources",
        "status.resources",
    ),
    born=_born,
    copied_labels=frozenset({"topology.kubernetes.io/region", "topology.kubernetes.io/zone"}),
    state=_state,
)
"""Pods."""
