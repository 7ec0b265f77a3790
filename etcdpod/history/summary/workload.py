"""Deployments, ReplicaSets and StatefulSets: what they ask for, and how far they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.history.summary.brief import ARROW, brief, clock, moved
from etcdpod.history.summary.conditions import conditions_changed
from etcdpod.history.summary.summariser import Summariser
from etcdpod.history.summary.template import (
    containers_changed,
    containers_counted,
    containers_told,
    placement,
)
from etcdpod.kube.model.fields import field, mapping, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator

_REVISION: Final = "deployment.kubernetes.io/revision"
_RESTARTED_AT: Final = "kubectl.kubernetes.io/restartedAt"

RESTART_COVERED: Final = f'spec.template.metadata.annotations["{_RESTARTED_AT}"]'
"""The path of kubectl's mark for a restart, which ``asked`` reports."""


def asked(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """What somebody wants of a workload: its size, its template, a restart, a pause."""
    old, new = field(before, "spec", "replicas"), field(after, "spec", "replicas")
    if old != new:
        yield f"replicas {moved(old, new)}"
    if field(before, "spec", "paused") != field(after, "spec", "paused"):
        yield "paused" if field(after, "spec", "paused") is True else "resumed"
    templates = mapping(before, "spec", "template"), mapping(after, "spec", "template")
    yield from containers_changed(*(mapping(t, "spec") for t in templates))
    restarted = [text(t, "metadata", "annotations", _RESTARTED_AT) for t in templates]
    if restarted[1] and restarted[0] != restarted[1]:
        yield f"restart asked at {clock(restarted[1])}"


def _rolled(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    old, new = (text(side, "metadata", "annotations", _REVISION) for side in (before, after))
    if new and old != new:
        yield f"rolled to revision {brief(new)}" if old else f"revision {brief(new)}"
    revisions = [text(side, "status", "updateRevision") for side in (before, after)]
    if revisions[1] and revisions[0] != revisions[1]:
        rolling = f"update revision {brief(revisions[1])}"
        yield f"rolling to {brief(revisions[1])}" if revisions[0] else rolling


def _progress(before: dict[str, Any], after: dict[str, Any], wanted: int) -> Iterator[str]:
    """How many pods there are, of which kind, in one sentence."""
    old, new = mapping(before, "status"), mapping(after, "status")
    moves = {
        name: (number(old, name), number(new, name))
        for name in (
            "updatedReplicas",
            "availableReplicas",
            "readyReplicas",
            "replicas",
            "unavailableReplicas",
        )
    }
    differing = [name for name, (left, right) in moves.items() if left != right]
    available = moves["availableReplicas"][1]
    if "updatedReplicas" in differing:
        yield f"updated {moves['updatedReplicas'][1]}/{wanted}, available {available}"
    elif "availableReplicas" in differing:
        yield _of("available", moves["availableReplicas"], wanted)
    elif "readyReplicas" in differing:
        yield _of("ready", moves["readyReplicas"], wanted)
    elif "replicas" in differing:
        yield _of("pods", moves["replicas"], wanted)
    elif "unavailableReplicas" in differing:
        yield f"unavailable {moved(*moves['unavailableReplicas'])}"
    terminating = number(old, "terminatingReplicas"), number(new, "terminatingReplicas")
    if terminating[0] != terminating[1]:
        yield f"terminating {moved(*terminating)}"


def _of(noun: str, move: tuple[int, int], wanted: int) -> str:
    return f"{noun} {move[0]}/{wanted} {ARROW} {move[1]}/{wanted}"


def _wanted(workload: dict[str, Any]) -> int:
    asked = field(workload, "spec", "replicas")
    return asked if isinstance(asked, int) else 1


def _changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    yield from asked(before, after)
    yield from _rolled(before, after)
    yield from _progress(before, after, _wanted(after))
    yield from conditions_changed(before, after)


def born(workload: dict[str, Any]) -> Iterator[str]:
    """What a new workload is to run: ``replicas 3``, ``1 container``."""
    if field(workload, "spec", "replicas") is not None:
        yield f"replicas {_wanted(workload)}"
    spec = mapping(workload, "spec", "template", "spec")
    yield from containers_counted(spec)
    yield from placement(spec)


def _state(workload: dict[str, Any]) -> Iterator[str]:
    wanted = _wanted(workload)
    yield f"ready {number(workload, 'status', 'readyReplicas')}/{wanted}"
    if "updatedReplicas" in mapping(workload, "status"):
        yield f"updated {number(workload, 'status', 'updatedReplicas')}/{wanted}"


_COVERED: Final = (
    "spec.paused",
    "spec.replicas",
    RESTART_COVERED,
    *containers_told("spec.template.spec"),
    *(
        f"status.{name}"
        for name in (
            "availableReplicas",
            "collisionCount",
            "conditions",
            "currentReplicas",
            "currentRevision",
            "fullyLabeledReplicas",
            "observedGeneration",
            "readyReplicas",
            "replicas",
            "terminatingReplicas",
            "unavailableReplicas",
            "updateRevision",
            "updatedReplicas",
        )
    ),
)

WORKLOAD: Final = Summariser(
    kinds=frozenset(
        {
            ("apps", "Deployment"),
            ("apps", "ReplicaSet"),
            ("apps", "StatefulSet"),
            ("extensions", "Deployment"),
            ("extensions", "ReplicaSet"),
            ("", "ReplicationController"),
        }
    ),
    changed=_changed,
    covered=_COVERED,
    born=born,
    state=_state,
)
"""Workloads with a number of replicas."""
