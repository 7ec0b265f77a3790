"""A container cannot be created from the pod's spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import PodRule
from etcdpod.forensics.diagnose.rules.container.messages import NOT_STARTED, remedy
from etcdpod.forensics.diagnose.rules.container.references import missing_in_environment
from etcdpod.forensics.diagnose.rules.evidence import earliest, events_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.pod import Container, Pod

REASONS: Final = {
    "CreateContainerConfigError": ("created", "what its configuration refers to is missing"),
    "CreateContainerError": ("created", "the runtime refuses"),
    "RunContainerError": ("started", "the runtime refuses"),
    "PreCreateHookError": ("created", "a hook before its creation fails"),
    "PreStartHookError": ("started", "a hook before its start fails"),
    "PostStartHookError": ("kept running", "its postStart hook fails"),
    "StartError": ("started", "the runtime refuses"),
}
"""Waiting reasons: what fails, and the default explanation."""

OTHERWISE: Final = "read the message of the runtime; check command, mounts, security context"


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Report a container that waits because it could not be created or started."""
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
    done, otherwise = REASONS[container.waiting]
    cause = f"{container.label} cannot be {done}: {says or otherwise}"
    solution = (
        f"create {missing[0].what}, or mark the reference optional"
        if missing
        else remedy(container.message, NOT_STARTED) or OTHERWISE
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
