"""The scheduler or the controllers have no leader: nothing is placed, or nothing is put right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.analysis.rules.base import RegistryRule
from etcdpod.analysis.subject import parse_time
from etcdpod.history.fields import field, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.analysis.cluster import Cluster
    from etcdpod.analysis.finding import Finding

LEADERS: Final = {
    "kube-scheduler": "no pod gets a node",
    "kube-controller-manager": "no ReplicaSet, Job or node is looked after",
}
"""The components of which one leads, and what stands still without it."""

LATE: Final = 60.0
"""Seconds without a renewal (due every two) after which others have not taken over either."""


def check(cluster: Cluster) -> Iterator[Finding]:
    """The Lease of a component was not renewed for long, by the other Leases' time."""
    for name, still in LEADERS.items():
        lease = cluster.get("leases.coordination.k8s.io", "kube-system", name)
        if lease is None:
            continue
        late = cluster.unchanged_for(lease)
        if late is None or late <= LATE:
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
            since=parse_time(field(lease.value, "spec", "renewTime")),
        )


RULE = RegistryRule(check)
