"""A PodDisruptionBudget blocks the drain of a node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import ObjectRule
from etcdpod.kube.model.fields import field, mapping, members, number, strings, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.subject import Subject

_HELD: Final = 5
"""Maximum number of pods named."""


def check(budget: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report a budget that allows no disruption, with a pod on a cordoned node."""
    status = mapping(budget.value, "status")
    if number(status, "disruptionsAllowed") > 0 or number(status, "expectedPods") == 0:
        return
    cordoned = {
        node.name
        for node in cluster.all("nodes").values()
        if field(node.value, "spec", "unschedulable") is True
    }
    if not cordoned:
        return
    held = [
        pod
        for (namespace, _), pod in cluster.all("pods").items()
        if namespace == budget.namespace
        and text(pod.value, "spec", "nodeName") in cordoned
        and _selects(mapping(budget.value, "spec", "selector"), pod)
    ]
    if not held:
        return
    names = ", ".join(pod.name for pod in held[:_HELD])
    nodes = ", ".join(sorted({text(pod.value, "spec", "nodeName") for pod in held}))
    healthy, desired = number(status, "currentHealthy"), number(status, "desiredHealthy")
    yield budget.finding(
        "DisruptionNotAllowed",
        "warning",
        f"PodDisruptionBudget {budget.name} lets no pod go ({healthy} healthy, {desired} "
        f"wanted), so that node {nodes} cannot be drained of {names}",
        [
            budget.shows("status.disruptionsAllowed"),
            budget.shows("status.currentHealthy"),
            budget.shows("status.desiredHealthy"),
            *(pod.shows("spec.nodeName") for pod in held[:_HELD]),
        ],
        solution="get more of its pods ready (more replicas), or loosen the budget"
        if healthy >= desired
        else "get its pods ready: see the findings about them",
        next_check=f"etcdpod history pdb {budget.namespace}/{budget.name}",
        since=budget.since("DisruptionAllowed"),
    )


def _selects(selector: dict[str, object], pod: Subject) -> bool:
    """Whether a LabelSelector matches a pod."""
    labels = mapping(pod.value, "metadata", "labels")
    wanted = mapping(selector, "matchLabels")
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(each, labels) for each in members(selector, "matchExpressions"))


def _holds(expression: dict[str, object], labels: dict[str, object]) -> bool:
    value, operator = labels.get(text(expression, "key")), text(expression, "operator")
    if operator in ("Exists", "DoesNotExist"):
        return (value is not None) is (operator == "Exists")
    return (value in strings(expression, "values")) is (operator == "In")


RULE = ObjectRule("poddisruptionbudgets.policy", check)
