"""Pods, and the pod templates of workloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kubectl.describe.describer import (
    Describer,
    annotation_lines,
    controlled_by,
    heading,
    indented,
    label_lines,
    labels_and_annotations,
    listed,
    moment,
    or_none,
    since,
)
from etcdpod.kubectl.describe.fields import dig, text_at
from etcdpod.kubectl.describe.pods.containers import container_lines, resource_lines
from etcdpod.kubectl.describe.pods.volumes import volume_lines
from etcdpod.kubectl.describe.quality import quality_of_service
from etcdpod.kubectl.tables.printer import NONE, selector_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.kubectl.describe.describer import Around


def pod_lines(pod: dict[str, Any], around: Around) -> Iterator[str]:
    """A pod, from its node to its tolerations."""
    spec: dict[str, Any] = pod.get("spec") or {}
    status: dict[str, Any] = pod.get("status") or {}
    yield from heading(pod)
    yield from _placement(spec, status)
    yield from labels_and_annotations(pod)
    yield from _status(pod, status, around)
    yield from _seccomp(spec)
    yield f"IP:\t{text_at(status, 'podIP')}"
    yield from _ips(status)
    yield from controlled_by(pod)
    if status.get("nominatedNodeName"):
        yield f"NominatedNodeName:\t{status['nominatedNodeName']}"
    if spec.get("resources") is not None:
        yield "Resources:"
        yield from indented(resource_lines(spec["resources"]))
    for title, group in (
        ("Init Containers", "initContainer"),
        ("Containers", "container"),
        ("Ephemeral Containers", "ephemeralContainer"),
    ):
        found = spec.get(f"{group}s") or ()
        if found or group == "container":
            yield from container_lines(title, found, status.get(f"{group}Statuses") or (), pod)
    yield from _conditions(spec, status)
    yield from volume_lines(spec.get("volumes"))
    yield f"QoS Class:\t{status.get('qosClass') or quality_of_service(spec)}"
    yield from _scheduling(spec)


def _placement(spec: dict[str, Any], status: dict[str, Any]) -> Iterator[str]:
    if spec.get("priority") is not None:
        yield f"Priority:\t{spec['priority']}"
    for title, field in (
        ("Priority Class Name", "priorityClassName"),
        ("Runtime Class Name", "runtimeClassName"),
        ("Service Account", "serviceAccountName"),
    ):
        if spec.get(field):
            yield f"{title}:\t{spec[field]}"
    node = text_at(spec, "nodeName")
    yield f"Node:\t{node}/{text_at(status, 'hostIP')}" if node else f"Node:\t{NONE}"
    if status.get("startTime"):
        yield f"Start Time:\t{moment(status['startTime'])}"


def _status(pod: dict[str, Any], status: dict[str, Any], around: Around) -> Iterator[str]:
    phase = text_at(status, "phase")
    leaving = dig(pod, "metadata", "deletionTimestamp")
    if leaving and phase not in ("Failed", "Succeeded"):
        yield f"Status:\tTerminating (lasts {since(leaving, around)})"
        grace = dig(pod, "metadata", "deletionGracePeriodSeconds")
        yield f"Termination Grace Period:\t{grace or 0}s"
    else:
        yield f"Status:\t{phase}"
    for field in ("reason", "message"):
        if status.get(field):
            yield f"{field.title()}:\t{status[field]}"


def _seccomp(spec: dict[str, Any]) -> Iterator[str]:
    profile = dig(spec, "securityContext", "seccompProfile")
    if profile is not None:
        yield f"SeccompProfile:\t{text_at(profile, 'type')}"
        if profile.get("type") == "Localhost":
            yield f"LocalhostProfile:\t{text_at(profile, 'localhostProfile')}"


def _ips(status: dict[str, Any]) -> Iterator[str]:
    ips = status.get("podIPs")
    yield "IPs:" if ips else f"IPs:\t{NONE}"
    for entry in ips or ():
        yield f"  IP:\t{text_at(entry, 'ip')}"


def _conditions(spec: dict[str, Any], status: dict[str, Any]) -> Iterator[str]:
    conditions: Sequence[dict[str, Any]] = status.get("conditions") or ()
    gates = spec.get("readinessGates")
    if gates:
        yield "Readiness Gates:"
        yield "  Type\tStatus"
        held: dict[str, str] = {}
        for condition in conditions:
            held.setdefault(text_at(condition, "type"), text_at(condition, "status"))
        for gate in gates:
            kind = text_at(gate, "conditionType")
            yield f"  {kind} \t{held.get(kind, NONE)} "
    if conditions:
        yield "Conditions:"
        yield "  Type\tStatus"
        for condition in conditions:
            yield f"  {text_at(condition, 'type')} \t{text_at(condition, 'status')} "


def _scheduling(spec: dict[str, Any], indent: str = "") -> Iterator[str]:
    yield from label_lines("Node-Selectors", spec.get("nodeSelector"), indent)
    tolerations = sorted(
        spec.get("tolerations") or (), key=lambda entry: text_at(entry, "key").encode()
    )
    yield from listed("Tolerations", map(_toleration, tolerations), indent)
    if not indent:
        yield from _spread(spec, indent)
    group = spec.get("schedulingGroup")
    if group is not None:
        yield f"{indent}SchedulingGroup:"
        yield f"  PodGroupName:\t{text_at(group, 'podGroupName')}"


def _toleration(toleration: dict[str, Any]) -> str:
    key, value = text_at(toleration, "key"), text_at(toleration, "value")
    effect = text_at(toleration, "effect")
    text = key + (f"={value}" if value else "") + (f":{effect}" if effect else "")
    if toleration.get("operator") == "Exists" and not value:
        text += " op=Exists" if key or effect else "op=Exists"
    seconds = toleration.get("tolerationSeconds")
    return text if seconds is None else f"{text} for {seconds}s"


def _spread(spec: dict[str, Any], indent: str) -> Iterator[str]:
    constraints = spec.get("topologySpreadConstraints")
    if constraints:
        constraints = sorted(constraints, key=lambda entry: text_at(entry, "topologyKey").encode())
        yield from listed("Topology Spread Constraints", map(_constraint, constraints), indent)


def _constraint(constraint: dict[str, Any]) -> str:
    text = (
        f"{text_at(constraint, 'topologyKey')}:{text_at(constraint, 'whenUnsatisfiable')} "
        f"when max skew {constraint.get('maxSkew') or 0} is exceeded"
    )
    selector = constraint.get("labelSelector")
    return text if selector is None else f"{text} for selector {or_none(selector_text(selector))}"


def template_lines(template: dict[str, Any] | None) -> Iterator[str]:
    """The pod template of a workload."""
    yield "Pod Template:"
    if template is None:
        yield "  <unset>"
        return
    metadata: dict[str, Any] = template.get("metadata") or {}
    spec: dict[str, Any] = template.get("spec") or {}
    yield from label_lines("Labels", metadata.get("labels"), "  ")
    if metadata.get("annotations"):
        yield from annotation_lines("  Annotations", metadata["annotations"])
    if spec.get("serviceAccountName"):
        yield f"  Service Account:\t{spec['serviceAccountName']}"
    if spec.get("initContainers"):
        yield from container_lines("Init Containers", spec["initContainers"], indent="  ")
    yield from container_lines("Containers", spec.get("containers") or (), indent="  ")
    yield from volume_lines(spec.get("volumes"), "  ")
    yield from _spread(spec, "  ")
    if spec.get("priorityClassName"):
        yield f"  Priority Class Name:\t{spec['priorityClassName']}"
    yield from _scheduling(spec, "  ")


POD = Describer("Pod", pod_lines, events="any kind")
