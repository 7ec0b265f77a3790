"""A claim is not bound, or has lost its volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.analysis.rules.base import ObjectRule
from etcdpod.analysis.rules.words import earliest, events_with, latest_first
from etcdpod.history.fields import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.analysis.cluster import Cluster
    from etcdpod.analysis.finding import Finding
    from etcdpod.analysis.subject import Subject

PATIENCE = 30.0
"""Seconds that provisioning may take before it is worth telling without a warning."""


def check(claim: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Its phase is Pending for a reason, or Lost."""
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
        return  # it waits for a pod, as it should
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


RULE = ObjectRule("persistentvolumeclaims", check)
