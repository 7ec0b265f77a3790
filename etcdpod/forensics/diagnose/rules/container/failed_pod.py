"""A pod has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import PodRule
from etcdpod.forensics.diagnose.rules.evidence import earliest, how_it_ended, is_replaced
from etcdpod.kube.model.fields import condition, field, owner_of, text
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.pod import Container, Pod

_REASONS: Final = {
    "AppArmor": "its node does not offer the AppArmor profile that it asks for",
    "DeadlineExceeded": "it ran longer than its activeDeadlineSeconds",
    "MatchNodeSelector": "its node does not have the labels that it selects",
    "NodeAffinity": "its node does not have the labels that it selects",
    "NodeLost": "its node is lost",
    "NodePorts": "a host port that it asks for was taken on its node",
    "NodeShutdown": "its node was shut down",
    "PodOSNotSupported": "its node runs another operating system",
    "PodOSSelectorNodeLabelDoesNotMatch": "its node runs another operating system",
    "Preempting": "the kubelet preempted it for a critical pod",
    "Shutdown": "its node was shut down",
    "SysctlForbidden": "it asks for a sysctl that its node does not allow",
    "Terminated": "its node was shut down",
    "TopologyAffinityError": "its node cannot align what it asks for on one NUMA node",
    "UnexpectedAdmissionError": "the kubelet could not admit it",
}
"""The kubelet's reasons for terminating or rejecting a pod."""

OUT_OF: Final = "OutOf"
"""Prefix of the reason if the node lacked resources when the pod was admitted."""


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Report a Failed pod that neither eviction nor memory explains."""
    if pod.phase != "Failed" or pod.reason == "Evicted":
        return
    if pod.condition("DisruptionTarget") is not None:
        return
    failed = [item for item in pod.containers if item.ended and item.exit_code != 0]
    if any(text(item.ended, "reason") == "OOMKilled" for item in failed):
        return
    evidence = [pod.shows("status.phase")]
    if pod.reason:
        evidence += [pod.shows("status.reason"), pod.shows("status.message")]
    for container in failed:
        evidence.append(pod.shows(f"{container.ended_path}.exitCode"))
        if text(container.ended, "message"):
            evidence.append(pod.shows(f"{container.ended_path}.message"))
    yield pod.finding(
        pod.reason or _reason(failed),
        "warning" if _was_retried(pod, cluster) or is_replaced(pod, cluster) else "error",
        f"the pod has failed: {_why(pod, failed)}",
        evidence,
        solution="read the log of the last run; the pod itself does not start again",
        next_check=f"etcdpod logs {pod.named()} — where its logs lie on node {pod.node}",
        since=earliest(
            *(time_or_none(field(item.ended, "finishedAt")) for item in failed), pod.since("Ready")
        ),
    )


def _reason(failed: list[Container]) -> str:
    return next((text(item.ended, "reason") for item in failed), "") or "Error"


def _why(pod: Pod, failed: list[Container]) -> str:
    if pod.reason:
        message = text(pod.value, "status", "message")
        known = _REASONS.get(pod.reason, pod.reason)
        if pod.reason.startswith(OUT_OF):
            known = f"its node had no {pod.reason.removeprefix(OUT_OF)} left for it when it came"
        return f"{known} ({message})" if message else known
    return (
        "; ".join(f"{item.label}: {how_it_ended(item)}" for item in failed) or "no reason is given"
    )


def _was_retried(pod: Pod, cluster: Cluster) -> bool:
    """Whether the pod's Job succeeded anyway."""
    owner = owner_of(pod.value)
    if text(owner, "kind") != "Job":
        return False
    job = cluster.get("jobs", pod.namespace, text(owner, "name"))
    return job is not None and text(condition(job.value, "Complete"), "status") == "True"


RULE = PodRule(check)
