"""A clock in the cluster is off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.model import Evidence, Finding, Reference
from etcdpod.forensics.diagnose.rule import RegistryRule
from etcdpod.forensics.diagnose.subject import Subject
from etcdpod.history.clock.samples import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.history.clock.skew import Skew

NODE_LEASES: Final = "kube-node-lease"
"""The namespace of the Leases that kubelets renew, each named after its node."""


def check(cluster: Cluster) -> Iterator[Finding]:
    """Report a Lease whose renewal times differ from the API server's."""
    for skew in cluster.clock.skews:
        namespace, _, name = skew.lease.partition("/")
        is_node = namespace == NODE_LEASES
        about = Reference("Node", "", name) if is_node else Reference("Lease", namespace, name)
        ahead = skew.microseconds / SECOND
        yield Finding(
            "ClockSkew",
            "warning",
            about,
            f"the clock of {'node ' if is_node else ''}{name} is {abs(ahead):.1f} s "
            f"{'ahead of' if ahead > 0 else 'behind'} the others: times that it writes into "
            "events and states are off by that",
            tuple(_evidence(cluster, skew, namespace, name)),
            "repair its time synchronisation (chrony, systemd-timesyncd)",
            f"etcdpod history lease {skew.lease} --noise",
            None,
        )


def _evidence(cluster: Cluster, skew: Skew, namespace: str, name: str) -> Iterator[Evidence]:
    registry = cluster.registry
    resource = registry.resolve("leases.coordination.k8s.io")
    for key in registry.keys(resource, namespace, name):
        for record in registry.connector.history(key, since=skew.revision):
            value = registry.read(record).object
            if value is not None and record.mod_revision == skew.revision:
                lease = Subject(value, record.mod_revision)
                yield lease.shows("spec.renewTime")
                if (value.get("metadata") or {}).get("managedFields"):
                    yield lease.shows("metadata.managedFields")
                return


RULE = RegistryRule(check)
