"""A claim is unbound, has lost its volume or cannot be deleted; a volume has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.forensics.diagnose.rule import ObjectRule
from etcdpod.forensics.diagnose.rules.evidence import earliest, events_with, latest_first
from etcdpod.kube.model.fields import members, strings, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.subject import Subject

PATIENCE = 30.0
"""Seconds allowed for provisioning before it is reported without a warning event."""


def check(claim: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report a claim that is Pending for a reason or Lost, or whose deletion waits for a pod."""
    if claim.ends is not None:
        yield from _held(claim, cluster)
        return
    phase = text(claim.value, "status", "phase")
    if phase == "Lost":
        yield _finding(claim, cluster, "Lost", "its volume does not exist any more", "error")
        return
    if phase != "Pending":
        return
    name = text(claim.value, "spec", "storageClassName")
    storage = cluster.get("storageclasses.storage.k8s.io", "", name) if name else None
    failed = events_with(claim, cluster, "ProvisioningFailed", "FailedBinding", "FailedMount")
    if name and not cluster.exists("storageclasses.storage.k8s.io", "", name):
        cause = f"its StorageClass {name} does not exist"
    elif failed:
        cause = latest_first(failed)[0].message
    elif storage is not None and text(storage.value, "volumeBindingMode") == "WaitForFirstConsumer":
        return  # WaitForFirstConsumer: waits for a pod by design
    elif (cluster.age(claim.created) or 0.0) < PATIENCE:
        return
    else:
        cause = "no volume fits it, and none was provisioned"
    yield _finding(claim, cluster, "ClaimPending", f"the claim is not bound: {cause}", "error")


def _finding(claim: Subject, cluster: Cluster, rule: str, cause: str, severity: str) -> Finding:
    events = events_with(claim, cluster, "ProvisioningFailed", "FailedBinding")
    reason = latest_first(events)[0].reason if events else rule
    return claim.finding(
        reason,
        "error" if severity == "error" else "warning",
        cause,
        [
            claim.shows("status.phase"),
            claim.shows("spec.storageClassName"),
            *(event.evidence() for event in latest_first(events)[:3]),
        ],
        solution="create the StorageClass, or a volume that fits; check the provisioner",
        next_check=f"etcdpod get storageclasses,persistentvolumes; etcdpod history "
        f"pvc {claim.namespace}/{claim.name}",
        since=earliest(*(event.first for event in events)) or claim.created,
    )


def _held(claim: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report a deleted claim that is still used by a pod."""
    if (cluster.age(claim.ends) or 0.0) < PATIENCE:
        return
    users = [
        pod.name
        for (namespace, _), pod in cluster.all("pods").items()
        if namespace == claim.namespace and claim.name in _claimed(pod.value)
    ]
    used = f"pod {', '.join(users)} uses it" if users else "no pod uses it any more"
    finalizers = ", ".join(strings(claim.value, "metadata", "finalizers")) or "nobody"
    yield claim.finding(
        "Terminating",
        "warning",
        f"the claim is terminating and held by {finalizers}: {used}",
        [claim.shows("metadata.deletionTimestamp"), claim.shows("metadata.finalizers")],
        solution="delete the pods that use it" if users else "check who has to remove that",
        next_check=f"etcdpod history pvc {claim.namespace}/{claim.name}",
        since=claim.ends,
    )


def _claimed(pod: dict[str, Any]) -> list[str]:
    return [
        text(volume, "persistentVolumeClaim", "claimName")
        for volume in members(pod, "spec", "volumes")
    ]


def check_volume(volume: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report a volume in phase Failed: it could not be reclaimed."""
    if text(volume.value, "status", "phase") != "Failed":
        return
    reason = text(volume.value, "status", "reason") or "VolumeFailed"
    events = latest_first(events_with(volume, cluster, "VolumeFailedDelete", "VolumeFailedRecycle"))
    says = text(volume.value, "status", "message") or (events[0].message if events else reason)
    yield volume.finding(
        reason,
        "warning",
        f"the volume could not be reclaimed: {says}",
        [
            volume.shows("status.phase"),
            volume.shows("spec.persistentVolumeReclaimPolicy"),
            *(event.evidence() for event in events[:3]),
        ],
        solution="do by hand what its driver could not, and delete the PersistentVolume",
        next_check=f"etcdpod history pv {volume.name}",
        since=earliest(*(event.first for event in events)),
    )


RULES = (
    ObjectRule("persistentvolumeclaims", check),
    ObjectRule("persistentvolumes", check_volume),
)
