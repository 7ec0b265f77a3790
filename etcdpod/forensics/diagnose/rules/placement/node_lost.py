"""A pod is affected by a node that is silent, not ready, or gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.diagnose.rule import PodRule
from etcdpod.forensics.diagnose.rules.evidence import earliest, events_with
from etcdpod.kube.model.fields import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.pod import Pod


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Report a pod that the node controller marked not ready, or whose kubelet is gone."""
    if not pod.node or pod.is_over or pod.is_true("Ready"):
        return
    if not cluster.exists("nodes", "", pod.node):
        yield _gone(pod)
        return
    node = cluster.get("nodes", "", pod.node)
    if node is None or node.is_true("Ready") or node.condition("Ready") is None:
        return
    # The node controller sets only Ready; a kubelet also sets ContainersReady.
    if not pod.is_true("ContainersReady") and pod.reason != "NodeLost" and not pod.is_leaving:
        return
    events = events_with(pod, cluster, "NodeNotReady")
    evidence = [
        pod.shows("status.conditions[Ready].status"),
        node.shows("status.conditions[Ready].status"),
        node.shows("status.conditions[Ready].message"),
    ]
    evidence += [event.evidence() for event in events]
    waits = " and cannot end, for only the kubelet can finish it" if pod.is_leaving else ""
    says = text(node.condition("Ready"), "message")
    yield pod.finding(
        "NodeNotReady",
        "error",
        f"its node {pod.node} is not ready ({says}): the pod counts as not ready{waits}",
        evidence,
        solution="bring the node's kubelet back; if the node is lost, delete the Node, "
        "or taint it out-of-service, so that the pod is recreated elsewhere",
        next_check=f"etcdpod history node {pod.node}; etcdpod get lease -n kube-node-lease",
        since=earliest(node.since("Ready"), *(event.first for event in events)),
    )


def _gone(pod: Pod) -> Finding:
    return pod.finding(
        "NodeLost",
        "error",
        f"its node {pod.node} does not exist any more",
        [pod.shows("spec.nodeName")],
        solution="the garbage collector will delete the pod; force it if that does not happen",
        next_check=f"etcdpod history node {pod.node}",
        since=pod.since("Ready"),
    )


RULE = PodRule(check)
