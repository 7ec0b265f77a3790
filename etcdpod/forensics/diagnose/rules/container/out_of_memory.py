"""A container was killed for exceeding its memory limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.diagnose.rule import PodRule
from etcdpod.forensics.diagnose.rules.evidence import earliest, events_of, limit_of, times
from etcdpod.kube.model.fields import field, text
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.pod import Pod


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Report a container whose last run was OOMKilled."""
    for container in pod.containers:
        if text(container.ended, "reason") != "OOMKilled" or pod.is_leaving:
            continue
        limit = limit_of(container, "memory")
        exceeded = f"its memory limit of {limit}" if limit else "the memory of its node"
        evidence = [
            pod.shows(f"{container.ended_path}.reason"),
            pod.shows(f"{container.ended_path}.exitCode"),
        ]
        if limit:
            evidence.append(pod.shows(f"{container.spec_path}.resources.limits.memory"))
        events = events_of(pod, container, cluster, {"BackOff", "OOMKilling"})
        evidence += [event.evidence() for event in events]
        restarted = f", restarted {times(container.restarts)}" if container.restarts else ""
        yield pod.finding(
            "OOMKilled",
            "warning" if pod.is_true("Ready") and container.is_running else "error",
            f"{container.label} used more than {exceeded} and was killed{restarted}",
            evidence,
            solution="raise the memory limit, or make the program use less "
            "(its heap must be set below the limit)",
            next_check=f"etcdpod history {pod.named()} --field status — how long each run lasted",
            since=earliest(
                *(event.first for event in events),
                time_or_none(field(container.ended, "finishedAt")),
            ),
        )


RULE = PodRule(check)
