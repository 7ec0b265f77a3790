"""A container keeps exiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import PodRule
from etcdpod.forensics.diagnose.rules.container.messages import NOT_STARTED, remedy
from etcdpod.forensics.diagnose.rules.evidence import (
    earliest,
    events_of,
    how_it_ended,
    latest_first,
    run_evidence,
    times,
)
from etcdpod.kube.model.fields import field, text
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.events import Event
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.pod import Container, Pod

UNSTARTED: Final = frozenset({"StartError", "ContainerCannotRun", "CreateContainerError"})
"""Termination reasons of containers that never started, from containerd and Docker."""

HOOK: Final = "make the postStart hook succeed, or remove it: the container is killed when it fails"

SHOWN: Final = 300
"""Maximum characters kept from the end of a runtime's message."""

LOOPING: Final = 2
"""Restarts from which a container that runs at the moment is still not trusted."""


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Report a container that is in back-off, has just exited, or exited before."""
    if pod.is_leaving or pod.is_over:
        return
    for container in pod.containers:
        if container.is_init or text(container.ended, "reason") == "OOMKilled":
            continue
        if container.waiting == "CrashLoopBackOff" or _keeps_ending(pod, container):
            yield _finding(pod, container, cluster)


def _keeps_ending(pod: Pod, container: Container) -> bool:
    if container.waiting or not container.ended:
        return False
    if container.is_running:
        return container.restarts >= LOOPING
    return field(container.status, "state", "terminated") is not None and (
        container.exit_code != 0 or text(pod.value, "spec", "restartPolicy") == "Always"
    )


def _finding(pod: Pod, container: Container, cluster: Cluster) -> Finding:
    events = events_of(pod, container, cluster, {"BackOff"})
    events = [event for event in events if "restarting" in event.message]
    evidence = [*run_evidence(pod, container), *(event.evidence() for event in events)]
    hooks = events_of(pod, container, cluster, {"FailedPostStartHook"})
    evidence += [event.evidence() for event in hooks]
    restarted = f", restarted {times(container.restarts)}" if container.restarts else ""
    unstarted = text(container.ended, "reason") in UNSTARTED
    ends = "ends by itself" if container.exit_code == 0 else "crashes"
    ends = "cannot be started" if unstarted else ends
    why = _why(container, hooks, reported=unstarted)
    now = " (it runs at the moment)" if container.is_running else ""
    looping = container.waiting or container.restarts >= LOOPING
    return pod.finding(
        "CrashLoopBackOff" if looping else text(container.ended, "reason") or "Error",
        "error" if not pod.is_true("Ready") else "warning",
        f"{container.label} {ends}: {how_it_ended(container)}{why}{restarted}{now}",
        evidence,
        solution=HOOK if hooks else _solution(container),
        next_check=f"etcdpod logs {pod.named()} — where the logs of the last run lie on the node; "
        f"etcdpod history {pod.named()} — what changed before the first crash",
        since=earliest(
            *(event.first for event in events), time_or_none(field(container.ended, "finishedAt"))
        ),
    )


def _why(container: Container, hooks: list[Event], *, reported: bool) -> str:
    """The message of the runtime or a hook, if that is the cause."""
    if hooks:
        return f", because its postStart hook fails: {latest_first(hooks)[0].message}"
    message = text(container.ended, "message").strip()
    return f": {message[-SHOWN:]}" if reported and message else ""


def _solution(container: Container) -> str:
    known = remedy(text(container.ended, "message"), NOT_STARTED)
    if known and text(container.ended, "reason") in UNSTARTED:
        return known
    if container.exit_code == 0:
        return (
            "a container of a pod that restarts must not end: run it as a Job, or keep it running"
        )
    if "exec format error" in text(container.ended, "message"):
        return known
    if container.exit_code in (126, 127, 128):
        return "correct command and args, or the image: what they name cannot be run"
    if container.exit_code in (137, 143):
        return (
            "find out who ended it: the kubelet (probes, eviction) reports it in the pod's events"
        )
    return "read the log of the last run; check configuration, secrets and what it depends on"


RULE = PodRule(check)
