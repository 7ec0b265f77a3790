"""Evidence and wording shared by several rules."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

from etcdpod.kube.model.fields import field, mapping, number, owner_of, text
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.events import Event
    from etcdpod.forensics.diagnose.model import Evidence, Finding
    from etcdpod.forensics.diagnose.pod import Container, Pod
    from etcdpod.forensics.diagnose.subject import Subject

OWNERS: Final = {
    "DaemonSet": "daemonsets.apps",
    "ReplicaSet": "replicasets.apps",
    "ReplicationController": "replicationcontrollers",
    "StatefulSet": "statefulsets.apps",
}
"""Kinds of workloads that replace a deleted or failed pod."""

_EXITS: Final = {
    0: "it ended by itself, without an error",
    1: "an error of the application",
    2: "wrong use, by most programs' convention",
    126: "the command cannot be executed",
    127: "the command was not found",
    128: "it could not be started",
    255: "-1: an error of the program, or of the runtime while the node restarted",
}
_SIGNALS: Final = {
    "SIGKILL": "killed: out of memory, or it did not end in time",
    "SIGTERM": "asked to end",
    "SIGSEGV": "a memory fault of the program",
    "SIGABRT": "it aborted itself",
    "SIGILL": "an instruction that this processor does not have",
    "SIGBUS": "a memory fault of the program",
}


def exit_meaning(code: int) -> str:
    """The conventional meaning of an exit code; empty if it has none."""
    if code in _EXITS:
        return _EXITS[code]
    try:
        name = signal.Signals(code - 128).name
    except ValueError:
        return ""
    meaning = _SIGNALS.get(name)
    return f"{name}: {meaning}" if meaning else name


def how_it_ended(container: Container) -> str:
    """``exit code 1 (an error of the application)``, with the kubelet's reason."""
    reason = text(container.ended, "reason")
    meaning = exit_meaning(container.exit_code)
    shown = f"exit code {container.exit_code}" + (f" ({meaning})" if meaning else "")
    return shown if reason in ("", "Error", "Completed") else f"{reason}, {shown}"


def run_evidence(pod: Pod, container: Container) -> list[Evidence]:
    """The evidence that a container exited, how, and how often."""
    found = [pod.shows(f"{container.path}.state.waiting.reason")] if container.waiting else []
    found.append(pod.shows(f"{container.ended_path}.exitCode"))
    if text(container.ended, "message"):
        found.append(pod.shows(f"{container.ended_path}.message"))
    return [*found, pod.shows(f"{container.path}.restartCount")]


def earliest(*moments: datetime | None) -> datetime | None:
    """The earliest of the known times."""
    return min((moment for moment in moments if moment is not None), default=None)


def events_of(
    pod: Pod, container: Container, cluster: Cluster, reasons: Collection[str]
) -> list[Event]:
    """A pod's events with given reasons, for one container or the pod as a whole."""
    return [
        event
        for event in cluster.events(pod)
        if event.reason in reasons and (not event.part or f"{{{container.name}}}" in event.part)
    ]


def events_with(subject: Subject, cluster: Cluster, *reasons: str) -> list[Event]:
    """An object's events with given reasons, oldest first."""
    return [event for event in cluster.events(subject) if event.reason in reasons]


def latest_first(events: list[Event]) -> list[Event]:
    """Sort events latest first."""
    return sorted(events, key=lambda event: event.revision, reverse=True)


def has_no_sandbox(pod: Pod) -> bool:
    """Whether a pod is bound and all its containers have yet to be created or re-created."""
    if not pod.node or pod.is_over:
        return False
    if pod.phase in ("", "Pending") and not pod.has_begun:
        return True
    return bool(pod.containers) and all(
        field(item.status, "state", "waiting") is not None and not item.waiting
        for item in pod.containers
    )


def since_last_run(pod: Pod, events: list[Event]) -> list[Event]:
    """The events after a container last terminated; all if it never did."""
    ends = [time_or_none(field(item.ended, "finishedAt")) for item in pod.containers]
    last = max((end for end in ends if end is not None), default=None)
    return [event for event in events if last is None or event.last is None or event.last >= last]


def is_replaced(pod: Pod, cluster: Cluster) -> bool:
    """Whether the pod's workload has all its ready pods again."""
    owner = owner_of(pod.value)
    kind = OWNERS.get(text(owner, "kind"))
    found = cluster.get(kind, pod.namespace, text(owner, "name")) if kind is not None else None
    if found is None:
        return False
    if kind == "daemonsets.apps":
        wanted = number(found.value, "status", "desiredNumberScheduled")
        return number(found.value, "status", "numberReady") >= wanted
    return ready_replicas(found) >= number(found.value, "spec", "replicas", default=1)


def trouble_of(finding: Finding) -> str:
    """Another object's finding: ``pod web-1: …``, or the sentence that names the object."""
    if finding.object.kind != "Pod":
        return finding.cause
    return f"pod {finding.object.name}: {finding.cause}"


def times(count: int) -> str:
    """``once``, ``2 times``."""
    return "once" if count == 1 else f"{count} times"


def limit_of(container: Container, resource: str) -> str:
    """A container's resource limit; empty if not set."""
    found = mapping(container.spec, "resources", "limits").get(resource)
    return str(found) if found is not None else ""


def ready_replicas(subject: Subject) -> int:
    """``status.readyReplicas``."""
    return number(subject.value, "status", "readyReplicas")
