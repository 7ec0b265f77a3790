"""Why a node rejects a pod, evaluated as the scheduler does.

Checks taints, cordons, selectors, node affinity, and whether a request exceeds the whole node.
Resources taken by other pods are known only from the scheduler's message.
"""

from __future__ import annotations

from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from etcdpod.kube.model.fields import field, mapping, members, strings, text
from etcdpod.kube.model.quantity import parse_quantity

if TYPE_CHECKING:
    from etcdpod.forensics.diagnose.pod import Pod
    from etcdpod.forensics.diagnose.subject import Subject


class Obstacle(Enum):
    """What prevents a pod from running on a node."""

    CORDON = "cordon"
    TAINT = "taint"
    LABEL = "label"
    AFFINITY = "affinity"
    SIZE = "size"


class Refusal(NamedTuple):
    """One reason why a node rejects a pod."""

    obstacle: Obstacle
    text: str
    """A clause whose subject is the node."""


def refusals(pod: Pod, node: Subject) -> list[Refusal]:
    """The reasons why a node rejects a pod; empty if none is found."""
    return [*_taints(pod, node), *_selectors(pod, node), *_sizes(pod, node)]


def _taints(pod: Pod, node: Subject) -> list[Refusal]:
    found = []
    if field(node.value, "spec", "unschedulable") is True:
        found.append(Refusal(Obstacle.CORDON, "is cordoned"))
    tolerations = members(pod.value, "spec", "tolerations")
    for taint in members(node.value, "spec", "taints"):
        effect, key = text(taint, "effect"), text(taint, "key")
        if key == "node.kubernetes.io/unschedulable" and found:
            continue
        if effect not in ("NoSchedule", "NoExecute"):
            continue
        if not any(_tolerates(toleration, taint) for toleration in tolerations):
            value = text(taint, "value")
            shown = f"{key}={value}" if value else key
            clause = f"has the taint {shown}:{effect}, which the pod does not tolerate"
            found.append(Refusal(Obstacle.TAINT, clause))
    return found


def _tolerates(toleration: dict[str, Any], taint: dict[str, Any]) -> bool:
    effect, key = text(toleration, "effect"), text(toleration, "key")
    if effect and effect != text(taint, "effect"):
        return False
    if key and key != text(taint, "key"):
        return False
    if text(toleration, "operator") == "Exists":
        return True
    return bool(key) and text(toleration, "value") == text(taint, "value")


def _selectors(pod: Pod, node: Subject) -> list[Refusal]:
    labels = mapping(node.value, "metadata", "labels")
    wanted = mapping(pod.value, "spec", "nodeSelector")
    unmet = [f"{key}={value}" for key, value in wanted.items() if labels.get(key) != value]
    lacking = Refusal(Obstacle.LABEL, f"lacks the label {', '.join(unmet)}")
    found = [lacking] if unmet else []
    required = mapping(
        pod.value,
        "spec",
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
    )
    terms = members(required, "nodeSelectorTerms")
    if terms and not any(_meets(term, labels, node.name) for term in terms):
        found.append(Refusal(Obstacle.AFFINITY, "does not meet the pod's node affinity"))
    return found


def _meets(term: dict[str, Any], labels: dict[str, Any], name: str) -> bool:
    expressions = members(term, "matchExpressions")
    fields = members(term, "matchFields")
    if not expressions and not fields:
        return False
    return all(_holds(each, labels) for each in expressions) and all(
        _holds(each, {"metadata.name": name}) for each in fields
    )


def _holds(expression: dict[str, Any], labels: dict[str, Any]) -> bool:
    value, values = labels.get(text(expression, "key")), strings(expression, "values")
    operator = text(expression, "operator")
    if operator in ("Exists", "DoesNotExist"):
        return (value is not None) is (operator == "Exists")
    if operator in ("In", "NotIn"):
        return (value in values) is (operator == "In")
    try:
        number, bound = int(str(value)), int(values[0])
    except (ValueError, IndexError):
        return False
    return number > bound if operator == "Gt" else number < bound


def _sizes(pod: Pod, node: Subject) -> list[Refusal]:
    allocatable = mapping(node.value, "status", "allocatable")
    found = []
    for resource, asked in requests(pod).items():
        held = amount(allocatable.get(resource))
        if held is None or asked > held:
            shown = allocatable.get(resource, "none")
            clause = f"has {shown} {resource} in all, and the pod asks for {display(asked)}"
            found.append(Refusal(Obstacle.SIZE, clause))
    return found


def requests(pod: Pod) -> dict[str, Fraction]:
    """A pod's effective requests: the sum of its containers, or the largest init container."""
    total: dict[str, Fraction] = {}
    largest: dict[str, Fraction] = {}
    for container in pod.containers:
        asked = mapping(container.spec, "resources", "requests")
        for resource, quantity in asked.items():
            value = amount(quantity)
            if value is None or value == 0:
                continue
            if container.is_init:
                largest[resource] = max(largest.get(resource, value), value)
            else:
                total[resource] = total.get(resource, Fraction(0)) + value
    for resource, value in largest.items():
        total[resource] = max(total.get(resource, value), value)
    return total


def amount(quantity: Any) -> Fraction | None:
    """A quantity as a number; None if invalid."""
    if isinstance(quantity, bool) or not isinstance(quantity, str | int):
        return None
    return parse_quantity(str(quantity))


def display(value: Fraction) -> str:
    """Format a number: ``64``, ``0.5``, ``2Gi``."""
    if value.denominator == 1 and value >= 1024**2:
        for unit, size in (("Gi", 1024**3), ("Mi", 1024**2)):
            if value % size == 0:
                return f"{value // size}{unit}"
    return f"{float(value):g}"
