"""A container cannot be created from what the pod says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.analysis.rules.base import PodRule
from etcdpod.analysis.rules.references import missing_in_environment
from etcdpod.analysis.rules.words import earliest, events_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.analysis.cluster import Cluster
    from etcdpod.analysis.finding import Finding
    from etcdpod.analysis.pod import Container, Pod

REASONS: Final = {
    "CreateContainerConfigError": "what its configuration refers to is missing",
    "CreateContainerError": "the runtime cannot create it",
    "RunContainerError": "the runtime cannot start it",
    "PreCreateHookError": "a hook before its creation fails",
    "PreStartHookError": "a hook before its start fails",
    "PostStartHookError": "its postStart hook fails",
    "StartError": "the runtime cannot start it",
}


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """A container waits because it could not be created or started."""
    for container in pod.containers:
        if container.waiting in REASONS:
            yield _finding(pod, container, cluster)


def _finding(pod: Pod, container: Container, cluster: Cluster) -> Finding:
    events = events_of(pod, container, cluster, {"Failed", "FailedPostStartHook"})
    evidence = [pod.shows(f"{container.path}.state.waiting.reason")]
    if container.message:
        evidence.append(pod.shows(f"{container.path}.state.waiting.message"))
    evidence += [event.evidence() for event in events]
    missing = missing_in_environment(pod, container, cluster)
    evidence += [item.evidence for item in missing]
    says = "; ".join(item.text for item in missing) or container.message
    cause = f"{container.label} cannot be created: {says or REASONS[container.waiting]}"
    solution = (
        f"create {missing[0].what}, or mark the reference optional"
        if missing
        else "read the message of the runtime; check command, mounts, security context"
    )
    return pod.finding(
        container.waiting,
        "error",
        cause,
        evidence,
        solution=solution,
        next_check=f"etcdpod get configmaps,secrets -n {pod.namespace}",
        since=earliest(*(event.first for event in events)) or pod.since("Initialized"),
    )


RULE = PodRule(check)
