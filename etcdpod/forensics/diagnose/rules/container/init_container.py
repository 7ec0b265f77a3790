"""An init container fails, so the pod never starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.diagnose.rule import PodRule
from etcdpod.forensics.diagnose.rules.evidence import (
    earliest,
    events_of,
    how_it_ended,
    run_evidence,
    times,
)
from etcdpod.kube.model.fields import field, text
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.pod import Container, Pod


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Report the first incomplete init container if it exited with an error."""
    if pod.is_leaving or pod.is_true("Initialized"):
        return
    for container in pod.containers:
        if not container.is_init:
            continue
        if field(container.status, "state", "terminated", "exitCode") == 0:
            continue
        if container.exit_code != 0 and text(container.ended, "reason") != "OOMKilled":
            yield _finding(pod, container, cluster)
        return


def _finding(pod: Pod, container: Container, cluster: Cluster) -> Finding:
    events = events_of(pod, container, cluster, {"BackOff"})
    evidence = [*run_evidence(pod, container), *(event.evidence() for event in events)]
    looping = container.waiting == "CrashLoopBackOff" or container.restarts > 0
    restarted = f", restarted {times(container.restarts)}" if container.restarts else ""
    waits = [item.name for item in pod.containers if not item.is_init]
    return pod.finding(
        "Init:CrashLoopBackOff" if looping else "Init:Error",
        "error",
        f"init container {container.name} fails: {how_it_ended(container)}{restarted}; "
        f"container {', '.join(waits)} cannot start before it succeeds",
        evidence,
        solution="make the init container succeed: read its log, and check what it waits for",
        next_check=f"etcdpod logs {pod.named()} — where the logs of {container.name} lie",
        since=earliest(
            *(event.first for event in events), time_or_none(field(container.ended, "finishedAt"))
        ),
    )


RULE = PodRule(check)
