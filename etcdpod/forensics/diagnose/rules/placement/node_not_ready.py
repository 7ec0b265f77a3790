"""A node is not ready, or under pressure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import ObjectRule
from etcdpod.forensics.diagnose.rules.evidence import earliest, events_with
from etcdpod.kube.model.fields import field, members, text
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Evidence, Finding
    from etcdpod.forensics.diagnose.subject import Subject

LEASES: Final = "leases.coordination.k8s.io"
NODE_LEASES: Final = "kube-node-lease"

LEASE_SECONDS: Final = 40.0
"""Seconds allowed between Lease renewals (spec.leaseDurationSeconds of a kubelet's)."""

PRESSURES: Final = frozenset(
    {
        *("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"),
        *("KernelDeadlock", "ReadonlyFilesystem", "CorruptDockerOverlay2"),
        *("KubeletUnhealthy", "ContainerRuntimeUnhealthy", "OutOfDisk"),
    }
)
"""Conditions that are bad if True: the kubelet's and node-problem-detector's."""


_RELIEF: Final = {
    "NetworkUnavailable": "check the network plugin or the cloud's routes for the node",
    **dict.fromkeys(
        ("MemoryPressure", "DiskPressure", "PIDPressure"),
        "find what fills the node; the kubelet evicts pods until it is better",
    ),
}


def check(node: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report a node that is not Ready or is under pressure."""
    ready = node.condition("Ready")
    if ready is not None and text(ready, "status") != "True":
        yield _not_ready(node, cluster)
        return
    yield from _silent(node, cluster)
    for entry in members(node.value, "status", "conditions"):
        if _is_bad(text(entry, "type"), text(entry, "status")):
            yield _pressure(node, text(entry, "type"))


def _is_bad(kind: str, status: str) -> bool:
    if kind in PRESSURES or kind.startswith("Frequent"):
        return status == "True"
    return kind.endswith("Ready") and status == "False"


def _not_ready(node: Subject, cluster: Cluster) -> Finding:
    ready = node.condition("Ready")
    silent = text(ready, "status") == "Unknown"
    lease, renewed = _lease(node, cluster)
    evidence = [
        node.shows("status.conditions[Ready].status"),
        node.shows("status.conditions[Ready].message"),
        *lease,
    ]
    evidence += [event.evidence() for event in events_with(node, cluster, "NodeNotReady")]
    evidence.append(node.shows("spec.taints"))
    message = text(ready, "message")
    cause = f"its kubelet stopped reporting ({message})" if silent else message or "not ready"
    if silent and renewed:
        again = (cluster.age(time_or_none(renewed)) or LEASE_SECONDS) < LEASE_SECONDS
        still = "is renewed again, so it runs, and posts no status" if again else "is not renewed"
        cause += f"; its Lease {still} (last at {renewed})"
    return node.finding(
        "NodeNotReady",
        "critical",
        f"node {node.name} is not ready: {cause}",
        evidence,
        solution="check power, network and the kubelet on the node"
        if silent
        else "do what the kubelet's message says: container runtime, network plugin, disk",
        next_check=f"etcdpod history node {node.name}; journalctl -u kubelet on the node",
        since=earliest(node.since("Ready")),
    )


def _silent(node: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report a Ready node whose kubelet has missed its Lease renewals."""
    lease = cluster.all(LEASES).get((NODE_LEASES, node.name))
    late = cluster.unchanged_for(lease) if lease is not None else None
    if lease is None or late is None or late <= LEASE_SECONDS:
        return
    yield node.finding(
        "NodeSilent",
        "warning",
        f"node {node.name} counts as ready, and its kubelet has renewed its Lease for "
        f"{late:.0f} s no more",
        [lease.shows("spec.renewTime"), node.shows("status.conditions[Ready].status")],
        solution="check power, network and the kubelet on the node; if it stays ready for long, "
        "no node controller runs",
        next_check=f"etcdpod history lease kube-node-lease/{node.name} --noise",
        since=time_or_none(field(lease.value, "spec", "renewTime")),
    )


def _lease(node: Subject, cluster: Cluster) -> tuple[list[Evidence], str]:
    lease = cluster.all(LEASES).get((NODE_LEASES, node.name))
    if lease is None:
        return [], ""
    return [lease.shows("spec.renewTime")], text(lease.value, "spec", "renewTime")


def _pressure(node: Subject, kind: str) -> Finding:
    path = f"status.conditions[{kind}]"
    return node.finding(
        kind,
        "warning",
        f"node {node.name} has {kind}{'' if node.is_true(kind) else ' False'}: "
        f"{text(node.condition(kind), 'message') or 'no message'}",
        [node.shows(f"{path}.status"), node.shows(f"{path}.message")],
        solution=_RELIEF.get(kind, "read the message, and the log of whoever sets the condition"),
        next_check=f"etcdpod get pods -A -o wide | grep {node.name}",
        since=time_or_none(field(node.condition(kind), "lastTransitionTime")),
    )


RULE = ObjectRule("nodes", check)
