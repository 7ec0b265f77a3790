"""A pod was evicted by its node, preempted, or deleted because of its node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import PodRule
from etcdpod.forensics.diagnose.rules.evidence import earliest, events_with, is_replaced
from etcdpod.kube.model.fields import field, text
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Evidence, Finding
    from etcdpod.forensics.diagnose.pod import Pod

_TARGETS: Final = {
    "PreemptionByScheduler": (
        "Preempted",
        "the scheduler preempted the pod, to make room for one of higher priority",
        "give the pod a higher priority, or the cluster more room",
    ),
    "DeletionByTaintManager": (
        "TaintManagerEviction",
        "the pod was evicted, because it does not tolerate a NoExecute taint of its node",
        "find out why the node is tainted; a NotReady node taints itself",
    ),
    "EvictionByEvictionAPI": (
        "EvictionByEvictionAPI",
        "the pod was evicted through the eviction API, as kubectl drain does",
        "expected while a node is drained; otherwise look who called it in the audit log",
    ),
    "DeletionByPodGC": (
        "DeletionByPodGC",
        "the pod was taken by the garbage collector, because its node is gone or out of service",
        "expected when a node was removed",
    ),
    "TerminationByKubelet": (
        "TerminationByKubelet",
        "the kubelet ended the pod: node pressure, a shutdown, or a critical pod in need",
        "check the node's conditions at that time",
    ),
}


EXPECTED: Final = frozenset({"DeletionByPodGC", "EvictionByEvictionAPI"})
"""Reasons caused by an operation on a node."""


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Report a pod whose reason or condition DisruptionTarget shows a disruption."""
    if pod.reason == "Evicted":
        yield _evicted(pod, cluster)
    elif text(pod.condition("DisruptionTarget"), "status") == "True":
        yield _target(pod, cluster)
    else:
        yield from _preempted(pod, cluster)


def _evicted(pod: Pod, cluster: Cluster) -> Finding:
    events = events_with(pod, cluster, "Evicted")
    evidence = [pod.shows("status.reason"), pod.shows("status.message")]
    evidence += [event.evidence() for event in events]
    why = text(pod.value, "status", "message") or "no reason is given"
    return pod.finding(
        "Evicted",
        "warning" if is_replaced(pod, cluster) else "error",
        f"node {pod.node} evicted the pod: {why}",
        evidence,
        solution=_relief(why),
        next_check=f"etcdpod history node {pod.node} --field status.conditions",
        since=earliest(*(event.first for event in events)) or pod.since("Ready"),
    )


def _relief(why: str) -> str:
    if "emory" in why:
        return "request the memory that the pod uses, and limit what others may use on that node"
    if "ephemeral" in why or "storage" in why or "disk" in why.lower():
        return "request ephemeral-storage, clean up the node's disk, or limit what pods write"
    return "request what the pod uses; look what filled the node"


def _target(pod: Pod, cluster: Cluster) -> Finding:
    reason = text(pod.condition("DisruptionTarget"), "reason")
    rule, cause, solution = _TARGETS.get(
        reason, (reason, "the pod is about to be disrupted", "read the condition's message")
    )
    events = events_with(pod, cluster, "Preempted", "TaintManagerEviction", "Evicted")
    evidence: list[Evidence] = [pod.shows("status.conditions[DisruptionTarget].message")]
    evidence += [event.evidence() for event in events]
    message = text(pod.condition("DisruptionTarget"), "message")
    return pod.finding(
        rule or "DisruptionTarget",
        "warning" if reason in EXPECTED or is_replaced(pod, cluster) else "error",
        f"{cause}: {message}" if message else cause,
        evidence,
        solution=solution,
        next_check=f"etcdpod history {pod.named()}",
        since=time_or_none(field(pod.condition("DisruptionTarget"), "lastTransitionTime")),
    )


def _preempted(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Before DisruptionTarget, only the event showed preemption."""
    events = events_with(pod, cluster, "Preempted") if pod.is_leaving else []
    if events:
        _, cause, solution = _TARGETS["PreemptionByScheduler"]
        yield pod.finding(
            "Preempted",
            "error",
            cause,
            [event.evidence() for event in events],
            solution=solution,
            next_check=f"etcdpod history {pod.named()}",
            since=earliest(*(event.first for event in events)),
        )


RULE = PodRule(check)
