"""A StatefulSet or DaemonSet has pods that do not become ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.diagnose.rule import ObjectRule
from etcdpod.forensics.diagnose.rules.evidence import earliest, trouble_of
from etcdpod.kube.model.fields import number, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.subject import Subject


def check_stateful_set(workload: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report a StatefulSet with too few ready pods, one of them unhealthy."""
    wanted = number(workload.value, "spec", "replicas", default=1)
    in_order = text(workload.value, "spec", "podManagementPolicy") != "Parallel"
    yield from _check(workload, cluster, wanted, "readyReplicas", in_order=in_order)


def check_daemon_set(workload: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report a DaemonSet with too few ready pods, one of them unhealthy."""
    wanted = number(workload.value, "status", "desiredNumberScheduled")
    yield from _check(workload, cluster, wanted, "numberReady", in_order=False)
    yield from _misplaced(workload)


def _misplaced(workload: Subject) -> Iterator[Finding]:
    """Report a DaemonSet with pods on nodes where they should not run."""
    count = number(workload.value, "status", "numberMisscheduled")
    if count:
        yield workload.finding(
            "Misscheduled",
            "info",
            f"{count} pods run on nodes that the DaemonSet does not want any more",
            [workload.shows("status.numberMisscheduled")],
            solution="expected after a taint or label of a node was changed; delete these pods, "
            "or correct selector and tolerations",
            next_check=f"etcdpod get pods -n {workload.namespace} -o wide | grep {workload.name}",
            since=None,
        )


def _check(
    workload: Subject, cluster: Cluster, wanted: int, ready_field: str, *, in_order: bool
) -> Iterator[Finding]:
    ready = number(workload.value, "status", ready_field)
    own = cluster.troubled.get(workload.uid, [])
    troubled = [item for item in own if item.object != workload.reference]
    if ready >= wanted or not troubled:
        return
    first = troubled[0]
    order = "; the pods after it are not made before it is ready" if in_order else ""
    yield workload.finding(
        "PodsNotReady",
        "critical" if ready == 0 else "warning",
        f"{ready} of {wanted} pods are ready, because of {trouble_of(first)}{order}",
        [workload.shows(f"status.{ready_field}"), *first.evidence[:2]],
        solution=first.solution,
        next_check=first.next_check,
        since=earliest(*(item.since for item in troubled)),
    )


STATEFUL_SETS = ObjectRule("statefulsets.apps", check_stateful_set)
DAEMON_SETS = ObjectRule("daemonsets.apps", check_daemon_set)
