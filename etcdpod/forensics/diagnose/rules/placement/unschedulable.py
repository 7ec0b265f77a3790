"""A pod cannot be scheduled."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import PodRule
from etcdpod.forensics.diagnose.rules.container.messages import SCHEDULING, remedy
from etcdpod.forensics.diagnose.rules.evidence import earliest, events_with, latest_first
from etcdpod.forensics.diagnose.rules.placement.scheduling import (
    Obstacle,
    display,
    refusals,
    requests,
)
from etcdpod.kube.model.fields import field, members, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Evidence, Finding
    from etcdpod.forensics.diagnose.pod import Pod

_SUMMARY: Final = re.compile(r"\d+/(\d+) nodes are available: (.*?)(?:\. |\.$|$)", re.DOTALL)
_REASONS: Final = re.compile(r",(?! that ) ?")
"""Separates the reasons of a summary; in older releases a taint's reason ends with a clause."""

NODES_SHOWN: Final = 5
"""Maximum number of nodes listed individually."""


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Report a pod for which the scheduler found no node, or that is gated."""
    if pod.node or pod.is_over or pod.is_leaving:
        return
    scheduled = pod.condition("PodScheduled")
    if text(scheduled, "reason") == "SchedulingGated" or members(
        pod.value, "spec", "schedulingGates"
    ):
        yield _gated(pod)
        return
    events = events_with(pod, cluster, "FailedScheduling")
    if text(scheduled, "status") == "False" or events:
        yield _unschedulable(pod, cluster)
    elif (cluster.age(pod.created) or 0) > 30:
        yield _unseen(pod)


def _gated(pod: Pod) -> Finding:
    gates = ", ".join(text(gate, "name") for gate in members(pod.value, "spec", "schedulingGates"))
    return pod.finding(
        "SchedulingGated",
        "warning",
        f"the pod is held back by its scheduling gate {gates}",
        [pod.shows("spec.schedulingGates")],
        solution="whoever set the gate has to remove it",
        next_check=f"etcdpod blame {pod.named()} | grep -A2 schedulingGates — who set it",
        since=pod.created,
    )


def _unschedulable(pod: Pod, cluster: Cluster) -> Finding:
    events = events_with(pod, cluster, "FailedScheduling")
    evidence: list[Evidence] = []
    message = text(pod.condition("PodScheduled"), "message")
    if message:
        evidence.append(pod.shows("status.conditions[PodScheduled].message"))
    evidence += [event.evidence() for event in latest_first(events)[:3]]
    if not message and events:
        message = latest_first(events)[0].message
    reasons_given, shown = _nodes(pod, cluster)
    evidence += shown
    claims, missing = _claims(pod, cluster)
    evidence += claims
    summary = _SUMMARY.search(message)
    scheduler = summary.group(2) if summary else message.split(". ")[0] or "no node fits"
    absent = "".join(f"; PersistentVolumeClaim {name} does not exist" for name in missing)
    return pod.finding(
        "FailedScheduling",
        "error",
        f"no node takes the pod: {scheduler.rstrip('.')}{reasons_given}{absent}{_nominated(pod)}",
        evidence,
        solution=_solution(scheduler, pod, missing),
        next_check=f"etcdpod get nodes --at {cluster.revision}; etcdpod describe pod {pod.named()}",
        since=earliest(pod.since("PodScheduled"), *(event.first for event in events))
        or pod.created,
    )


def _nodes(pod: Pod, cluster: Cluster) -> tuple[str, list[Evidence]]:
    """Why each node rejects the pod, as far as known, and the evidence."""
    nodes = list(cluster.all("nodes").values())
    reasons_given, evidence = [], []
    for node in nodes[:NODES_SHOWN]:
        reasons = refusals(pod, node)
        if reasons:
            reasons_given.append(f"{node.name} {', '.join(reason.text for reason in reasons)}")
            evidence += _fields(pod, node, {reason.obstacle for reason in reasons})
    if not reasons_given:
        return "", evidence
    more = f"; and {len(nodes) - NODES_SHOWN} more nodes" if len(nodes) > NODES_SHOWN else ""
    return f" ({'; '.join(reasons_given)}{more})", evidence


def _fields(pod: Pod, node: object, obstacles: set[Obstacle]) -> list[Evidence]:
    from etcdpod.forensics.diagnose.subject import Subject

    assert isinstance(node, Subject)
    found = []
    if Obstacle.TAINT in obstacles:
        found.append(node.shows("spec.taints"))
    if Obstacle.CORDON in obstacles:
        found.append(node.shows("spec.unschedulable"))
    if Obstacle.SIZE in obstacles:
        found.append(node.shows("status.allocatable"))
    if Obstacle.LABEL in obstacles:
        found.append(pod.shows("spec.nodeSelector"))
    return found


def _claims(pod: Pod, cluster: Cluster) -> tuple[list[Evidence], list[str]]:
    """The unbound claims of a pod, as evidence, and those that do not exist."""
    found, missing = [], []
    claims = "persistentvolumeclaims"
    for volume in members(pod.value, "spec", "volumes"):
        name = text(volume, "persistentVolumeClaim", "claimName")
        claim = cluster.get(claims, pod.namespace, name) if name else None
        if claim is not None and text(claim.value, "status", "phase") != "Bound":
            found.append(claim.shows("status.phase"))
        elif name and not cluster.exists(claims, pod.namespace, name):
            found.append(pod.shows(f"spec.volumes[{text(volume, 'name')}]"))
            missing.append(name)
    return found, missing


def _nominated(pod: Pod) -> str:
    node = text(pod.value, "status", "nominatedNodeName")
    return f"; it waits for pods to be preempted on {node}" if node else ""


def _solution(scheduler: str, pod: Pod, missing: list[str]) -> str:
    found = [f"create PersistentVolumeClaim {name}, or correct the reference" for name in missing]
    found += [remedy(reason, SCHEDULING) for reason in _REASONS.split(scheduler)]
    asked = ", ".join(f"{display(value)} {name}" for name, value in requests(pod).items())
    if "Insufficient" in scheduler and asked:
        found.append(f"the pod asks for {asked}")
    reasons_given = "; ".join(dict.fromkeys(solution for solution in found if solution))
    return reasons_given or "read the scheduler's message, node by node"


def _unseen(pod: Pod) -> Finding:
    scheduler = field(pod.value, "spec", "schedulerName") or "default-scheduler"
    return pod.finding(
        "Unscheduled",
        "warning",
        f"no scheduler has looked at the pod: {scheduler} may not run",
        [pod.shows("spec.schedulerName"), pod.shows("status.phase")],
        solution=f"check that {scheduler} runs and holds its Lease",
        next_check="etcdpod get leases -n kube-system",
        since=pod.created,
    )


RULE = PodRule(check)
