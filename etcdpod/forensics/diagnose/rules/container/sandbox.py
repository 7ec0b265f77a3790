"""A pod's sandbox cannot be created, mostly because of the network (CNI)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import PodRule
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
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.pod import Pod

_SOLUTIONS: Final = (
    (
        ("runtimehandler", "no runtime for", "runtime handler"),
        "the node's runtime does not know the handler of the pod's RuntimeClass: set it up there, "
        "or select nodes that have it",
    ),
    (
        (
            "no ip addresses available",
            "failed to allocate for range",
            "no available ip",
            "exhausted",
        ),
        "the node's address range is used up: free addresses that are no longer in use, "
        "or give the node a larger range",
    ),
    (
        ("cni config", "cni plugin not initialized", "no networks found", "network plugin is not"),
        "the network plugin is not set up on the node: check its DaemonSet there",
    ),
    (
        ("connection refused", "i/o timeout", "context deadline exceeded", "dial unix"),
        "the network plugin does not answer: check its pod on that node",
    ),
    (
        ("pull", "pause image", "sandbox image"),
        "the runtime cannot get its pause image: check the node's registry access",
    ),
    (
        ("no space left", "too many open files", "cgroup", "oci runtime"),
        "the node itself lacks something: disk, files or cgroups",
    ),
)


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Report a pod whose sandbox the kubelet could not create."""
    if pod.is_leaving or not has_no_sandbox(pod):
        return
    reports = events_with(pod, cluster, "FailedCreatePodSandBox", "NetworkNotReady")
    events = since_last_run(pod, reports)
    if not events:
        return
    last = latest_first(events)[0]
    network = any(word in last.message.lower() for word in ("network", "cni", "plugin"))
    evidence = [event.evidence() for event in latest_first(events)[:3]]
    evidence.append(pod.shows("status.containerStatuses"))
    if pod.condition("PodReadyToStartContainers") is not None:
        evidence.append(pod.shows("status.conditions[PodReadyToStartContainers].status"))
    yield pod.finding(
        last.reason,
        "error",
        f"node {pod.node} cannot make the pod's sandbox"
        f"{', because of its network (CNI)' if network else ''}: {_core(last.message)}",
        evidence,
        solution=_solution(last.message),
        next_check=f"etcdpod get pods -A -o wide | grep {pod.node} — do others start there?",
        since=earliest(*(event.first for event in events)),
    )


def _core(message: str) -> str:
    """The last, most specific part of an error chain."""
    message = message.removeprefix("Failed to create pod sandbox: ")
    message = message.removeprefix("rpc error: code = Unknown desc = ")
    return message if len(message) <= 300 else f"…{message[-299:]}"


def _solution(message: str) -> str:
    lowered = message.lower()
    for signs, solution in _SOLUTIONS:
        if any(sign in lowered for sign in signs):
            return solution
    return "read the runtime's message; check runtime and network plugin on the node"


RULE = PodRule(check)
