"""Controllers of pods: Deployments, ReplicaSets, StatefulSets, DaemonSets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.describe.describer import (
    Describer,
    controlled,
    controlled_by,
    heading,
    labels_and_annotations,
    moment,
    or_none,
)
from etcdpod.kubectl.describe.fields import dig, number_at, text_at
from etcdpod.kubectl.describe.kinds.rollout import replica_set_lines
from etcdpod.kubectl.describe.pods.claim_lines import template_claim_lines
from etcdpod.kubectl.describe.pods.pod import template_lines
from etcdpod.kubectl.tables.printer import format_labels, selector_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kubectl.describe.describer import Around

GROUPS: Final = ("apps", "extensions")

PHASES: Final = {
    "Running": "Running",
    "Pending": "Waiting",
    "Succeeded": "Succeeded",
    "Failed": "Failed",
}
"""Pod phases, and their labels in a controller's description."""


def _deployment(thing: dict[str, Any], around: Around) -> Iterator[str]:
    spec: dict[str, Any] = thing.get("spec") or {}
    status: dict[str, Any] = thing.get("status") or {}
    yield from heading(thing)
    yield f"CreationTimestamp:\t{moment(dig(thing, 'metadata', 'creationTimestamp'))}"
    yield from labels_and_annotations(thing)
    yield f"Selector:\t{selector_text(spec.get('selector'))}"
    counts = " | ".join(
        f"{number_at(status, field)} {word}"
        for field, word in (
            ("updatedReplicas", "updated"),
            ("replicas", "total"),
            ("availableReplicas", "available"),
            ("unavailableReplicas", "unavailable"),
        )
    )
    yield f"Replicas:\t{number_at(spec, 'replicas')} desired | {counts}"
    yield f"StrategyType:\t{text_at(spec, 'strategy', 'type')}"
    yield f"MinReadySeconds:\t{number_at(spec, 'minReadySeconds')}"
    rolling = dig(spec, "strategy", "rollingUpdate")
    if rolling is not None:
        yield (
            f"RollingUpdateStrategy:\t{rolling.get('maxUnavailable', 0)} max unavailable, "
            f"{rolling.get('maxSurge', 0)} max surge"
        )
    yield from template_lines(spec.get("template"))
    yield from _conditions(status)
    yield from replica_set_lines(thing, around)


def _replica_set(thing: dict[str, Any], around: Around) -> Iterator[str]:
    yield from heading(thing)
    yield f"Selector:\t{or_none(selector_text(dig(thing, 'spec', 'selector')))}"
    yield from labels_and_annotations(thing)
    yield from controlled_by(thing)
    yield from _replicas(thing, around)


def _replication_controller(thing: dict[str, Any], around: Around) -> Iterator[str]:
    yield from heading(thing)
    yield f"Selector:\t{format_labels(dig(thing, 'spec', 'selector'))}"
    yield from labels_and_annotations(thing)
    yield from _replicas(thing, around)


def _replicas(thing: dict[str, Any], around: Around) -> Iterator[str]:
    current, desired = number_at(thing, "status", "replicas"), number_at(thing, "spec", "replicas")
    yield f"Replicas:\t{current} current / {desired} desired"
    yield _pods(thing, around)
    yield from template_lines(dig(thing, "spec", "template"))
    yield from _conditions(thing.get("status") or {})


def _stateful_set(thing: dict[str, Any], around: Around) -> Iterator[str]:
    spec: dict[str, Any] = thing.get("spec") or {}
    yield from heading(thing)
    yield f"CreationTimestamp:\t{moment(dig(thing, 'metadata', 'creationTimestamp'))}"
    yield f"Selector:\t{selector_text(spec.get('selector'))}"
    yield from labels_and_annotations(thing)
    total = number_at(thing, "status", "replicas")
    yield f"Replicas:\t{number_at(spec, 'replicas')} desired | {total} total"
    yield f"Update Strategy:\t{text_at(spec, 'updateStrategy', 'type')}"
    rolling = dig(spec, "updateStrategy", "rollingUpdate") or {}
    if rolling.get("partition") is not None:
        yield f"  Partition:\t{rolling['partition']}"
        if rolling.get("maxUnavailable") is not None:
            yield f"  MaxUnavailable:\t{rolling['maxUnavailable']}"
    yield _pods(thing, around)
    yield from template_lines(spec.get("template"))
    yield from template_claim_lines(spec.get("volumeClaimTemplates"))


def _daemon_set(thing: dict[str, Any], around: Around) -> Iterator[str]:
    spec: dict[str, Any] = thing.get("spec") or {}
    yield from heading(thing)
    yield f"Selector:\t{selector_text(spec.get('selector'))}"
    nodes = format_labels(dig(spec, "template", "spec", "nodeSelector"))
    yield f"Node-Selector:\t{nodes}"
    yield from labels_and_annotations(thing)
    for title, field in (
        ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
        ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ):
        yield f"{title}: {number_at(thing, 'status', field)}"
    yield _pods(thing, around)
    yield from template_lines(spec.get("template"))


def _pods(thing: dict[str, Any], around: Around) -> str:
    """The number of a controller's pods in each phase."""
    counts = dict.fromkeys(PHASES.values(), 0)
    pods = around.objects("pods", text_at(thing, "metadata", "namespace"))
    for pod in controlled(thing, pods):
        word = PHASES.get(text_at(pod, "status", "phase"))
        if word is not None:
            counts[word] += 1
    return "Pods Status:\t" + " / ".join(f"{count} {word}" for word, count in counts.items())


def _conditions(status: dict[str, Any]) -> Iterator[str]:
    conditions = status.get("conditions")
    if conditions:
        yield "Conditions:"
        yield "  Type\tStatus\tReason"
        yield "  ----\t------\t------"
    for condition in conditions or ():
        kind, state = text_at(condition, "type"), text_at(condition, "status")
        yield f"  {kind} \t{state}\t{text_at(condition, 'reason')}"


DEPLOYMENT = Describer("Deployment", _deployment, GROUPS)
REPLICA_SET = Describer("ReplicaSet", _replica_set, GROUPS)
REPLICATION_CONTROLLER = Describer("ReplicationController", _replication_controller)
STATEFUL_SET = Describer("StatefulSet", _stateful_set, ("apps",))
DAEMON_SET = Describer("DaemonSet", _daemon_set, GROUPS)
