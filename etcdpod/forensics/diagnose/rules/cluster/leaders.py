"""The scheduler or the controller manager has no leader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import RegistryRule
from etcdpod.kube.model.fields import field, owner_of, text
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding

LEADERS: Final = {
    "kube-scheduler": "no pod gets a node",
    "kube-controller-manager": "no ReplicaSet, Job or node is looked after",
}
"""The components that elect a leader, and what stops without one."""

LATE: Final = 60.0
"""Seconds without a renewal (due every two) after which a takeover is overdue."""


def check(cluster: Cluster) -> Iterator[Finding]:
    """Report a component's Lease that was not renewed for long, relative to other Leases."""
    for name, still in LEADERS.items():
        lease = cluster.get("leases.coordination.k8s.io", "kube-system", name)
        if lease is None:
            continue
        late = cluster.unchanged_for(lease)
        if late is None or late <= LATE:
            continue
        renewed = time_or_none(field(lease.value, "spec", "renewTime"))
        if renewed is not None and _is_done(name, renewed, cluster):
            continue
        holder = text(lease.value, "spec", "holderIdentity")
        yield lease.finding(
            "NoLeader",
            "critical",
            f"{name} has had no leader for {late:.0f} s: {still}",
            [lease.shows("spec.renewTime"), lease.shows("spec.holderIdentity")],
            solution=f"check {name}{f' where {holder} ran' if holder else ''}: its pod, its "
            "certificate, its way to the API server",
            next_check=f"etcdpod history lease kube-system/{name} --noise; "
            f"etcdpod get pods -n kube-system | grep {name}",
            since=renewed,
        )


def _is_done(name: str, renewed: datetime, cluster: Cluster) -> bool:
    """Whether the component worked long after: a single instance may elect no leader."""
    for pod in cluster.all("pods").values():
        if name == "kube-scheduler":
            own = text(pod.value, "spec", "schedulerName") in ("", "default-scheduler")
            done = pod.since("PodScheduled") if own and pod.is_true("PodScheduled") else None
        else:
            done = pod.created if owner_of(pod.value) is not None else None
        if done is not None and (done - renewed).total_seconds() > LATE:
            return True
    return False


RULE = RegistryRule(check)
