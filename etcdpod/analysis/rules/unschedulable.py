"""No node takes a pod."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from etcdpod.analysis.rules.base import PodRule
from etcdpod.analysis.rules.scheduling import display, refusals, requests
from etcdpod.analysis.rules.words import earliest, events_with, latest_first
from etcdpod.history.fields import field, members, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.analysis.cluster import Cluster
    from etcdpod.analysis.finding import Evidence, Finding
    from etcdpod.analysis.pod import Pod

_SUMMARY: Final = re.compile(r"\d+/(\d+) nodes are available: (.*?)(?:\. |\.$|$)", re.DOTALL)
NODES_SHOWN: Final = 5
"""Nodes that are told one by one."""

_SOLUTIONS: Final = (
    (
        "unbound immediate PersistentVolumeClaims",
        "provision the claim: check its StorageClass and the provisioner's events",
    ),
    (
        "volume node affinity conflict",
        "the volume lies where the pod may not run: move one of both",
    ),
    ("anti-affinity", "loosen the pod's anti-affinity, or add nodes"),
    ("topology spread", "loosen the topology spread constraints, or add nodes in the other zones"),
    ("affinity", "give a node the labels that the pod selects, or correct the selector"),
    ("taint", "tolerate the taint, or remove it from the node (a NotReady node taints itself)"),
    ("Insufficient", "lower the requests, add a larger node, or free one"),
    ("Too many pods", "add nodes, or raise the kubelet's maxPods"),
    ("free ports", "use another hostPort, or none"),
    ("unschedulable", "uncordon a node"),
)


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """The scheduler found no node, or waits for a gate."""
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
    told, shown = _nodes(pod, cluster)
    evidence += shown
    claims = _claims(pod, cluster)
    evidence += claims
    summary = _SUMMARY.search(message)
    scheduler = summary.group(2) if summary else message.split(". ")[0] or "no node fits"
    preempted = _nominated(pod)
    return pod.finding(
        "FailedScheduling",
        "error",
        f"no node takes the pod: {scheduler.rstrip('.')}{told}{preempted}",
        evidence,
        solution=_solution(message, pod, cluster),
        next_check=f"etcdpod get nodes --at {cluster.revision}; etcdpod describe pod {pod.named()}",
        since=earliest(pod.since("PodScheduled"), *(event.first for event in events))
        or pod.created,
    )


def _nodes(pod: Pod, cluster: Cluster) -> tuple[str, list[Evidence]]:
    """Why each node refuses, where it can be seen, and the fields that show it."""
    nodes = list(cluster.all("nodes").values())
    told, evidence = [], []
    for node in nodes[:NODES_SHOWN]:
        reasons = refusals(pod, node)
        if reasons:
            told.append(f"{node.name} {', '.join(reasons)}")
            evidence += _fields(pod, node, " ".join(reasons))
    if not told:
        return "", evidence
    more = f"; and {len(nodes) - NODES_SHOWN} more nodes" if len(nodes) > NODES_SHOWN else ""
    return f" ({'; '.join(told)}{more})", evidence


def _fields(pod: Pod, node: object, words: str) -> list[Evidence]:
    from etcdpod.analysis.subject import Subject

    assert isinstance(node, Subject)
    found = []
    if "taint" in words:
        found.append(node.shows("spec.taints"))
    if "cordoned" in words:
        found.append(node.shows("spec.unschedulable"))
    if "in all" in words:
        found.append(node.shows("status.allocatable"))
    if "label" in words:
        found.append(pod.shows("spec.nodeSelector"))
    return found


def _claims(pod: Pod, cluster: Cluster) -> list[Evidence]:
    found = []
    for volume in members(pod.value, "spec", "volumes"):
        name = text(volume, "persistentVolumeClaim", "claimName")
        claim = cluster.get("persistentvolumeclaims", pod.namespace, name) if name else None
        if claim is not None and text(claim.value, "status", "phase") != "Bound":
            found.append(claim.shows("status.phase"))
    return found


def _nominated(pod: Pod) -> str:
    node = text(pod.value, "status", "nominatedNodeName")
    return f"; it waits for pods to be preempted on {node}" if node else ""


def _solution(message: str, pod: Pod, cluster: Cluster) -> str:
    found = [solution for sign, solution in _SOLUTIONS if sign in message]
    asked = ", ".join(f"{display(value)} {name}" for name, value in requests(pod).items())
    if "Insufficient" in message and asked:
        found.append(f"the pod asks for {asked}")
    return "; ".join(dict.fromkeys(found)) or "read the scheduler's message, node by node"


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
