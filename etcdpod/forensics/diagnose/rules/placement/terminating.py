"""A pod is stuck in Terminating."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import PodRule
from etcdpod.forensics.diagnose.rules.evidence import events_with, latest_first
from etcdpod.kube.model.fields import field, number, strings
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.pod import Pod

EVENT_REASONS: Final = (
    "FailedKillPod",
    "FailedPreStopHook",
    "FailedUnMount",
    "FailedUnmountVolume",
)
"""Event reasons of a pod that the kubelet cannot terminate."""

PATIENCE: Final = 10.0
"""Seconds allowed beyond the grace period."""


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Report an overdue deletion: blocked by a finalizer, or the kubelet does not respond."""
    end = time_or_none(field(pod.value, "metadata", "deletionTimestamp"))
    if end is None:
        return
    grace = number(pod.value, "metadata", "deletionGracePeriodSeconds")
    finalizers = strings(pod.value, "metadata", "finalizers")
    running = [item.name for item in pod.containers if item.is_running]
    overdue = cluster.age(end)
    held = finalizers and not running and grace == 0
    if not held and (overdue is None or overdue <= PATIENCE):
        return
    evidence = [
        pod.shows("metadata.deletionTimestamp"),
        pod.shows("metadata.deletionGracePeriodSeconds"),
    ]
    if finalizers:
        evidence.append(pod.shows("metadata.finalizers"))
    if held or (finalizers and not running):
        names = ", ".join(finalizers)
        cause = f"the pod is terminating and held by its finalizer {names}, which nobody removes"
        solution = f"let the controller behind {names} do its work; remove the finalizer by hand "
        solution += "only if that controller is gone"
    else:
        node = cluster.get("nodes", "", pod.node) if pod.node else None
        silent = node is not None and not node.is_true("Ready")
        cause = "the pod is terminating and its kubelet does not finish it"
        if running:
            cause += f" ({', '.join(running)} still runs by its last report)"
        events = events_with(pod, cluster, *EVENT_REASONS)
        if events:
            cause += f": {latest_first(events)[0].message}"
            evidence += [event.evidence() for event in latest_first(events)[:3]]
        if silent and node is not None:
            cause += f": node {pod.node} is not ready"
            evidence.append(node.shows("status.conditions[Ready].status"))
        solution = "bring the node back; force the deletion only if the node is surely down"
    yield pod.finding(
        "Terminating",
        "error",
        cause,
        evidence,
        solution=solution,
        next_check=f"etcdpod history {pod.named()} — what was written since the deletion was asked",
        since=end - timedelta(seconds=grace),
    )


RULE = PodRule(check)
