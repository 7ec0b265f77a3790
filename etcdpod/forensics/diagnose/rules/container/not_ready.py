"""A pod is unhealthy for no recorded reason: report only what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import PodRule
from etcdpod.forensics.diagnose.rules.evidence import latest_first
from etcdpod.kube.model.fields import field, members, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.pod import Container, Pod

PATIENCE: Final = 120.0
"""Seconds allowed for a pod to become ready."""


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Report a pod that is long bound or running but not ready; runs last, as the fallback."""
    if pod.is_leaving or pod.is_over or not pod.node or pod.is_true("Ready"):
        return
    since = pod.since("Ready") or pod.created
    if (cluster.age(since) or 0.0) < PATIENCE:
        return
    conditions = [
        text(entry, "type")
        for entry in members(pod.value, "status", "conditions")
        if text(entry, "status") != "True"
    ]
    gates = [
        text(gate, "conditionType")
        for gate in members(pod.value, "spec", "readinessGates")
        if not pod.is_true(text(gate, "conditionType"))
    ]
    waiting = [item.name for item in pod.containers if field(item.status, "ready") is not True]
    warnings = [event for event in cluster.events(pod) if event.is_warning]
    evidence = [pod.shows(f"status.conditions[{name}]") for name in conditions]
    evidence += [event.evidence() for event in latest_first(warnings)[:3]]
    if gates:
        cause = f"its readiness gate {', '.join(gates)} is not met"
    elif starting := next((each for each in pod.containers if _still_starts(each)), None):
        cause = f"{starting.label} still runs, and the others wait for it"
    elif any(item.is_running for item in pod.containers if item.name in waiting):
        cause = f"container {', '.join(waiting)} runs and does not become ready"
    else:
        again = " again" if pod.has_begun else ""
        cause = f"node {pod.node} has not started container {', '.join(waiting)}{again}"
    if warnings:
        cause += f"; last warning: {latest_first(warnings)[0].message}"
    yield pod.finding(
        "NotReady",
        "warning",
        f"the pod is not ready: {cause}",
        evidence or [pod.shows("status.phase")],
        solution="look at the events and the log of the container; etcd records nothing else",
        next_check=f"etcdpod history {pod.named()} --at {cluster.revision}",
        since=since,
    )


def _still_starts(container: Container) -> bool:
    """Whether it is running and later containers wait for it to complete or start."""
    if not container.is_running:
        return False
    is_sidecar = container.spec_path.startswith("spec.initContainers") and not container.is_init
    return container.is_init or (is_sidecar and field(container.status, "started") is not True)


RULE = PodRule(check)
