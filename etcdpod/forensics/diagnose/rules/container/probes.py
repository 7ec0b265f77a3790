"""A liveness, readiness or startup probe fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import PodRule
from etcdpod.forensics.diagnose.rules.evidence import earliest, events_of, latest_first, times
from etcdpod.kube.model.fields import field, mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.events import Event
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.pod import Container, Pod

LOOPING: Final = 2
"""Number of failed runs from which probe failures of a running container are ignored."""

KILLING: Final = ("Liveness", "Startup")
"""Probes whose failure makes the kubelet restart the container."""


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Report failing probes that affect the pod."""
    if pod.is_leaving or pod.is_over:
        return
    for container in pod.containers:
        unhealthy = events_of(pod, container, cluster, {"Unhealthy", "ProbeError"})
        for probe in (*KILLING, "Readiness"):
            reports = [event for event in unhealthy if event.message.startswith(f"{probe} probe")]
            spec = mapping(container.spec, f"{probe.lower()}Probe")
            if reports and spec and _suffers(pod, container, probe, cluster):
                yield _finding(pod, container, probe, reports, cluster)
                break


def _suffers(pod: Pod, container: Container, probe: str, cluster: Cluster) -> bool:
    """Whether the probe explains that the container was killed or is not ready."""
    if probe in KILLING:
        killed = events_of(pod, container, cluster, {"Killing"})
        reports = any(f"{probe.lower()} probe" in event.message for event in killed)
        # Killed by the kubelet: SIGTERM (143), SIGKILL (137), or an exit code of its own.
        return bool(container.ended) and (reports or container.exit_code in (137, 143))
    crashes = container.restarts >= LOOPING and container.exit_code != 0
    return container.is_running and not crashes and field(container.status, "ready") is not True


def _finding(
    pod: Pod, container: Container, probe: str, reports: list[Event], cluster: Cluster
) -> Finding:
    name = f"{probe.lower()}Probe"
    last = latest_first(reports)[0]
    says = last.message.partition(":")[2].strip() or last.message
    count = sum(event.count for event in reports)
    evidence = [event.evidence() for event in latest_first(reports)]
    evidence.append(pod.shows(f"{container.spec_path}.{name}"))
    if probe in KILLING:
        killing = [
            event
            for event in events_of(pod, container, cluster, {"Killing"})
            if "probe" in event.message
        ]
        evidence += [event.evidence() for event in killing]
        evidence.append(pod.shows(f"{container.ended_path}.exitCode"))
        cause = (
            f"{container.label} is killed and restarted ({times(container.restarts)} so far), "
            f"because its {probe.lower()} probe fails: {says}"
        )
        solution = (
            "make the probed endpoint answer; if it only needs longer, raise failureThreshold, "
            "timeoutSeconds or use a startup probe"
        )
    else:
        evidence.append(pod.shows(f"{container.path}.ready"))
        cause = (
            f"{container.label} runs and is not ready, because its readiness probe fails "
            f"({times(count)}): {says}"
        )
        solution = "make the probed endpoint answer, or correct the probe's port, path and scheme"
    return pod.finding(
        "Unhealthy",
        "error",
        cause,
        evidence,
        solution=solution,
        next_check=f"probe {_target(container, name)} by hand; "
        f"etcdpod logs {pod.named()} — where the logs lie on the node",
        since=earliest(*(event.first for event in reports)),
    )


def _target(container: Container, name: str) -> str:
    probe = mapping(container.spec, name)
    http = mapping(probe, "httpGet")
    if http:
        return f"{text(http, 'path') or '/'} on port {http.get('port')}"
    for kind in ("tcpSocket", "grpc"):
        if kind in probe:
            return f"port {mapping(probe, kind).get('port')}"
    return "the command of the probe"


RULE = PodRule(check)
