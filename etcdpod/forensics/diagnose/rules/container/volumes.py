"""A volume cannot be mounted, so no container of the pod starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.diagnose.rule import PodRule
from etcdpod.forensics.diagnose.rules.container.messages import VOLUMES, remedy
from etcdpod.forensics.diagnose.rules.container.references import missing_volumes
from etcdpod.forensics.diagnose.rules.evidence import (
    earliest,
    events_with,
    has_no_sandbox,
    latest_first,
    since_last_run,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.events import Event
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.pod import Pod

REASONS = ("FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedDevicePluginAllocation")

SUMMARY = "Unable to attach or mount volumes"
"""Prefix of the kubelet's summary, which names the volume but not the cause."""

OTHERWISE = "read the kubelet's message; check the volume's source and its driver"

PATIENCE = 30.0
"""Seconds after which a missing volume source is reported without an event."""


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Report volumes that the kubelet could not mount, or whose source is missing."""
    if pod.is_leaving or not has_no_sandbox(pod):
        return
    events = since_last_run(pod, events_with(pod, cluster, *REASONS))
    missing = missing_volumes(pod, cluster)
    if not events and (not missing or (cluster.age(pod.created) or 0) < PATIENCE):
        return
    reports = _most_telling(events)
    evidence = [event.evidence() for event in reports[:3]]
    evidence += [item.evidence for item in missing]
    evidence.append(pod.shows("status.containerStatuses"))
    says = reports[0].message if reports else ""
    if missing:
        cause = "; ".join(item.text for item in missing)
        cause = f"a volume of the pod cannot be mounted: {cause}"
        solution = f"create {missing[0].what}, or mark the reference optional"
        if says and not any(item.name in says for item in missing):
            cause += f" (the kubelet says: {says})"
    else:
        cause = f"a volume of the pod cannot be mounted: {says}"
        solution = remedy(says, VOLUMES) or OTHERWISE
    yield pod.finding(
        reports[0].reason if reports else "FailedMount",
        "error",
        cause,
        evidence,
        solution=solution,
        next_check=f"etcdpod get configmaps,secrets,persistentvolumeclaims -n {pod.namespace}",
        since=earliest(*(event.first for event in events)) or pod.created,
    )


def _most_telling(events: list[Event]) -> list[Event]:
    """Sort events latest first, those that only report a timeout last."""
    return sorted(latest_first(events), key=lambda event: event.message.startswith(SUMMARY))


RULE = PodRule(check)
