"""A volume cannot be mounted, so that no container of the pod starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.analysis.rules.base import PodRule
from etcdpod.analysis.rules.references import missing_volumes
from etcdpod.analysis.rules.words import earliest, events_with, has_no_sandbox, latest_first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.analysis.cluster import Cluster
    from etcdpod.analysis.finding import Finding
    from etcdpod.analysis.pod import Pod

REASONS = ("FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedDevicePluginAllocation")

PATIENCE = 30.0
"""Seconds that a volume may take before its missing source is told without an event."""


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """The kubelet tells that it could not mount, or what a volume needs is not there."""
    if pod.is_leaving or not has_no_sandbox(pod):
        return
    events = events_with(pod, cluster, *REASONS)
    missing = missing_volumes(pod, cluster)
    if not events and (not missing or (cluster.age(pod.created) or 0) < PATIENCE):
        return
    evidence = [event.evidence() for event in latest_first(events)[:3]]
    evidence += [item.evidence for item in missing]
    evidence.append(pod.shows("status.containerStatuses"))
    told = latest_first(events)[0].message if events else ""
    if missing:
        cause = "; ".join(item.text for item in missing)
        cause = f"a volume of the pod cannot be mounted: {cause}"
        solution = f"create {missing[0].what}, or mark the reference optional"
        if told and not any(item.what.split()[-1] in told for item in missing):
            cause += f" (the kubelet says: {told})"
    else:
        cause = f"a volume of the pod cannot be mounted: {told}"
        solution = _solution(told)
    yield pod.finding(
        latest_first(events)[0].reason if events else "FailedMount",
        "error",
        cause,
        evidence,
        solution=solution,
        next_check=f"etcdpod get configmaps,secrets,persistentvolumeclaims -n {pod.namespace}",
        since=earliest(*(event.first for event in events)) or pod.created,
    )


def _solution(message: str) -> str:
    lowered = message.lower()
    if "multi-attach" in lowered:
        return "the volume is still attached to another node: wait for the detach, or force it"
    if "timed out" in lowered or "deadline" in lowered:
        return "check the CSI driver's pod on that node and its VolumeAttachment"
    if "not found" in lowered:
        return "create what the message names, or correct the reference"
    if "driver name" in lowered:
        return "the CSI driver is not registered on the node: check its DaemonSet"
    return "read the kubelet's message; check the volume's source and its driver"


RULE = PodRule(check)
